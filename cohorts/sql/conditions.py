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
from cohorts.sql.context import Context
from cohorts.sql.events import event_key, select_events
from cohorts.sql.expressions import (
    Expr,
    all_of,
    any_of,
    certain,
    column,
    count_rows,
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
        case HasProperty():
            return certain(compile_user_filter(leaf.filter, ctx, "u"))
        case InCohort():
            members = select(column("c", ctx.layout.user_key))
            return is_member(ctx, members.from_(table(ctx.cohorts[leaf.cohort], "c"), copy=False))
        case InList():
            return is_one_of(column("u", ctx.layout.id), [text(user) for user in leaf.users])
        case Measure() | Ratio() | Funnel() | Retention() | Lifecycle() | FirstTime() | LastTime():
            raise NotImplementedError(type(leaf).__name__)
        case _:
            assert_never(leaf)


def _compile_performed(leaf: Performed, ctx: Context) -> Expr:
    """Who satisfies, or, where no event at all satisfies, everyone but those who do not."""
    users = select_events(leaf.events, ctx.resolve(leaf.window), ctx)
    if is_satisfied_by(0, leaf.times):
        return negated(is_member(ctx, _having(users, leaf.times, ctx, wanted=False)))
    return is_member(ctx, _having(users, leaf.times, ctx, wanted=True))


def _having(users: exp.Select, times: Comparison, ctx: Context, *, wanted: bool) -> exp.Select:
    """Of the users with at least one event those whose count satisfies, or does not."""
    if _is_decided_by_zero(times):
        return users
    satisfied = satisfies(count_rows(), times)
    users = users.group_by(event_key(ctx), copy=False)
    return users.having(satisfied if wanted else negated(satisfied), copy=False)


def _is_decided_by_zero(times: Comparison) -> bool:
    """Do all counts from 1 on satisfy, and 0 not, or the other way round?"""
    match times.op, times.value:
        case (">=" | "<", 1) | (">" | "<=" | "=" | "!=", 0) | ("between", (0, 0)):
            return True
        case _:
            return False
