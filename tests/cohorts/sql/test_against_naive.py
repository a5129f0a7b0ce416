"""The compiled SQL, run in DuckDB, gives the members that plain loops give."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohorts.sql.naive import evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, WHOLE, definitions, worlds
from tests.cohorts.sql.tables import Tables

pytestmark = pytest.mark.long
relaxed = settings(
    deadline=None, suppress_health_check=list(HealthCheck), max_examples=80, derandomize=True
)


@relaxed
@given(st.data())
def test_it_finds_the_members_that_plain_loops_find(data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = data.draw(worlds(as_of), label="world")
    world.cohorts = COHORTS
    tables = Tables(world, WHOLE)
    if data.draw(st.booleans(), label="forgets pairs"):
        tables.forget_pairs()
    for definition in data.draw(
        st.lists(definitions(), min_size=4, max_size=4), label="definitions"
    ):
        hypothesis.note(str(definition))
        assert tables.members(definition, as_of) == sorted(evaluate(world, definition, as_of))


@settings(relaxed, max_examples=25)
@given(st.data())
def test_each_count_is_what_the_condition_alone_gives(data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = data.draw(worlds(as_of), label="world")
    world.cohorts = COHORTS
    tables = Tables(world, WHOLE)
    definition = data.draw(definitions(), label="definition")
    members = tables.members(definition, as_of)
    assert tables.count(definition, as_of) == len(members)
    counts = tables.condition_counts(definition, as_of)
    for path, count in counts.items():
        alone = {**definition, "match": "all", "conditions": [find(definition, path)]}
        assert count == len(evaluate(world, alone, as_of)), path
    names, rows = tables.sample(definition, as_of)
    assert sorted(row[0] for row in rows) == members
    assert set(names[1:]) <= set(counts)


def find(definition: dict[str, Any], path: str) -> Any:
    node: Any = definition
    for part in path.split("."):
        node = node["conditions"][int(part.removeprefix("conditions[").removesuffix("]"))]
    return node
