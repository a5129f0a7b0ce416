"""The values of a user property, with how many have each: of everyone, and of the members."""

from __future__ import annotations

from sqlglot import exp

from cohorts.definitions.nodes import Definition
from cohorts.sql.conditions import combine, compile_condition
from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    certain,
    column,
    compare,
    count_rows,
    derived,
    select,
    table,
    when,
    whole,
)
from cohorts.sql.filters import compile_user_filter, show_property
from cohorts.sql.population import select_population


def select_breakdown(definition: Definition, ctx: Context, name: str, limit: int) -> exp.Select:
    """The values that most members have: `value`, `members`, `everyone`, and the totals over all
    values. Who has none counts under NULL; the global filter leaves nobody out of `everyone`."""
    values = _select_values(definition, ctx, name)
    columns = [column("g", each) for each in ("value", "members", "everyone")]
    totals = [aliased(_over_all(column("g", each)), f"all_{each}") for each in _COUNTS]
    query = select(*columns, *totals).from_(derived(values, "g"), copy=False)
    order = [exp.Ordered(this=column("g", each), desc=True) for each in _COUNTS]
    order.append(exp.Ordered(this=column("g", "value"), nulls_first=False))
    return query.order_by(*order, copy=False).limit(limit, copy=False)


_COUNTS = ("members", "everyone")


def _select_values(definition: Definition, ctx: Context, name: str) -> exp.Select:
    key = ctx.layout.user_key
    flag = when(_is_member(definition, ctx), whole(1), whole(0))
    population = select_population(
        ctx, [], aliased(column("u", key), "k"), aliased(flag, "m"), filtered=False
    )
    users = select(
        aliased(column("p", key), "k"), aliased(show_property("user", name, ctx, "p"), "v")
    ).from_(table(ctx.layout.users or "", "p"), copy=False)
    same_user = compare(column("x", "k"), "=", column("p", "k"))
    value = ctx.dialect.optional(column("x", "v"))
    members = exp.Sum(this=column("p", "m"))
    query = select(
        aliased(value, "value"), aliased(members, "members"), aliased(count_rows(), "everyone")
    )
    query = query.from_(derived(population, "p"), copy=False)
    query = query.join(exp.Join(this=derived(users, "x"), side="LEFT", on=same_user), copy=False)
    return query.group_by(value.copy(), copy=False)


def _is_member(definition: Definition, ctx: Context) -> Expr:
    conditions = [compile_condition(condition, ctx) for condition in definition.conditions]
    filters = [certain(compile_user_filter(node, ctx, "u")) for node in ctx.user_filters]
    return all_of([*filters, combine(definition.match, conditions)])


def _over_all(value: Expr) -> exp.Window:
    return exp.Window(this=exp.Sum(this=value))
