"""Funnels as joins of one step with the next, for engines that hash them.

For each row that a chain of steps 1…i can end on, `began` is the latest time at which such a chain
begins, as in `sequences`; the next step is joined to rows strictly before it, so that ties need no
care. A join looks at every pair of a user's times of two steps: where a few users did a step very
often that would be too many, and the running maxima of `sequences` are taken instead.
"""

from __future__ import annotations

from itertools import pairwise
from math import isqrt

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, Events, Funnel
from cohorts.sql.context import Context
from cohorts.sql.events import event_key, event_time, select_events, to_seconds
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    column,
    compare,
    derived,
    is_in,
    select,
)
from cohorts.sql.windows import Interval

# So many pairs for each row cost as much as its place in a running maximum.
_MOST_PAIRS = 40
_KEY, _TIME, _BEGAN = "k", "t", "began"


def is_joinable(leaf: Funnel, last: int, ctx: Context) -> bool:
    """Are joins exact for the chains up to step `last`, and cheap enough?"""
    if not (ctx.dialect.hashes_joins and ctx.layout.users_are_complete):
        return False
    if leaf.order != "sequence" or any(exclusion.after < last for exclusion in leaf.exclude):
        return False
    if leaf.within is None:
        # Then the earliest end of a chain is all that counts: one row per user.
        return True
    steps = [_size_up(step, ctx) for step in leaf.steps[:last]]
    for before, after in pairwise(steps):
        if before is None or after is None:
            return False
        if isqrt(before[1] * after[1]) > _MOST_PAIRS * (before[0] + after[0]):
            return False
    return True


def _size_up(events: Events, ctx: Context) -> tuple[int, int] | None:
    """How many rows, and a bound of the pairs among those of the same user."""
    if events.names is None:
        return None
    known = {event.name: event for event in ctx.catalog.events}
    found = [known[name] for name in events.names if name in known]
    pairs = [event.pairs for event in found if event.pairs is not None]
    if len(pairs) < len(events.names):
        return None
    return sum(event.count for event in found), len(pairs) * sum(pairs)


def select_converted(leaf: Funnel, last: int, ctx: Context) -> exp.Select:
    """The keys `k` of users with a chain up to step `last`, maybe several times."""
    window = ctx.resolve(leaf.window)
    if last == 1:
        return select_events(leaf.steps[0], window, ctx, aliased(event_key(ctx), _KEY))
    chains = _begin(leaf, window, ctx)
    for step in range(2, last):
        chains = _go_on(chains, leaf, step, last, ctx)
    ends = derived(_rows(leaf.steps[last - 1], window, ctx), "b")
    query = select(aliased(column("b", _KEY), _KEY)).from_(ends, copy=False)
    following = _next(leaf, last, ctx)
    return query.join(exp.Join(this=derived(chains, "a"), kind="SEMI", on=following), copy=False)


def _begin(leaf: Funnel, window: Interval | AfterFirst, ctx: Context) -> exp.Select:
    key, time = aliased(event_key(ctx), _KEY), event_time(ctx)
    if leaf.within is None:
        rows = select_events(leaf.steps[0], window, ctx, key, aliased(exp.Min(this=time), _TIME))
        return rows.group_by(event_key(ctx), copy=False)
    return select_events(leaf.steps[0], window, ctx, key, aliased(time, _TIME))


def _go_on(chains: exp.Select, leaf: Funnel, step: int, last: int, ctx: Context) -> exp.Select:
    window = ctx.resolve(leaf.window)
    rows = _rows(leaf.steps[step - 1], window, ctx)
    # Whoever never did the last step need not be followed.
    ends = select_events(leaf.steps[last - 1], window, ctx)
    rows = rows.where(is_in(event_key(ctx), ends), copy=False)
    key, time = column("b", _KEY), column("b", _TIME)
    if leaf.within is None:
        columns = [aliased(key, _KEY), aliased(exp.Min(this=time), _TIME)]
        groups = [key.copy()]
    else:
        began = aliased(exp.Max(this=column("a", _began_at(step))), _BEGAN)
        columns = [aliased(key, _KEY), aliased(time, _TIME), began]
        groups = [key.copy(), time.copy()]
    # In this order: DuckDB keeps it where times are compared too.
    query = select(*columns).from_(derived(chains, "a"), copy=False)
    join = exp.Join(this=derived(rows, "b"), kind="INNER", on=_next(leaf, step, ctx))
    return query.join(join, copy=False).group_by(*groups, copy=False)


def _rows(step: Events, window: Interval | AfterFirst, ctx: Context) -> exp.Select:
    key, time = aliased(event_key(ctx), _KEY), aliased(event_time(ctx), _TIME)
    return select_events(step, window, ctx, key, time)


def _began_at(step: int) -> str:
    """The column that says when a chain began which goes on with this step."""
    return _TIME if step == 2 else _BEGAN


def _next(leaf: Funnel, step: int, ctx: Context) -> Expr:
    """Can the chain that ends on row `a` go on with row `b`, of this step?"""
    holds: list[Expr] = [
        compare(column("b", _KEY), "=", column("a", _KEY)),
        compare(column("b", _TIME), ">", column("a", _TIME)),
    ]
    if leaf.within is not None:
        seconds = to_seconds(leaf.within.n, leaf.within.unit)
        until = ctx.dialect.add_seconds(column("a", _began_at(step)), seconds)
        holds.append(compare(column("b", _TIME), "<=", until))
    return all_of(holds)
