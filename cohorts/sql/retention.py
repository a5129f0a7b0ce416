"""Retention: who came back, counted in calendar units from the user's own first one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, Retention, RetentionOutcome
from cohorts.sql.context import Context
from cohorts.sql.events import event_key, event_time, events_match, select_events, select_rows
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    column,
    compare,
    derived,
    select,
    whole,
)
from cohorts.sql.measurements import unit_number
from cohorts.sql.wall_clock import are_units_in_order
from cohorts.sql.windows import Interval, number_unit

START = "t0"
_FIRST_UNIT = "u0"


def select_starters(leaf: Retention, ctx: Context) -> exp.Select:
    """The keys of the users with a start event; for `not_retained_on` only those whose unit
    is over."""
    starts = derived(_select_numbered_starts(leaf, ctx), "s")
    query = select(event_key(ctx, "s")).from_(starts, copy=False)
    if leaf.outcome.kind != "not_retained_on":
        return query
    now = whole(number_unit(ctx.as_of, leaf.unit, ctx.zone))
    return query.where(compare(now, ">", _nth_unit(leaf, leaf.outcome.first or 0, ctx)), copy=False)


def select_returned(leaf: Retention, ctx: Context) -> exp.Select:
    """The keys of the users with a return event, in the units meant if units are meant."""
    if not ctx.dialect.hashes_joins:
        return select_return_events(leaf, ctx, event_key(ctx))
    key = aliased(event_key(ctx), ctx.layout.event_key)
    time = aliased(event_time(ctx), ctx.layout.time)
    returns = select_rows(
        [events_match(leaf.returning, ctx)], _since_start(leaf, ctx), ctx, key, time
    )
    starts = derived(_select_numbered_starts(leaf, ctx), "s")
    later = [_is_of_starter(ctx)] if _implies_later(leaf, ctx) else _is_later(ctx)
    is_return = all_of([*later, *_in_units(leaf, ctx)])
    return (
        select(event_key(ctx, "s"))
        .from_(starts, copy=False)
        .join(exp.Join(this=derived(returns, "e"), kind="SEMI", on=is_return), copy=False)
    )


def select_return_events(leaf: Retention, ctx: Context, *columns: Expr) -> exp.Select:
    """Columns of each return event, `e`, and of its user's start, `s`."""
    query = select_rows([events_match(leaf.returning, ctx)], _since_start(leaf, ctx), ctx, *columns)
    starts = derived(_select_numbered_starts(leaf, ctx), "s")
    query = query.join(exp.Join(this=starts, kind="INNER", on=all_of(_is_later(ctx))), copy=False)
    return query.where(all_of(_in_units(leaf, ctx)), copy=False)


def _is_later(ctx: Context) -> list[Expr]:
    return [_is_of_starter(ctx), compare(event_time(ctx), ">", column("s", START))]


def _is_of_starter(ctx: Context) -> Expr:
    return compare(event_key(ctx), "=", event_key(ctx, "s"))


def _implies_later(leaf: Retention, ctx: Context) -> bool:
    """Is whatever lies in the units meant later than the start anyway? Comparing the times too
    costs a third of the join."""
    since = _find_start(leaf, ctx)
    if not leaf.outcome.first or since is None:
        return False
    return are_units_in_order(leaf.unit, since, ctx.as_of, ctx.zone)


def _find_start(leaf: Retention, ctx: Context) -> datetime | None:
    """No start and no return that counts is earlier; None where that is not known."""
    window = ctx.resolve(leaf.window)
    if not isinstance(window, AfterFirst) and window.start is not None:
        return window.start
    if leaf.start.names is None or leaf.returning.names is None:
        return None
    known = {event.name: event.first_at for event in ctx.catalog.events if event.first_at}
    names = {*leaf.start.names, *leaf.returning.names}
    firsts = [datetime.fromisoformat(known[name]) for name in names & known.keys()]
    return min(firsts).astimezone(UTC) if len(firsts) == len(names) else None


def _since_start(leaf: Retention, ctx: Context) -> Interval:
    """Nobody returns before the window that they started in."""
    window = ctx.resolve(leaf.window)
    return ctx.all_history if isinstance(window, AfterFirst) else Interval(window.start, ctx.as_of)


def select_return_units(leaf: Retention, ctx: Context) -> exp.Select:
    """The numbers of all units with a return event, each once and ascending."""
    unit = unit_number(event_time(ctx), leaf.unit, ctx)
    first = exp.Paren(this=unit_number(column("s", START), leaf.unit, ctx))
    number = aliased(exp.Sub(this=exp.Paren(this=unit), expression=first), "n")
    anywhere = replace(leaf, outcome=RetentionOutcome(kind="returned"))
    query = select_return_events(anywhere, ctx, number).distinct(copy=False)
    return query.order_by(exp.Ordered(this=exp.column("n", quoted=True)), copy=False)


def _in_units(leaf: Retention, ctx: Context) -> list[Expr]:
    """A return event is never before the first unit, so 0 is no bound."""
    bounds: list[Expr] = []
    first, last = leaf.outcome.first, leaf.outcome.last
    if first is not None and first == last:
        unit = unit_number(event_time(ctx), leaf.unit, ctx)
        return [compare(unit, "=", _nth_unit(leaf, first, ctx))]
    if first:
        unit = unit_number(event_time(ctx), leaf.unit, ctx)
        bounds.append(compare(unit, ">=", _nth_unit(leaf, first, ctx)))
    if last is not None:
        unit = unit_number(event_time(ctx), leaf.unit, ctx)
        bounds.append(compare(unit, "<=", _nth_unit(leaf, last, ctx)))
    return bounds


def _nth_unit(leaf: Retention, n: int, ctx: Context) -> Expr:
    start = column("s", _FIRST_UNIT)
    return exp.Add(this=start, expression=whole(n)) if n else start


def select_starts(leaf: Retention, ctx: Context) -> exp.Select:
    """The key of every user with a start event in the window, and when the first of them was."""
    key = aliased(event_key(ctx), ctx.layout.event_key)
    first = aliased(exp.Min(this=event_time(ctx)), START)
    rows = select_events(leaf.start, ctx.resolve(leaf.window), ctx, key, first)
    return rows.group_by(event_key(ctx), copy=False)


def _select_numbered_starts(leaf: Retention, ctx: Context) -> exp.Select:
    """The same with the number of that unit, told once per user rather than per event."""
    columns = [
        aliased(event_key(ctx, "s"), ctx.layout.event_key),
        aliased(column("s", START), START),
        aliased(unit_number(column("s", START), leaf.unit, ctx), _FIRST_UNIT),
    ]
    return select(*columns).from_(derived(select_starts(leaf, ctx), "s"), copy=False)
