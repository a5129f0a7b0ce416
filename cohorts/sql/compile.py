"""A checked definition as one SQL expression, for its members, their number or a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from sqlglot import ErrorLevel, exp

from cohorts.definitions.nodes import Definition
from cohorts.sql.breakdown import select_breakdown
from cohorts.sql.compilation import DEFAULT_DIALECT, Given, begin, select_members
from cohorts.sql.counting import select_count
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import (
    aliased,
    column,
    compare,
    derived,
    select,
    table,
    text,
)
from cohorts.sql.regions import select_regions
from cohorts.sql.sample import select_condition_counts, select_sample


def compile_members(definition: Definition, **given: Unpack[Given]) -> exp.Select:
    """Selects the one column `id`, each id once, in no order."""
    compilation = begin(definition, **given)
    user_id = aliased(column("u", compilation.ctx.layout.id), "id")
    return compilation.finish(select_members(definition, compilation.ctx, user_id))


def compile_ordered_members(definition: Definition, **given: Unpack[Given]) -> exp.Select:
    """The same, ordered by code point."""
    compilation = begin(definition, **given)
    user_id = column("u", compilation.ctx.layout.id)
    query = select_members(definition, compilation.ctx, aliased(user_id, "id"))
    order = compilation.ctx.dialect.by_code_point(user_id.copy())
    return compilation.finish(query.order_by(exp.Ordered(this=order), copy=False))


def compile_member_values(
    definition: Definition,
    *,
    property_name: str,
    **given: Unpack[Given],
) -> exp.Select:
    """`id` and `value`: the members that stand in the users table, with a property of theirs."""
    compilation = begin(definition, **given)
    ctx, layout = compilation.ctx, compilation.ctx.layout
    found = ctx.catalog.find_property("user", property_name)
    if found is None or layout.users is None:
        raise ValueError("no such property of users")
    key = aliased(column("u", layout.user_key), "k")
    user_id = aliased(column("u", layout.id), "id")
    members = select_members(definition, ctx, key, user_id)
    same_user = compare(column("p", layout.user_key), "=", column("m", "k"))
    query = select(
        aliased(column("m", "id"), "id"), aliased(column("p", found[0].column), "value")
    ).from_(derived(members, "m"), copy=False)
    users = exp.Join(this=table(layout.users, "p"), on=same_user)
    return compilation.finish(query.join(users, copy=False))


def compile_count(definition: Definition, **given: Unpack[Given]) -> exp.Select:
    """One row with the one column `n`."""
    compilation = begin(definition, **given)
    return compilation.finish(select_count(definition, compilation.ctx))


def compile_condition_counts(definition: Definition, **given: Unpack[Given]) -> exp.Select:
    """One row with a column per condition and group, named by its JSON path."""
    compilation = begin(definition, **given)
    return compilation.finish(select_condition_counts(definition, compilation.ctx))


def compile_sample(
    definition: Definition,
    *,
    limit: int = 100,
    properties: Sequence[str] = (),
    **given: Unpack[Given],
) -> exp.Select:
    """`id`, the measured value of each condition that measures one, highest first, and the user
    properties of these names."""
    compilation = begin(definition, **given)
    return compilation.finish(select_sample(definition, compilation.ctx, limit, properties))


def compile_member_page(
    definition: Definition,
    *,
    limit: int,
    after: str = "",
    prefix: str = "",
    **given: Unpack[Given],
) -> exp.Select:
    """`id` of the next members by code point: those that come `after` and begin with `prefix`."""
    query = compile_ordered_members(definition, **given)
    engine = DIALECTS[given.get("dialect", DEFAULT_DIALECT)]
    user_id = column("u", given["layout"].id)
    if prefix:
        query = query.where(engine.starts_with(user_id.copy(), text(prefix)), copy=False)
    if after:
        ordered = engine.by_code_point(user_id.copy())
        query = query.where(compare(ordered, ">", text(after)), copy=False)
    return query.limit(limit, copy=False)


def compile_regions(definition: Definition, **given: Unpack[Given]) -> exp.Select:
    """See `select_regions`."""
    compilation = begin(definition, **given)
    return compilation.finish(select_regions(definition, compilation.ctx))


def compile_breakdown(
    definition: Definition,
    *,
    name: str,
    limit: int,
    **given: Unpack[Given],
) -> exp.Select:
    """See `select_breakdown`; `name` is a user property of the catalog."""
    compilation = begin(definition, **given)
    return compilation.finish(select_breakdown(definition, compilation.ctx, name, limit))


def to_sql(expression: exp.Expr, dialect: str = DEFAULT_DIALECT) -> str:
    """An error where the engine lacks what the expression says, never another meaning."""
    finished = DIALECTS[dialect].finish(expression)
    return finished.sql(
        dialect=DIALECTS[dialect].sqlglot,
        pretty=True,
        copy=False,
        unsupported_level=ErrorLevel.RAISE,
    )
