"""Tables of PostgreSQL, read where they are, give the members that plain loops give."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohorts.sql.naive import evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, WHOLE, definitions, worlds
from tests.cohorts.sql.test_compile import AS_OF, HOSTILE, performed, text_world, whole
from tests.cohorts.sql.test_crowds import AS_OF as CROWD_AS_OF
from tests.cohorts.sql.test_crowds import PICKS, STEPS, crowd, pick_window
from tests.cohorts.warehouse.postgresql_world import PostgreSQLTables, warehouse_database
from tests.golden.reading import AS_OF as GOLDEN_AS_OF
from tests.golden.reading import list_cases, read_world


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with warehouse_database(postgres_url, "warehouse_members") as url:
        yield url


def test_every_kept_case_has_the_same_members(url: str) -> None:
    tables = PostgreSQLTables(url, read_world(), ["age"])
    for case in list_cases():
        assert tables.members(case.definition, GOLDEN_AS_OF) == case.members, case.name


@pytest.mark.parametrize("unit", ["hour", "month"])
@pytest.mark.parametrize("kind", sorted(PICKS))
def test_a_crowd_is_sorted_out_alike(kind: str, unit: str, url: str) -> None:
    random = Random(f"PostgreSQL tables {kind} {unit}")
    world = crowd(random, STEPS[unit])
    tables = PostgreSQLTables(url, world)
    for _ in range(10):
        condition = PICKS[kind](random, unit)
        if condition["type"] != "lifecycle" and random.random() < 0.5:
            condition["window"] = pick_window(random, unit)
        definition = whole(condition)
        found = tables.members(definition, CROWD_AS_OF)
        assert found == sorted(evaluate(world, definition, CROWD_AS_OF)), definition


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=25, derandomize=True)
@given(st.data())
def test_it_finds_the_members_that_plain_loops_find(url: str, data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = data.draw(worlds(as_of), label="world")
    world.cohorts = COHORTS
    tables = PostgreSQLTables(url, world, WHOLE)
    for definition in data.draw(
        st.lists(definitions(), min_size=4, max_size=4), label="definitions"
    ):
        hypothesis.note(str(definition))
        assert tables.members(definition, as_of) == sorted(evaluate(world, definition, as_of))


@pytest.mark.parametrize("op", ["=", "!=", "contains", "not_contains", "starts_with", "ends_with"])
def test_hostile_texts_stay_texts(op: str, url: str) -> None:
    world = text_world()
    tables = PostgreSQLTables(url, world)
    for text in HOSTILE:
        definition = whole(performed("*", where=[{"property": "text", "op": op, "value": text}]))
        found = tables.members(definition, AS_OF)
        assert found == sorted(evaluate(world, definition, AS_OF)), text
