"""Counts per condition, and the top members with what their conditions measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from cohorts.definitions.nodes import (
    Condition,
    Definition,
    Group,
    Leaf,
    Measure,
    Measurement,
    Performed,
    Ratio,
)
from cohorts.definitions.walk import walk_conditions, walk_leaves
from cohorts.sql.compilation import select_members
from cohorts.sql.conditions import combine, compile_condition
from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    Expr,
    aliased,
    column,
    compare,
    derived,
    name,
    negated,
    select,
    table,
    when,
    whole,
)
from cohorts.sql.filters import show_property
from cohorts.sql.measurements import VALUE, ZERO_FUNCTIONS, select_measured, select_ratio
from cohorts.sql.population import select_population

_MEMBERS = "members"


def select_condition_counts(definition: Definition, ctx: Context) -> exp.Select:
    """One row: how many of the population satisfy each condition and each group.

    Each leaf is answered once, and groups are combined from the answers."""
    leaves = {leaf.path: f"c{n}" for n, leaf in enumerate(walk_leaves(definition.conditions))}
    answers = [
        aliased(compile_condition(leaf, ctx), leaves[leaf.path])
        for leaf in walk_leaves(definition.conditions)
    ]
    population = select_population(ctx, [], *answers)
    counts = [
        aliased(exp.Count(this=when(combine_answers(condition, leaves), whole(1))), condition.path)
        for condition in walk_conditions(definition.conditions)
    ]
    return select(*counts).from_(derived(population, "p"), copy=False)


def combine_answers(condition: Condition, leaves: Mapping[str, str]) -> Expr:
    """From columns of row `p`, which name the answers to leaves; those know of their negation."""
    if not isinstance(condition, Group):
        return column("p", leaves[condition.path])
    answers = [combine_answers(child, leaves) for child in condition.conditions]
    answer = combine(condition.match, answers)
    return negated(answer) if condition.negate else answer


def select_sample(
    definition: Definition, ctx: Context, limit: int, properties: Sequence[str] = ()
) -> exp.Select:
    """`id`, one column per measuring condition, named by its path, and one per user property of
    those asked for; highest values first."""
    key = ctx.layout.user_key
    columns = [aliased(column("u", key), "k"), aliased(column("u", ctx.layout.id), "id")]
    members = select_members(definition, ctx, *columns)
    query = select(aliased(column("m", "id"), "id"))
    query = query.from_(table(_MEMBERS, "m"), copy=False)
    order: list[Expr] = []
    measuring = [leaf for leaf in walk_leaves(definition.conditions) if is_measuring(leaf)]
    for number, leaf in enumerate(measuring):
        alias = f"v{number}"
        same_user = compare(column(alias, ctx.layout.event_key), "=", column("m", "k"))
        values = derived(select_values(leaf, ctx), alias)
        query = query.join(exp.Join(this=values, side="LEFT", on=same_user), copy=False)
        value = value_of(leaf, alias)
        query = query.select(aliased(value, leaf.path), copy=False)
        order.append(exp.Ordered(this=value.copy(), desc=True, nulls_first=False))
    if properties:
        query = _add_properties(query, properties, ctx)
    order.append(exp.Ordered(this=column("m", "id")))
    query = query.order_by(*order, copy=False).limit(limit, copy=False)
    return query.with_(name(_MEMBERS), as_=members, copy=False)


def _add_properties(query: exp.Select, names: Sequence[str], ctx: Context) -> exp.Select:
    key = ctx.layout.user_key
    shown = [
        aliased(show_property("user", name, ctx, "p"), f"p{number}")
        for number, name in enumerate(names)
    ]
    users = select(aliased(column("p", key), "k"), *shown)
    users = users.from_(table(ctx.layout.users or "", "p"), copy=False)
    same_user = compare(column("x", "k"), "=", column("m", "k"))
    query = query.join(exp.Join(this=derived(users, "x"), side="LEFT", on=same_user), copy=False)
    columns = [aliased(column("x", f"p{n}"), name) for n, name in enumerate(names)]
    return query.select(*columns, copy=False)


def is_measuring(leaf: Leaf) -> bool:
    """Does the condition compare a number of the user's?"""
    return isinstance(leaf, Performed | Measure | Ratio)


def select_values(leaf: Leaf, ctx: Context) -> exp.Select:
    """The key and the measured value of everyone for whom there is one."""
    match leaf:
        case Performed():
            count = Measurement(events=leaf.events, function="count")
            return select_measured(count, ctx.resolve(leaf.window), ctx)
        case Measure():
            return select_measured(leaf.measurement, ctx.resolve(leaf.window), ctx)
        case Ratio():
            return select_ratio(leaf, ctx)
        case _:
            raise TypeError(f"{type(leaf).__name__} measures nothing")


def value_of(leaf: Leaf, alias: str) -> Expr:
    """The value in row `alias` of those, also of users who are not among them."""
    value = column(alias, VALUE)
    is_zero_without = isinstance(leaf, Performed) or (
        isinstance(leaf, Measure) and leaf.measurement.function in ZERO_FUNCTIONS
    )
    return exp.Coalesce(this=value, expressions=[whole(0)]) if is_zero_without else value
