"""Conditions on when a user's events lie: first time, last time, lifecycle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, FirstTime, LastTime, Lifecycle
from cohorts.sql.context import Context
from cohorts.sql.events import (
    anchored_end,
    event_key,
    event_time,
    select_anchors,
    select_events,
)
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    column,
    compare,
    derived,
    false,
    is_in,
    negated,
    select,
    when,
    whole,
)
from cohorts.sql.windows import Interval, shift_back


def select_first_time(leaf: FirstTime, ctx: Context) -> exp.Select:
    """Users whose first event ever lies in the window."""
    window = ctx.resolve(leaf.window)
    if isinstance(window, AfterFirst):
        return _select_anchored(leaf, window, ctx)
    if ctx.dialect.hashes_joins:
        before = [Interval(None, window.start)] if window.start else []
        return _only(leaf, ctx, window, absent=before)
    users = _group(leaf, Interval(None, window.end), ctx)
    if window.start is None:
        return users
    since = compare(_first(ctx), ">=", ctx.dialect.timestamp(window.start))
    return users.having(since, copy=False)


def select_last_time(leaf: LastTime, ctx: Context) -> exp.Select:
    """Users whose last event lies in the window."""
    window = ctx.resolve(leaf.window)
    if isinstance(window, AfterFirst):
        return _select_anchored(leaf, window, ctx)
    if ctx.dialect.hashes_joins:
        after = [Interval(window.end, ctx.as_of)] if window.end < ctx.as_of else []
        return _only(leaf, ctx, window, absent=after)
    users = _group(leaf, Interval(window.start, ctx.as_of), ctx)
    until = compare(_last(ctx), "<", ctx.dialect.timestamp(window.end))
    return users.having(until, copy=False)


def select_lifecycle(leaf: Lifecycle, ctx: Context) -> exp.Select:
    """Only `new` and `resurrected` need all history; the others look at two periods."""
    n, unit = leaf.period.n, leaf.period.unit
    current = shift_back(ctx.as_of, n, unit, ctx.zone)
    previous = shift_back(ctx.as_of, 2 * n, unit, ctx.zone)
    is_short = leaf.state in ("returning", "dormant")
    users = _group(leaf, Interval(previous if is_short else None, ctx.as_of), ctx)
    if current is not None and ctx.dialect.hashes_joins:
        return _select_by_periods(leaf, current, previous, ctx)
    if current is None:
        # The current period holds all history: everyone in it is new.
        return users if leaf.state == "new" else users.having(exp.Boolean(this=False), copy=False)
    start = ctx.dialect.timestamp(current)
    match leaf.state:
        case "new":
            holds = [compare(_first(ctx), ">=", start)]
        case "returning":
            holds = [compare(_last(ctx), ">=", start), compare(_first(ctx), "<", start.copy())]
        case "dormant":
            holds = [compare(_last(ctx), "<", start)]
        case "resurrected":
            holds = [
                compare(_last(ctx), ">=", start),
                compare(_first(ctx), "<", start.copy()),
                compare(_count_between(previous, start.copy(), ctx), "=", whole(0)),
            ]
    return users.having(all_of(holds), copy=False)


def _select_by_periods(
    leaf: Lifecycle, current: datetime, previous: datetime | None, ctx: Context
) -> exp.Select:
    """The same by looking whether there are events in each period."""
    now, before = Interval(current, ctx.as_of), Interval(previous, current)
    match leaf.state:
        case "new":
            return _only(leaf, ctx, now, absent=[Interval(None, current)])
        case "returning":
            return _only(leaf, ctx, now, present=[before])
        case "dormant":
            return _only(leaf, ctx, before, absent=[now])
        case "resurrected" if previous is None:
            # The previous period holds all history before: nobody was away.
            return _only(leaf, ctx, now).where(false(), copy=False)
        case "resurrected":
            return _only(leaf, ctx, now, present=[Interval(None, previous)], absent=[before])


def _only(
    leaf: FirstTime | LastTime | Lifecycle,
    ctx: Context,
    window: Interval,
    *,
    present: Sequence[Interval] = (),
    absent: Sequence[Interval] = (),
) -> exp.Select:
    """Users with an event in the window and each of the `present` ones, and none in an `absent`
    one. The table is sorted by event and time: each look is a narrow one."""
    holds: list[Expr] = [
        is_in(event_key(ctx), select_events(leaf.events, each, ctx)) for each in present
    ]
    holds += [
        negated(is_in(event_key(ctx), select_events(leaf.events, each, ctx))) for each in absent
    ]
    return select_events(leaf.events, window, ctx).where(all_of(holds), copy=False)


def _count_between(previous: datetime | None, start: Expr, ctx: Context) -> Expr:
    before = compare(event_time(ctx), "<", start)
    bounds: list[Expr] = [before]
    if previous is not None:
        bounds.append(compare(event_time(ctx), ">=", ctx.dialect.timestamp(previous)))
    return exp.Sum(this=when(all_of(bounds), whole(1), whole(0)))


def _select_anchored(leaf: FirstTime | LastTime, window: AfterFirst, ctx: Context) -> exp.Select:
    """Each user's own window: their one event is looked for in it."""
    instant = _first(ctx) if isinstance(leaf, FirstTime) else _last(ctx)
    key = aliased(event_key(ctx), ctx.layout.event_key)
    found = select_events(leaf.events, ctx.all_history, ctx, key, aliased(instant, "t"))
    found = found.group_by(event_key(ctx), copy=False)
    at, start = column("f", "t"), column("a", "t0")
    query = select(event_key(ctx, "f")).from_(derived(found, "f"), copy=False)
    inside = [
        compare(event_key(ctx, "f"), "=", event_key(ctx, "a")),
        compare(at, ">=", start),
        compare(at.copy(), "<", anchored_end(window, ctx)),
    ]
    anchors = derived(select_anchors(window, ctx), "a")
    return query.join(exp.Join(this=anchors, kind="INNER", on=all_of(inside)), copy=False)


def _group(leaf: FirstTime | LastTime | Lifecycle, window: Interval, ctx: Context) -> exp.Select:
    return select_events(leaf.events, window, ctx).group_by(event_key(ctx), copy=False)


def _first(ctx: Context) -> Expr:
    return exp.Min(this=event_time(ctx))


def _last(ctx: Context) -> Expr:
    return exp.Max(this=event_time(ctx))
