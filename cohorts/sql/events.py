"""Which rows of events a condition looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, Events
from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    column,
    compare,
    derived,
    is_id,
    is_in,
    is_one_of,
    select,
    table,
    text,
)
from cohorts.sql.filters import compile_event_filter
from cohorts.sql.windows import Interval

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
# Longer than any history, and still inside what a TIMESTAMP can be moved by.
_MOST_SECONDS = 10_000 * 366 * 86_400


def event_key(ctx: Context, alias: str = "e") -> Expr:
    return column(alias, ctx.layout.event_key)


def event_time(ctx: Context, alias: str = "e") -> Expr:
    return column(alias, ctx.layout.time)


def select_events(
    events: Events, window: Interval | AfterFirst, ctx: Context, *columns: Expr
) -> exp.Select:
    """The rows of these events in the window; without columns the user's key."""
    return select_rows([events_match(events, ctx)], window, ctx, *columns)


def select_rows(
    predicates: list[Expr], window: Interval | AfterFirst, ctx: Context, *columns: Expr
) -> exp.Select:
    """Rows of events in the window that satisfy the predicates; `e` names the row."""
    query = select(*(columns or (event_key(ctx),)))
    query = query.from_(table(ctx.layout.events, "e"), copy=False)
    if isinstance(window, AfterFirst):
        query = query.join(_join_anchor(window, ctx), copy=False)
        window = ctx.all_history
    bounds = in_interval(window, ctx)
    if not ctx.layout.users_are_complete:
        # One NULL among the keys and a NOT IN would be true for nobody.
        bounds.append(is_id(event_key(ctx)))
    if ctx.only is not None:
        bounds.append(_is_of(ctx.only, ctx))
    return query.where(all_of([*predicates, *bounds]), copy=False)


def _is_of(user_id: str, ctx: Context) -> Expr:
    if not ctx.layout.users_are_complete:
        return compare(event_key(ctx), "=", text(user_id))
    users = select(column("o", ctx.layout.user_key))
    users = users.from_(table(ctx.layout.users or "", "o"), copy=False)
    is_user = compare(column("o", ctx.layout.id), "=", text(user_id))
    return is_in(event_key(ctx), users.where(is_user, copy=False))


def events_match(events: Events, ctx: Context, alias: str = "e") -> Expr:
    """Is a row one of these events? Global event filters narrow it too."""
    predicates = [] if events.names is None else [_has_name(events.names, ctx, alias)]
    filters = (*events.where, *ctx.event_filters)
    return all_of(predicates + [compile_event_filter(node, ctx, alias) for node in filters])


def has_any_name(choices: Sequence[Events], ctx: Context) -> list[Expr]:
    """A coarse filter beside the exact ones: the table is sorted by event, and an engine skips
    what a plain list of names leaves out. Empty where any event may count."""
    names: dict[str, None] = {}
    for events in choices:
        if events.names is None:
            return []
        names |= dict.fromkeys(events.names)
    return [_has_name(tuple(names), ctx, "e")]


def to_seconds(n: int, unit: str) -> int:
    return min(n * _SECONDS[unit], _MOST_SECONDS)


def _has_name(names: tuple[str, ...], ctx: Context, alias: str) -> Expr:
    event = column(alias, ctx.layout.event)
    if len(names) == 1:
        return compare(event, "=", text(names[0]))
    return is_one_of(event, [text(name) for name in names])


def in_interval(window: Interval, ctx: Context) -> list[Expr]:
    """Row `e` lies in the interval."""
    bounds: list[Expr] = []
    if window.start is not None:
        bounds.append(_compare_stored(">=", window.start, ctx))
    bounds.append(_compare_stored("<", window.end, ctx))
    return bounds


def _compare_stored(op: str, instant: datetime, ctx: Context) -> Expr:
    """By the column as it is stored, where there is one of that kind."""
    layout = ctx.layout
    if layout.stored_time is None:
        return compare(event_time(ctx), op, ctx.dialect.timestamp(instant))
    stored = column("e", layout.stored_time)
    return compare(stored, op, ctx.dialect.bound(instant, layout.stored_time_kind))


def select_anchors(window: AfterFirst, ctx: Context) -> exp.Select:
    """`t0`, the first anchor event ever, of every user who has one."""
    key = aliased(event_key(ctx), ctx.layout.event_key)
    first = aliased(exp.Min(this=event_time(ctx)), "t0")
    anchors = select_events(window.events, ctx.all_history, ctx, key, first)
    return anchors.group_by(event_key(ctx), copy=False)


def anchored_end(window: AfterFirst, ctx: Context) -> Expr:
    """Where the window of the user in row `a` ends."""
    return ctx.dialect.add_seconds(column("a", "t0"), to_seconds(window.n, window.unit))


def _join_anchor(window: AfterFirst, ctx: Context) -> exp.Join:
    """Each user's own window, joined to their rows of events."""
    inside = [
        compare(event_key(ctx), "=", event_key(ctx, "a")),
        compare(event_time(ctx), ">=", column("a", "t0")),
        compare(event_time(ctx), "<", anchored_end(window, ctx)),
    ]
    anchors = derived(select_anchors(window, ctx), "a")
    return exp.Join(this=anchors, kind="INNER", on=all_of(inside))
