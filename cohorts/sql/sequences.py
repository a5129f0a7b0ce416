"""Funnels: flags per user and time, then a running maximum of where the chain began.

For each row that a chain of steps 1…i can end on, `c<i>` is the latest time at which such a
chain begins. The latest is never worse than an earlier one, because the only bound, `within`, is
measured from the first step. Rows are grouped by time first: events of one time are not one
after the other, so a chain must never step between them.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from cohorts.definitions.nodes import AfterFirst, Events, Funnel
from cohorts.sql.context import Context
from cohorts.sql.events import (
    event_key,
    event_time,
    events_match,
    has_any_name,
    select_events,
    select_rows,
    to_seconds,
)
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    any_of,
    column,
    compare,
    derived,
    is_filled,
    is_in,
    name,
    negated,
    select,
    when,
    whole,
)
from cohorts.sql.joined_funnels import is_joinable, select_converted
from cohorts.sql.windows import Interval

_KEY, _TIME = "k", "t"


def select_funnel(leaf: Funnel, ctx: Context) -> exp.Select:
    """The keys of the users with the outcome."""
    if leaf.order == "any":
        return _select_unordered(leaf, ctx)
    step = leaf.outcome.step
    match leaf.outcome.kind:
        case "converted_on" if is_joinable(leaf, step, ctx):
            return select_converted(leaf, step, ctx)
        case "converted_on":
            chains = _select_chains(leaf, step, ctx, needed=step)
            return _keys(chains).where(is_filled(_chain(step)), copy=False)
        case "dropped_at":
            return _select_dropped(leaf, step - 1, step, ctx)
        case "dropped_before":
            return _select_dropped(leaf, 1, step - 1, ctx)


def _select_dropped(leaf: Funnel, reached: int, missed: int, ctx: Context) -> exp.Select:
    """Users with a chain up to one step and none up to the other."""
    if is_joinable(leaf, missed, ctx):
        query = select(column("r", _KEY)).from_(
            derived(select_converted(leaf, reached, ctx), "r"), copy=False
        )
        missing = negated(is_in(column("r", _KEY), select_converted(leaf, missed, ctx)))
        return query.where(missing, copy=False)
    chains = _select_chains(leaf, missed, ctx, needed=reached)
    query = _keys(chains).group_by(column("r", _KEY), copy=False)
    return query.having(
        all_of(
            [
                compare(exp.Count(this=_chain(reached)), ">", whole(0)),
                compare(exp.Count(this=_chain(missed)), "=", whole(0)),
            ]
        ),
        copy=False,
    )


def _select_chains(leaf: Funnel, last: int, ctx: Context, *, needed: int = 0) -> exp.Select:
    """One row per user and time, with `c1` … up to the last step asked for, of users who did
    each of the `needed` first steps."""
    query = _select_flags(leaf, last, ctx, needed)
    first = when(_is_flagged("s1"), column("r", _TIME))
    query = _extend(query, aliased(first, "c1"))
    for step in range(2, last + 1):
        query = _add_step(query, leaf, step, ctx)
    return query


def select_trail(leaf: Funnel, ctx: Context) -> exp.Select:
    """Where chains can end, by time: the time, `c1` … for every step, then `p2` …, which names
    where the chain that a step goes on from began."""
    last = len(leaf.steps)
    columns = [column("r", _TIME), *(_chain(step) for step in range(1, last + 1))]
    columns += [column("r", f"p{step}") for step in range(2, last + 1)]
    chains = derived(_select_chains(leaf, last, ctx), "r")
    ends = any_of(is_filled(_chain(step)) for step in range(1, last + 1))
    query = select(*columns).from_(chains, copy=False).where(ends, copy=False)
    return query.order_by(exp.Ordered(this=column("r", _TIME)), copy=False)


def _add_step(query: exp.Select, leaf: Funnel, step: int, ctx: Context) -> exp.Select:
    """Adds `p<step>`, where the best chain before this row began, and `c<step>`."""
    before = _chain(step - 1)
    if leaf.order == "exact":
        began: Expr = _over(exp.Lag(this=before))
    elif any(exclusion.after == step - 1 for exclusion in leaf.exclude):
        query = _start_anew_after_exclusions(query, step)
        began = _over(exp.Lag(this=column("r", f"m{step}")))
    else:
        began = _over(exp.Max(this=before), _rows("1"))
    query = _extend(query, aliased(began, f"p{step}"))
    start = column("r", f"p{step}")
    holds = [_is_flagged(f"s{step}")]
    if leaf.within is not None:
        seconds = to_seconds(leaf.within.n, leaf.within.unit)
        until = ctx.dialect.add_seconds(start.copy(), seconds)
        holds.append(compare(column("r", _TIME), "<=", until))
    return _extend(query, aliased(when(all_of(holds), start), f"c{step}"))


def _start_anew_after_exclusions(query: exp.Select, step: int) -> exp.Select:
    """Adds `m<step>`: the best chain to go on from right after this row.

    Rows between two exclusions share a number, counted up at each exclusion, and the maximum
    runs within that number only. The row of the exclusion itself begins the new number: a step
    of the same time is not before it.
    """
    count = _over(exp.Sum(this=column("r", f"x{step - 1}")), _rows(None))
    query = _extend(query, aliased(count, f"n{step}"))
    best = _over(exp.Max(this=_chain(step - 1)), _rows(None), column("r", f"n{step}"))
    return _extend(query, aliased(best, f"m{step}"))


def _select_flags(leaf: Funnel, last: int, ctx: Context, needed: int) -> exp.Select:
    """One row per user and time with `s<i>` for each step and `x<i>` for exclusions after it."""
    steps = [events_match(step, ctx) for step in leaf.steps[:last]]
    flags = {f"s{number}": predicate for number, predicate in enumerate(steps, start=1)}
    # With nothing at all in between there is nothing to exclude either.
    exclusions = () if leaf.order == "exact" else leaf.exclude
    for after in sorted({e.after for e in exclusions if e.after < last}):
        flags[f"x{after}"] = any_of(
            events_match(e.events, ctx) for e in exclusions if e.after == after
        )
    window = ctx.resolve(leaf.window)
    if leaf.order == "exact":
        starters = select_rows([steps[0].copy()], window, ctx)
        wanted: Expr = is_in(event_key(ctx), starters)
    else:
        wanted = any_of(flags.values())
        used = [*leaf.steps[:last], *(e.events for e in exclusions if e.after < last)]
        coarse = has_any_name(used, ctx)
        # Names alone say it all: the exact filter would only repeat them.
        says_all = coarse and not ctx.event_filters and not any(each.where for each in used)
        wanted = all_of(coarse if says_all else [*coarse, wanted])
    wanted = all_of([wanted, *_did_steps(leaf, needed, window, ctx)])
    return _flag_times(flags, wanted, window, ctx)


def _flag_times(
    flags: Mapping[str, Expr], wanted: Expr, window: Interval | AfterFirst, ctx: Context
) -> exp.Select:
    """Each time once. Where a flag asks another table the rows are flagged before they are
    grouped: not every engine looks into a subquery inside of an aggregate."""
    row = {alias: when(predicate.copy(), whole(1), whole(0)) for alias, predicate in flags.items()}
    keys = (aliased(event_key(ctx), _KEY), aliased(event_time(ctx), _TIME))
    if not any(flag.find(exp.Select) for flag in row.values()):
        columns = [aliased(exp.Max(this=flag), alias) for alias, flag in row.items()]
        rows = select_rows([wanted], window, ctx, *keys, *columns)
        return rows.group_by(event_key(ctx), event_time(ctx), copy=False)
    columns = [aliased(flag, alias) for alias, flag in row.items()]
    rows = select_rows([wanted], window, ctx, *keys, *columns)
    names = [aliased(column("f", name), name) for name in (_KEY, _TIME)]
    names += [aliased(exp.Max(this=column("f", alias)), alias) for alias in row]
    query = select(*names).from_(derived(rows, "f"), copy=False)
    return query.group_by(column("f", _KEY), column("f", _TIME), copy=False)


def _did_steps(
    leaf: Funnel, needed: int, window: Interval | AfterFirst, ctx: Context
) -> list[Expr]:
    """Whoever lacks one of the needed steps has no chain through them. Telling so first, by a
    narrow look at each step, spares the running maxima most users' rows. In the product's own
    file, sorted by event, a look costs little; over other tables PostgreSQL was seen to walk
    every pair of rows for it."""
    if not ctx.layout.users_are_complete:
        return []
    steps: list[Events] = []
    for step in leaf.steps[:needed]:
        if step.names is not None and step not in steps:
            steps.append(step)
    if len(steps) < 2:
        return []
    done = [select_events(step, window, ctx) for step in steps]
    return [is_in(event_key(ctx), keys) for keys in done]


def _select_unordered(leaf: Funnel, ctx: Context) -> exp.Select:
    """Every step somewhere, with `within` all inside one interval that ends on some row."""
    last = len(leaf.steps)
    flags = _select_flags(leaf, last, ctx, needed=last)
    names = [f"s{number}" for number in range(1, last + 1)]
    if leaf.within is None:
        query = _keys(flags).group_by(column("r", _KEY), copy=False)
        seen = [compare(exp.Max(this=column("r", flag)), "=", whole(1)) for flag in names]
        return query.having(all_of(seen), copy=False)
    latest = [
        aliased(_over(exp.Max(this=when(_is_flagged(flag), column("r", _TIME))), _rows(None)), flag)
        for flag in names
    ]
    times = (aliased(column("r", _KEY), _KEY), aliased(column("r", _TIME), _TIME))
    query = _keys(select(*times, *latest).from_(derived(flags, "r"), copy=False))
    seconds = to_seconds(leaf.within.n, leaf.within.unit)
    inside = [
        compare(ctx.dialect.add_seconds(column("r", flag), seconds), ">=", column("r", _TIME))
        for flag in names
    ]
    return query.where(all_of(inside), copy=False)


def _keys(query: exp.Select) -> exp.Select:
    return select(column("r", _KEY)).from_(derived(query, "r"), copy=False)


def _extend(query: exp.Select, added: Expr) -> exp.Select:
    """All columns of the query and one more; `r` names a row of the query."""
    everything = exp.Column(this=exp.Star(), table=name("r"))
    return select(everything, added).from_(derived(query, "r"), copy=False)


def _is_flagged(flag: str) -> Expr:
    return compare(column("r", flag), "=", whole(1))


def _chain(step: int) -> Expr:
    return column("r", f"c{step}")


def _rows(end: str | None) -> exp.WindowSpec:
    """From the user's first row up to this one, or with "1" up to the one before."""
    return exp.WindowSpec(
        kind="ROWS",
        start="UNBOUNDED",
        start_side="PRECEDING",
        end=exp.Literal.number(end) if end else "CURRENT ROW",
        end_side="PRECEDING" if end else None,
    )


def _over(function: Expr, frame: exp.WindowSpec | None = None, *partition: Expr) -> exp.Window:
    return exp.Window(
        this=function,
        partition_by=[column("r", _KEY), *partition],
        order=exp.Order(expressions=[exp.Ordered(this=column("r", _TIME))]),
        spec=frame,
    )
