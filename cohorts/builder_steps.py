"""All numbers of the live count in one query: every condition, and what is left after each.

The counts of the conditions come from one pass over flags per person; the running counts are
more columns of that pass, and the last of them is the size of the cohort.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from cohorts.evaluation import Prepared, compiling, opened
from cohorts.sql.compile import compile_condition_counts, to_sql
from cohorts.sql.expressions import all_of, any_of
from cohorts.warehouses import OnConnection


@dataclass(frozen=True)
class StepCounts:
    """`running` has one count per condition of the definition itself: of those who satisfy
    (ALL) or (ANY) this one and the ones before it. `population` is everyone there is."""

    population: int
    conditions: dict[str, int]
    running: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.running[-1]


def count_steps(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float,
    on_connection: OnConnection | None = None,
) -> StepCounts:
    """Raises WarehouseError."""
    query = compile_condition_counts(prepared.definition, **compiling(prepared, as_of))
    paths = [column.alias for column in query.selects]
    running = _running_counts(query, prepared)
    query = query.select(*running, exp.Count(this=exp.Star()))
    sql = to_sql(query, prepared.dataset.engine)
    with opened(prepared, time_limit, on_connection) as warehouse:
        (row,) = warehouse.rows(sql)
    conditions = dict(zip(paths, row, strict=False))
    return StepCounts(row[-1], conditions, tuple(row[len(paths) : -1]))


def _running_counts(query: exp.Select, prepared: Prepared) -> list[exp.Expr]:
    """Each count of a condition asks for its flag; a running count asks for several."""
    counted = {column.alias: column.this for column in query.selects}
    own = [counted[f"conditions[{i}]"] for i in range(len(prepared.definition.conditions))]
    flags = [count.find(exp.If).this for count in own]
    combine = all_of if prepared.definition.match == "all" else any_of
    running = []
    for i, count in enumerate(own):
        several = count.copy()
        several.find(exp.If).set("this", combine([flag.copy() for flag in flags[: i + 1]]))
        running.append(several)
    return running
