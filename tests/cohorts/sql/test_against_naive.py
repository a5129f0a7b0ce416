"""The compiled SQL, run in DuckDB, gives the members that plain loops give."""

from __future__ import annotations

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohorts.sql.naive import evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, WHOLE, definitions, worlds
from tests.cohorts.sql.tables import Tables

relaxed = settings(
    deadline=None, suppress_health_check=list(HealthCheck), max_examples=150, derandomize=True
)


@relaxed
@given(st.data())
def test_it_finds_the_members_that_plain_loops_find(data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = data.draw(worlds(as_of), label="world")
    world.cohorts = COHORTS
    tables = Tables(world, WHOLE)
    for definition in data.draw(
        st.lists(definitions(), min_size=4, max_size=4), label="definitions"
    ):
        hypothesis.note(str(definition))
        assert tables.members(definition, as_of) == sorted(evaluate(world, definition, as_of))
