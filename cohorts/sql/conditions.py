"""Conditions as predicates on a row of the population, true or false and never NULL."""

from __future__ import annotations

from typing import assert_never

from sqlglot import exp

from cohorts.definitions.nodes import (
    Comparison,
    Condition,
    FirstTime,
    Funnel,
    Group,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Performed,
    Ratio,
    Retention,
)
from cohorts.sql.activity import select_first_time, select_last_time, select_lifecycle
from cohorts.sql.context import Context
from cohorts.sql.events import event_key, select_events
from cohorts.sql.expressions import (
    Expr,
    all_of,
    any_of,
    certain,
    column,
    count_rows,
    derived,
    is_in,
    is_one_of,
    is_satisfied_by,
    negated,
    satisfies,
    select,
    table,
    text,
)
from cohorts.sql.filters import compile_user_filter
from cohorts.sql.measurements import VALUE, ZERO_FUNCTIONS, has_value, measure, select_ratio
from cohorts.sql.retention import select_returned, select_starters
from cohorts.sql.sequences import select_funnel
from cohorts.sql.stored_lists import select_listed


def compile_condition(condition: Condition, ctx: Context) -> Expr:
    if isinstance(condition, Group):
        predicate = combine(
            condition.match, [compile_condition(child, ctx) for child in condition.conditions]
        )
    else:
        predicate = _compile_leaf(condition, ctx)
    return negated(predicate) if condition.negate else predicate


def combine(match: str, predicates: list[Expr]) -> Expr:
    return all_of(predicates) if match == "all" else any_of(predicates)


def is_member(ctx: Context, query: exp.Select) -> Expr:
    """Is the user of the population among the keys that the query gives?"""
    return is_in(column("u", ctx.layout.user_key), query)


def _compile_leaf(leaf: Leaf, ctx: Context) -> Expr:
    match leaf:
        case Performed():
            return _compile_performed(leaf, ctx)
        case Measure():
            return _compile_measure(leaf, ctx)
        case Ratio():
            quotients = derived(select_ratio(leaf, ctx), "q")
            users = select(event_key(ctx, "q")).from_(quotients, copy=False)
            holds = satisfies(column("q", VALUE), leaf.comparison)
            return is_member(ctx, users.where(holds, copy=False))
        case Funnel():
            return is_member(ctx, select_funnel(leaf, ctx))
        case Retention():
            return _compile_retention(leaf, ctx)
        case Lifecycle():
            return is_member(ctx, select_lifecycle(leaf, ctx))
        case FirstTime():
            return is_member(ctx, select_first_time(leaf, ctx))
        case LastTime():
            return is_member(ctx, select_last_time(leaf, ctx))
        case HasProperty():
            return certain(compile_user_filter(leaf.filter, ctx, "u"))
        case InCohort():
            members = select(column("c", ctx.layout.user_key))
            return is_member(ctx, members.from_(table(ctx.cohorts[leaf.cohort], "c"), copy=False))
        case InList(stored=str() as stored):
            return is_in(column("u", ctx.layout.id), select_listed(stored))
        case InList():
            return is_one_of(column("u", ctx.layout.id), [text(user) for user in leaf.users])
        case _:
            assert_never(leaf)


def _compile_performed(leaf: Performed, ctx: Context) -> Expr:
    users = select_events(leaf.events, ctx.resolve(leaf.window), ctx)
    zero = is_satisfied_by(0, leaf.times)
    if _is_decided_by_zero(leaf.times):
        return negated(is_member(ctx, users)) if zero else is_member(ctx, users)
    users = users.group_by(event_key(ctx), copy=False)
    return _compare_measured(users, count_rows(), leaf.times, ctx, zero=zero)


def _compile_measure(leaf: Measure, ctx: Context) -> Expr:
    measurement = leaf.measurement
    users = select_events(measurement.events, ctx.resolve(leaf.window), ctx)
    users = users.where(*has_value(measurement, ctx), copy=False)
    users = users.group_by(event_key(ctx), copy=False)
    zero = measurement.function in ZERO_FUNCTIONS and is_satisfied_by(0, leaf.comparison)
    return _compare_measured(users, measure(measurement, ctx), leaf.comparison, ctx, zero=zero)


def _compare_measured(
    users: exp.Select, value: Expr, comparison: Comparison, ctx: Context, *, zero: bool
) -> Expr:
    """Who satisfies, or, where users without any event do, everyone but those who do not."""
    holds = satisfies(value, comparison)
    if zero:
        return negated(is_member(ctx, users.having(negated(holds), copy=False)))
    return is_member(ctx, users.having(holds, copy=False))


def _compile_retention(leaf: Retention, ctx: Context) -> Expr:
    returned = is_member(ctx, select_returned(leaf, ctx))
    if not leaf.outcome.kind.startswith("not_"):
        return returned
    return all_of([is_member(ctx, select_starters(leaf, ctx)), negated(returned)])


def _is_decided_by_zero(times: Comparison) -> bool:
    """Do all counts from 1 on satisfy, and 0 not, or the other way round?"""
    match times.op, times.value:
        case (">=" | "<", 1) | (">" | "<=" | "=" | "!=", 0) | ("between", (0, 0)):
            return True
        case _:
            return False
