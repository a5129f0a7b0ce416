"""How many people satisfy which of several conditions, every combination counted for itself."""

from __future__ import annotations

from sqlglot import exp

from cohorts.definitions.nodes import Definition
from cohorts.sql.conditions import compile_condition
from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    aliased,
    column,
    count_rows,
    derived,
    select,
    when,
    whole,
)
from cohorts.sql.population import select_population


def select_regions(definition: Definition, ctx: Context) -> exp.Select:
    """A row per combination that anybody has: 1 or 0 per condition, then how many have it."""
    names = [f"f{number}" for number, _ in enumerate(definition.conditions)]
    answers = [
        aliased(when(compile_condition(condition, ctx), whole(1), whole(0)), name)
        for name, condition in zip(names, definition.conditions, strict=True)
    ]
    query = select(*(column("p", name) for name in names), aliased(count_rows(), "n"))
    query = query.from_(derived(select_population(ctx, [], *answers), "p"), copy=False)
    return query.group_by(*(column("p", name) for name in names), copy=False)
