"""The compiled SQL, run in other engines, gives the members that plain loops give."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cohorts.sql.naive import World, evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, WHOLE, definitions, worlds
from tests.cohorts.sql.test_against_naive import find
from tests.cohorts.sql.test_crowds import AS_OF as CROWD_AS_OF
from tests.cohorts.sql.test_crowds import PICKS, STEPS, UNITS, crowd, pick_window
from tests.engines.stores import EVERY_CASE, SHAPES, Engine, Shape, Store

pytestmark = pytest.mark.engines
DEFINITIONS = 12
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", sorted(PICKS))
def test_a_crowd_is_sorted_out_alike(kind: str, unit: str, engine: Engine, shape: Shape) -> None:
    random = Random(f"{engine.dialect} {kind} {unit} {shape}")
    world = crowd(random, STEPS[unit])
    store = Store(engine, world, shape)
    sizes = set()
    for _ in engine.some(range(DEFINITIONS), 2):
        condition = PICKS[kind](random, unit)
        if condition["type"] != "lifecycle" and random.random() < 0.5:
            condition["window"] = pick_window(random, unit)
        definition = {"version": 1, "match": "all", "conditions": [condition]}
        found = store.members(definition, CROWD_AS_OF)
        assert found == sorted(evaluate(world, definition, CROWD_AS_OF)), definition
        sizes.add(len(found))
    assert len(sizes) > len(engine.some(range(DEFINITIONS), 2)) // 3


@pytest.mark.parametrize("shape", SHAPES)
@settings(relaxed, max_examples=60 if EVERY_CASE else 5)
@given(st.data())
def test_random_worlds_have_the_same_members_in_clickhouse(
    clickhouse: Engine, shape: Shape, data: st.DataObject
) -> None:
    check_world(clickhouse, shape, data)


@pytest.mark.parametrize("shape", SHAPES)
@settings(relaxed, max_examples=20 if EVERY_CASE else 3)
@given(st.data())
def test_random_worlds_have_the_same_members_in_spark(
    spark: Engine, shape: Shape, data: st.DataObject
) -> None:
    check_world(spark, shape, data)


def check_world(engine: Engine, shape: Shape, data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = with_whole_elements(data.draw(worlds(as_of), label="world"))
    store = Store(engine, world, shape, WHOLE)
    most = 4 // engine.slowness
    for definition in data.draw(
        st.lists(definitions(), min_size=most, max_size=most), label="definitions"
    ):
        hypothesis.note(str(definition))
        expected = sorted(evaluate(world, definition, as_of))
        assert store.members(definition, as_of) == expected


@pytest.mark.parametrize("shape", SHAPES)
@settings(relaxed, max_examples=12 if EVERY_CASE else 3)
@given(st.data())
def test_each_count_is_what_the_condition_alone_gives_in_clickhouse(
    clickhouse: Engine, shape: Shape, data: st.DataObject
) -> None:
    check_counts(clickhouse, shape, data)


@settings(relaxed, max_examples=6 if EVERY_CASE else 2)
@given(st.data())
def test_each_count_is_what_the_condition_alone_gives_in_spark(
    spark: Engine, data: st.DataObject
) -> None:
    check_counts(spark, "warehouse", data)


def check_counts(engine: Engine, shape: Shape, data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = with_whole_elements(data.draw(worlds(as_of), label="world"))
    store = Store(engine, world, shape, WHOLE)
    definition = data.draw(definitions(), label="definition")
    members = store.members(definition, as_of)
    assert store.count(definition, as_of) == len(members)
    counts = store.condition_counts(definition, as_of)
    for path, count in counts.items():
        alone: dict[str, Any] = {
            **definition,
            "match": "all",
            "conditions": [find(definition, path)],
        }
        assert count == len(evaluate(world, alone, as_of)), path
    names, rows = store.sample(definition, as_of)
    assert sorted(row[0] for row in rows) == members
    assert set(names[1:]) <= set(counts)


def with_whole_elements(world: World) -> World:
    """Inside a list or an object, read as a whole, the engines tell 1.0 and 1 not apart."""

    def written(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            name: re.sub(r"\b1\.0\b", "1", value) if name in ("cart", "traits") and value else value
            for name, value in properties.items()
        }

    return replace(
        world,
        users={user: written(held) for user, held in world.users.items()},
        rows=[replace(row, properties=written(row.properties)) for row in world.rows],
        cohorts=COHORTS,
    )
