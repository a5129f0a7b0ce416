"""A checked definition as one SQL expression, for its members, their number or a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlglot import ErrorLevel, exp

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.nodes import Definition
from cohorts.definitions.references import Reference
from cohorts.sql.breakdown import select_breakdown
from cohorts.sql.compilation import begin, select_members
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
from cohorts.sql.layout import Layout
from cohorts.sql.regions import select_regions
from cohorts.sql.sample import select_condition_counts, select_sample


def compile_members(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """Selects the one column `id`, each id once, in no order."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    user_id = aliased(column("u", layout.id), "id")
    return compilation.finish(select_members(definition, compilation.ctx, user_id))


def compile_ordered_members(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """The same, ordered by code point."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    user_id = column("u", layout.id)
    query = select_members(definition, compilation.ctx, aliased(user_id, "id"))
    order = compilation.ctx.dialect.by_code_point(user_id.copy())
    return compilation.finish(query.order_by(exp.Ordered(this=order), copy=False))


def compile_member_values(
    definition: Definition,
    *,
    property_name: str,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """`id` and `value`: the members that stand in the users table, with a property of theirs."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    found = catalog.find_property("user", property_name)
    if found is None or layout.users is None:
        raise ValueError("no such property of users")
    key = aliased(column("u", layout.user_key), "k")
    user_id = aliased(column("u", layout.id), "id")
    members = select_members(definition, compilation.ctx, key, user_id)
    same_user = compare(column("p", layout.user_key), "=", column("m", "k"))
    query = select(
        aliased(column("m", "id"), "id"), aliased(column("p", found[0].column), "value")
    ).from_(derived(members, "m"), copy=False)
    users = exp.Join(this=table(layout.users, "p"), on=same_user)
    return compilation.finish(query.join(users, copy=False))


def compile_count(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """One row with the one column `n`."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    return compilation.finish(select_count(definition, compilation.ctx))


def compile_condition_counts(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """One row with a column per condition and group, named by its JSON path."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    return compilation.finish(select_condition_counts(definition, compilation.ctx))


def compile_sample(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    limit: int = 100,
    properties: Sequence[str] = (),
    dialect: str = "duckdb",
) -> exp.Select:
    """`id`, the measured value of each condition that measures one, highest first, and the user
    properties of these names."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    return compilation.finish(select_sample(definition, compilation.ctx, limit, properties))


def compile_member_page(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    limit: int,
    after: str = "",
    prefix: str = "",
    dialect: str = "duckdb",
) -> exp.Select:
    """`id` of the next members by code point: those that come `after` and begin with `prefix`."""
    query = compile_ordered_members(
        definition,
        catalog=catalog,
        layout=layout,
        as_of=as_of,
        references=references,
        dialect=dialect,
    )
    engine, user_id = DIALECTS[dialect], column("u", layout.id)
    if prefix:
        query = query.where(engine.starts_with(user_id.copy(), text(prefix)), copy=False)
    if after:
        ordered = engine.by_code_point(user_id.copy())
        query = query.where(compare(ordered, ">", text(after)), copy=False)
    return query.limit(limit, copy=False)


def compile_regions(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    dialect: str = "duckdb",
) -> exp.Select:
    """See `select_regions`."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    return compilation.finish(select_regions(definition, compilation.ctx))


def compile_breakdown(
    definition: Definition,
    *,
    catalog: Catalog,
    layout: Layout,
    as_of: datetime,
    references: Mapping[str, Reference],
    name: str,
    limit: int,
    dialect: str = "duckdb",
) -> exp.Select:
    """See `select_breakdown`; `name` is a user property of the catalog."""
    compilation = begin(definition, catalog, layout, as_of, references, dialect)
    return compilation.finish(select_breakdown(definition, compilation.ctx, name, limit))


def to_sql(expression: exp.Expr, dialect: str = "duckdb") -> str:
    """An error where the engine lacks what the expression says, never another meaning."""
    finished = DIALECTS[dialect].finish(expression)
    return finished.sql(
        dialect=DIALECTS[dialect].sqlglot,
        pretty=True,
        copy=False,
        unsupported_level=ErrorLevel.RAISE,
    )
