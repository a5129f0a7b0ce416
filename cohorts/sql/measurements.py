"""A number per user: how often, how much, how many different."""

from __future__ import annotations

from sqlglot import exp

from cohorts.definitions.catalog import Property
from cohorts.definitions.kinds import Kind
from cohorts.definitions.nodes import AfterFirst, Measurement, Ratio
from cohorts.sql.context import Context
from cohorts.sql.events import event_key, event_time, select_events
from cohorts.sql.expressions import (
    Expr,
    aliased,
    column,
    compare,
    count_rows,
    derived,
    is_filled,
    select,
    whole,
)
from cohorts.sql.filters import read_property
from cohorts.sql.wall_clock import to_wall
from cohorts.sql.windows import Interval

VALUE = "value"
# Without any matching event these are 0; the others have no value.
ZERO_FUNCTIONS = ("count", "sum", "unique", "active_days", "active_weeks", "active_months")


def measure(measurement: Measurement, ctx: Context) -> Expr:
    """The aggregate over a user's matching rows."""
    match measurement.function:
        case "count":
            return count_rows()
        case "sum":
            total = _sum(_read(measurement, ctx), measurement, ctx)
            return exp.Coalesce(this=total, expressions=[whole(0)])
        case "avg":
            values = _read(measurement, ctx)
            count = _unless_zero(exp.Count(this=values.copy()))
            return exp.Div(this=_sum(values, measurement, ctx), expression=count)
        case "min":
            return exp.Min(this=_read(measurement, ctx))
        case "max":
            return exp.Max(this=_read(measurement, ctx))
        case "median":
            return ctx.dialect.median(_read(measurement, ctx))
        case "unique":
            return _count_distinct(_read(measurement, ctx))
        case function:
            unit = function.removeprefix("active_").removesuffix("s")
            return _count_distinct(unit_number(event_time(ctx), unit, ctx))


def has_value(measurement: Measurement, ctx: Context) -> list[Expr]:
    """Rows without a value change no measure but the count, and often are most rows. Not for JSON:
    looking twice would cost more."""
    measured = _find_column(measurement, ctx)
    if measured is None:
        return []
    return [is_filled(column("e", measured.column))]


def unit_number(instant: Expr, unit: str, ctx: Context) -> Expr:
    """Calendar units of the dataset's zone, numbered without gaps."""
    return ctx.dialect.unit_number(to_wall(instant, ctx), unit)


def select_measured(
    measurement: Measurement, window: Interval | AfterFirst, ctx: Context
) -> exp.Select:
    """The key and the value of every user with a matching event; the value may be NULL."""
    value = aliased(ctx.dialect.optional(measure(measurement, ctx)), VALUE)
    key = aliased(event_key(ctx), ctx.layout.event_key)
    rows = select_events(measurement.events, window, ctx, key, value)
    return rows.group_by(event_key(ctx), copy=False)


def select_ratio(leaf: Ratio, ctx: Context) -> exp.Select:
    """The key and the quotient of every user whose denominator is there and not 0."""
    window = ctx.resolve(leaf.window)
    above: Expr = column("n", VALUE)
    if leaf.numerator.function in ZERO_FUNCTIONS:
        above = exp.Coalesce(this=above, expressions=[whole(0)])
    below = column("d", VALUE)
    double = exp.DataType.build("DOUBLE")
    quotient = exp.Div(
        this=exp.Cast(this=above, to=double),
        expression=_unless_zero(exp.Cast(this=below, to=double.copy())),
    )
    numerators = derived(select_measured(leaf.numerator, window, ctx), "n")
    denominators = derived(select_measured(leaf.denominator, window, ctx), "d")
    same_user = compare(event_key(ctx, "d"), "=", event_key(ctx, "n"))
    query = select(
        aliased(event_key(ctx, "d"), ctx.layout.event_key), aliased(quotient, VALUE)
    ).from_(denominators, copy=False)
    query = query.join(exp.Join(this=numerators, side="LEFT", on=same_user), copy=False)
    return query.where(compare(below.copy(), "!=", whole(0)), copy=False)


def _unless_zero(divisor: Expr) -> exp.Nullif:
    """Some engines divide before they filter, and end with an error at the first zero."""
    return exp.Nullif(this=divisor, expression=whole(0))


def _count_distinct(value: Expr) -> Expr:
    return exp.Count(this=exp.Distinct(expressions=[value]))


def _sum(values: Expr, measurement: Measurement, ctx: Context) -> Expr:
    found = _find_column(measurement, ctx)
    if found is None or found.decimals is None:
        return ctx.dialect.sum(values)
    return ctx.dialect.sum_decimals(values, found.decimals)


def _find_column(measurement: Measurement, ctx: Context) -> Property | None:
    """The measured property where it has a column of its own."""
    if measurement.property is None:
        return None
    found = ctx.catalog.find_property("event", measurement.property)
    return found[0] if found and not found[1] else None


def _read(measurement: Measurement, ctx: Context) -> Expr:
    kind: Kind = "json" if measurement.function == "unique" else "number"
    return read_property("event", measurement.property or "", kind, ctx, "e")
