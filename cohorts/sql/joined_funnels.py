"""Funnels as joins of one step with the next, for engines that hash them.

For each row that a chain of steps 1…i can end on, `began` is the latest time at which such a chain
begins, as in `sequences`; the next step is joined to rows strictly before it, so that ties need no
care. A plain join looks at every pair of a user's times of two steps. Where a few users did a step
very often that would be too many, and an ASOF join finds only the latest row before, on which the
chain that began last ends: `began` never falls from one end of a user's to the next.
"""

from __future__ import annotations

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

# So many pairs for each row cost as much as the sorting that an ASOF join does instead; at the last
# step, where one match is enough, twice as many.
_MOST_PAIRS = 8
_MOST_PAIRS_AT_LAST = 2 * _MOST_PAIRS
_KEY, _TIME, _BEGAN = "k", "t", "began"


def is_joinable(leaf: Funnel, last: int, ctx: Context) -> bool:
    """Are joins exact for the chains up to step `last`, in an engine that is good at them?"""
    if not (ctx.dialect.hashes_joins and ctx.layout.users_are_complete):
        return False
    return leaf.order == "sequence" and all(each.after >= last for each in leaf.exclude)


def _has_few_pairs(leaf: Funnel, step: int, most: int, ctx: Context) -> bool:
    """Of rows of this step and of the one before; where nothing is known of them they have many."""
    if leaf.within is None:
        # Then the earliest end of a chain is all that counts: one row per user.
        return True
    before, after = (_size_up(leaf.steps[number - 1], ctx) for number in (step - 1, step))
    if before is None or after is None:
        return False
    return isqrt(before[1] * after[1]) <= most * (before[0] + after[0])


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
    if not _has_few_pairs(leaf, last, _MOST_PAIRS_AT_LAST, ctx):
        return _join_latest(query, chains, leaf, last, ctx)
    following = all_of([*_follows(), *_in_time(leaf, last, ctx)])
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
    began = column("a", _began_at(step))
    if not _has_few_pairs(leaf, step, _MOST_PAIRS, ctx):
        latest = select(aliased(key, _KEY), aliased(time, _TIME), aliased(began, _BEGAN))
        return _join_latest(latest.from_(derived(rows, "b"), copy=False), chains, leaf, step, ctx)
    if leaf.within is None:
        columns = [aliased(key, _KEY), aliased(exp.Min(this=time), _TIME)]
        groups = [key.copy()]
    else:
        latest_began = aliased(exp.Max(this=began), _BEGAN)
        columns = [aliased(key, _KEY), aliased(time, _TIME), latest_began]
        groups = [key.copy(), time.copy()]
    # In this order: DuckDB keeps it where times are compared too.
    query = select(*columns).from_(derived(chains, "a"), copy=False)
    following = all_of([*_follows(), *_in_time(leaf, step, ctx)])
    join = exp.Join(this=derived(rows, "b"), kind="INNER", on=following)
    return query.join(join, copy=False).group_by(*groups, copy=False)


def _join_latest(
    query: exp.Select, chains: exp.Select, leaf: Funnel, step: int, ctx: Context
) -> exp.Select:
    """Rows `b` of the step with the latest end of a chain before each, in time for it."""
    join = exp.Join(this=derived(chains, "a"), method="ASOF", on=all_of(_follows()))
    return query.join(join, copy=False).where(all_of(_in_time(leaf, step, ctx)), copy=False)


def _rows(step: Events, window: Interval | AfterFirst, ctx: Context) -> exp.Select:
    key, time = aliased(event_key(ctx), _KEY), aliased(event_time(ctx), _TIME)
    return select_events(step, window, ctx, key, time)


def _began_at(step: int) -> str:
    """The column that says when a chain began which goes on with this step."""
    return _TIME if step == 2 else _BEGAN


def _follows() -> list[Expr]:
    """Is row `b` of the same user, and later than the chain that ends on row `a`?"""
    return [
        compare(column("b", _KEY), "=", column("a", _KEY)),
        compare(column("b", _TIME), ">", column("a", _TIME)),
    ]


def _in_time(leaf: Funnel, step: int, ctx: Context) -> list[Expr]:
    """Is row `b`, of this step, still within what the funnel allows after the chain began?"""
    if leaf.within is None:
        return []
    seconds = to_seconds(leaf.within.n, leaf.within.unit)
    until = ctx.dialect.add_seconds(column("a", _began_at(step)), seconds)
    return [compare(column("b", _TIME), "<=", until)]
