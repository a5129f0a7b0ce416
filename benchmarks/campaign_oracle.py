"""Does the SQL find the people that plain loops over the rows find?

Random definitions of every kind over random small worlds, with the values that engines like to
read differently; and, for two of three cases, one condition over 250 short histories, where most
answers are neither nobody nor everybody. DuckDB runs what the product compiles; the loops of the
tests, which know no SQL, say who belongs. Members and count are compared. A seed repeats a run.

python3 run.py check --campaign oracle [--cases 5000] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random, randrange
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from benchmarks.campaigns.report import Report
from tests.cohorts.sql.naive import World, evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, WHOLE, definitions, worlds
from tests.cohorts.sql.tables import Tables
from tests.cohorts.sql.test_crowds import AS_OF as CROWD_AS_OF
from tests.cohorts.sql.test_crowds import PICKS, STEPS, UNITS, crowd, pick_window

IN_A_WORLD = 4
IN_A_CROWD = 25


@dataclass
class Comparison:
    compared: int = 0
    # Definitions whose members are neither nobody nor everybody: of these agreement says most.
    telling: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def compare(self, tables: Tables, data: dict[str, Any], as_of: datetime) -> None:
        world = tables.world
        expected = sorted(evaluate(world, data, as_of))
        self.compared += 1
        self.telling += 0 < len(expected) < len(world.users | {row.user: {} for row in world.rows})
        self.kinds.update(list_kinds(data))
        try:
            found = tables.members(data, as_of)
            count = tables.count(data, as_of)
        except Exception as error:  # noqa: BLE001 - what the engine refuses is a difference, too
            self._note(world, data, as_of, f"{type(error).__name__}: {error}")
            return
        if (found, count) != (expected, len(expected)):
            self._note(world, data, as_of, f"found {found}, {count}; expected {expected}")

    def _note(self, world: World, data: dict[str, Any], as_of: datetime, told: str) -> None:
        self.differences.append(f"{told}\n      {json.dumps(data)}\n      at {as_of} in {world}")


def list_kinds(node: Any) -> list[str]:
    """The types of all conditions, groups and conditions of groups among them."""
    held = [kind for part in node.get("conditions", ()) for kind in list_kinds(part)]
    return [*([node["type"]] if "type" in node else []), *held]


def compare_worlds(comparison: Comparison, cases: int, seed: int) -> None:
    @hypothesis.seed(seed)
    @settings(
        max_examples=-(-cases // IN_A_WORLD),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(st.data())
    def compare_in_a_world(data: st.DataObject) -> None:
        as_of = data.draw(st.sampled_from(AS_OFS))
        world = data.draw(worlds(as_of))
        world.cohorts = COHORTS
        chosen = st.lists(definitions(), min_size=IN_A_WORLD, max_size=IN_A_WORLD)
        tables = Tables(world, WHOLE)
        for definition in data.draw(chosen):
            comparison.compare(tables, definition, as_of)
        tables.connection.close()

    compare_in_a_world()


def compare_crowds(comparison: Comparison, cases: int, seed: int) -> None:
    random = Random(seed)
    for _ in range(-(-cases // IN_A_CROWD)):
        kind, unit = random.choice(sorted(PICKS)), random.choice(UNITS)
        tables = Tables(crowd(random, STEPS[unit]))
        for _ in range(IN_A_CROWD):
            condition = PICKS[kind](random, unit)
            if condition["type"] != "lifecycle" and random.random() < 0.5:
                condition["window"] = pick_window(random, unit)
            definition = {"version": 1, "match": "all", "conditions": [condition]}
            comparison.compare(tables, definition, CROWD_AS_OF)
        tables.connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=randrange(10**6))
    options = parser.parse_args()
    report = Report("Oracle: members by SQL and by plain loops")
    report.row("seed", options.seed)
    comparison = Comparison()
    compare_worlds(comparison, options.cases // 3, options.seed)
    compare_crowds(comparison, options.cases - options.cases // 3, options.seed)
    kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(comparison.kinds.items()))
    report.row("conditions", kinds)
    report.row(
        "definitions that some belong to and some do not",
        f"{comparison.telling:,} of {comparison.compared:,}",
    )
    told = f"{len(comparison.differences)} differences in {comparison.compared:,},"
    report.promise("the same members and count", not comparison.differences, told=told)
    report.note_broken(comparison.differences[:5])
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
