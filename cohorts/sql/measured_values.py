"""What the conditions measure of one user, as one row of named columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from cohorts.definitions.nodes import (
    FirstTime,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Measurement,
    Performed,
    Ratio,
    Retention,
)
from cohorts.sql.context import Context
from cohorts.sql.events import event_time, select_events
from cohorts.sql.expressions import (
    Expr,
    aliased,
    column,
    compare,
    count_rows,
    derived,
    select,
    table,
    text,
    true,
    whole,
)
from cohorts.sql.filters import show_property
from cohorts.sql.measurements import VALUE, unit_number
from cohorts.sql.retention import START, select_starts
from cohorts.sql.sample import is_measuring, select_values, value_of
from cohorts.sql.windows import Interval, number_unit, shift_back


@dataclass(frozen=True)
class UserValues:
    """One row at most; `names` are those of its columns."""

    query: exp.Select
    names: tuple[str, ...]


def select_measured_values(leaf: Leaf, ctx: Context) -> UserValues | None:
    match leaf:
        case Performed():
            return _row([_measured(leaf, "count", ctx)])
        case Measure():
            return _row([_measured(leaf, VALUE, ctx)])
        case Ratio():
            above, below = _as_measure(leaf, leaf.numerator), _as_measure(leaf, leaf.denominator)
            return _row(
                [
                    _measured(above, "numerator", ctx),
                    _measured(below, "denominator", ctx),
                    _measured(leaf, "ratio", ctx),
                ]
            )
        case FirstTime():
            return _row([_times(leaf, ctx, first=exp.Min(this=event_time(ctx)))])
        case LastTime():
            return _row([_times(leaf, ctx, last=exp.Max(this=event_time(ctx)))])
        case Lifecycle():
            first, last = exp.Min(this=event_time(ctx)), exp.Max(this=event_time(ctx))
            periods = list_periods(leaf, ctx)
            counts = [_count(leaf, name, window, ctx) for name, window in periods.items()]
            return _row([_times(leaf, ctx, first=first, last=last), *counts])
        case Retention():
            return _row([_starts(leaf, ctx)])
        case _:
            return None


def list_periods(leaf: Lifecycle, ctx: Context) -> dict[str, Interval]:
    """The current period, the previous one and all before, as far as the calendar goes."""
    n, unit = leaf.period.n, leaf.period.unit
    starts: list[datetime | None] = [shift_back(ctx.as_of, i * n, unit, ctx.zone) for i in (1, 2)]
    current, previous = starts
    periods = {"current": Interval(current, ctx.as_of)}
    if current is not None:
        periods["previous"] = Interval(previous, current)
    if previous is not None:
        periods["before"] = Interval(None, previous)
    return periods


def select_properties(names: Sequence[str], ctx: Context) -> UserValues:
    """As the user's row holds them now; no row where there is none."""
    layout = ctx.layout
    key = layout.id if layout.users_are_complete else layout.user_key
    columns = [aliased(show_property("user", name, ctx, "p"), name) for name in names]
    query = select(*columns).from_(table(layout.users or "", "p"), copy=False)
    is_user = compare(column("p", key), "=", text(ctx.only or ""))
    return UserValues(query.where(is_user, copy=False), tuple(names))


# --- parts of a row: each gives one row or none, and the columns to read from it


@dataclass(frozen=True)
class _Part:
    query: exp.Select
    columns: dict[str, Expr]


def _row(parts: Sequence[_Part]) -> UserValues:
    """All parts beside each other, missing ones as NULL: the columns make zeros of those."""
    names = [name for part in parts for name in part.columns]
    values = [
        aliased(_of(f"v{number}", value), name)
        for number, part in enumerate(parts)
        for name, value in part.columns.items()
    ]
    query = select(*values).from_(derived(select(aliased(whole(1), "one")), "b"), copy=False)
    for number, part in enumerate(parts):
        join = exp.Join(this=derived(part.query, f"v{number}"), side="LEFT", on=true())
        query = query.join(join, copy=False)
    return UserValues(query, tuple(names))


def _of(alias: str, value: Expr) -> Expr:
    """The value with its columns read from the row of that name."""
    value = value.copy()
    for each in value.find_all(exp.Column):
        each.set("table", exp.Identifier(this=alias, quoted=True))
    return value


def _measured(leaf: Leaf, name: str, ctx: Context) -> _Part:
    if not is_measuring(leaf):
        raise TypeError(f"{type(leaf).__name__} measures nothing")
    return _Part(select_values(leaf, ctx), {name: value_of(leaf, "v")})


def _as_measure(leaf: Ratio, measurement: Measurement) -> Measure:
    return Measure(measurement=measurement, comparison=leaf.comparison, window=leaf.window)


def _times(leaf: FirstTime | LastTime | Lifecycle, ctx: Context, **times: Expr) -> _Part:
    columns = [aliased(time, name) for name, time in times.items()]
    query = select_events(leaf.events, ctx.all_history, ctx, *columns)
    return _Part(query, {name: column("v", name) for name in times})


def _count(leaf: Lifecycle, name: str, window: Interval, ctx: Context) -> _Part:
    query = select_events(leaf.events, window, ctx, aliased(count_rows(), name))
    return _Part(query, {name: column("v", name)})


def _starts(leaf: Retention, ctx: Context) -> _Part:
    """When the user started, and in the how-manyth unit since then `as_of` lies."""
    now = whole(number_unit(ctx.as_of, leaf.unit, ctx.zone))
    first = unit_number(column("v", START), leaf.unit, ctx)
    current = exp.Sub(this=now, expression=exp.Paren(this=first))
    return _Part(select_starts(leaf, ctx), {"start": column("v", START), "current_unit": current})
