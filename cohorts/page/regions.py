"""How many people several definitions have in common, every combination counted at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cohorts.definitions.nodes import Definition, InCohort
from cohorts.definitions.references import Reference
from cohorts.evaluation import Prepared, compiling, opened
from cohorts.sql.compile import compile_regions, to_sql
from cohorts.warehouses import OnConnection


@dataclass(frozen=True)
class Regions:
    """`counts` by which of the sets a person is in; who is in none is counted too."""

    counts: Mapping[tuple[bool, ...], int]

    def within(self, *sets: int) -> int:
        """How many are in all of these sets, whatever else they are in."""
        return sum(n for held, n in self.counts.items() if all(held[each] for each in sets))

    def only(self, *sets: int) -> int:
        """How many are in these sets and in no other."""
        return sum(
            n
            for held, n in self.counts.items()
            if all(is_in == (each in sets) for each, is_in in enumerate(held))
        )

    @property
    def anyone(self) -> int:
        return sum(n for held, n in self.counts.items() if any(held))


def count_regions(
    sets: Sequence[Prepared],
    *,
    as_of: datetime,
    time_limit: float,
    on_connection: OnConnection | None = None,
) -> Regions:
    """Of definitions on one dataset. Raises WarehouseError."""
    together = _together(sets)
    query = compile_regions(together.definition, **compiling(together, as_of))
    sql = to_sql(query, together.dataset.engine)
    with opened(together, time_limit, on_connection) as warehouse:
        rows = warehouse.rows(sql)
    return Regions({tuple(bool(flag) for flag in row[:-1]): int(row[-1]) for row in rows})


def _together(sets: Sequence[Prepared]) -> Prepared:
    """One definition that refers to each of them, as if they were saved cohorts."""
    # No saved cohort has a slug with a slash.
    slugs = [f"/{number}" for number, _ in enumerate(sets)]
    own = {
        slug: Reference(each.definition, None, slug) for slug, each in zip(slugs, sets, strict=True)
    }
    return replace(
        sets[0],
        definition=Definition(
            match="any", conditions=tuple(InCohort(cohort=slug, path=slug) for slug in slugs)
        ),
        references=own | {slug: r for each in sets for slug, r in each.references.items()},
        lists={name: path for each in sets for name, path in each.lists.items()},
        warnings=(),
    )
