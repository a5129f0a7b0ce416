"""A definition together with the cohorts it refers to, ready to be selected from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack

from sqlglot import exp

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.nodes import Definition
from cohorts.definitions.references import Reference, sort_references
from cohorts.sql.conditions import combine, compile_condition
from cohorts.sql.context import Context
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import aliased, column, is_one_of, name, text
from cohorts.sql.layout import Layout
from cohorts.sql.population import select_population
from cohorts.sql.sources import with_sources

DEFAULT_DIALECT = "duckdb"


@dataclass(frozen=True)
class Compilation:
    """The context of the definition itself, and the cohorts it refers to as named queries."""

    ctx: Context
    cohorts: tuple[tuple[str, exp.Select], ...]

    def finish(self, query: exp.Select) -> exp.Select:
        """Each named query stands before those that select from it."""
        cohorts = [
            exp.CTE(this=members, alias=exp.TableAlias(this=name(alias)))
            for alias, members in self.cohorts
        ]
        if cohorts:
            query.set("with_", exp.With(expressions=[*cohorts, *query.ctes]))
        return with_sources(query, self.ctx.layout, self.ctx.dialect)


class Given(TypedDict):
    """What a definition is compiled with."""

    catalog: Catalog
    layout: Layout
    as_of: datetime
    references: Mapping[str, Reference]
    dialect: NotRequired[str]


def begin(
    definition: Definition, *, only: str | None = None, **given: Unpack[Given]
) -> Compilation:
    """Compiles the cohorts referred to, each once and after those it refers to itself. `only` is
    the id of the one user who is looked at, if not all are."""
    references = given["references"]
    ctx = Context(
        catalog=given["catalog"],
        layout=given["layout"],
        dialect=DIALECTS[given.get("dialect", DEFAULT_DIALECT)],
        as_of=given["as_of"],
        only=only,
    )
    names: dict[str, str] = {}
    cohorts = []
    for slug in sort_references(definition, references):
        inner = replace(ctx, cohorts=dict(names))
        names[slug] = f"cohort_{len(names) + 1}"
        cohorts.append((names[slug], _select_reference(references[slug], inner)))
    return Compilation(_within(ctx, definition, names), tuple(cohorts))


def _within(ctx: Context, definition: Definition, names: Mapping[str, str]) -> Context:
    return replace(
        ctx,
        date_range=definition.date_range,
        global_filter=definition.global_filter,
        cohorts=names,
    )


def _select_reference(reference: Reference, ctx: Context) -> exp.Select:
    key = aliased(column("u", ctx.layout.user_key), ctx.layout.user_key)
    if reference.definition is None:
        listed = [text(user) for user in reference.users or ()]
        return select_population(ctx, [is_one_of(column("u", ctx.layout.id), listed)], key)
    inner = _within(ctx, reference.definition, ctx.cohorts)
    return select_members(reference.definition, inner, key)


def select_members(definition: Definition, ctx: Context, *columns: exp.Expr) -> exp.Select:
    predicates = [compile_condition(condition, ctx) for condition in definition.conditions]
    return select_population(ctx, [combine(definition.match, predicates)], *columns)
