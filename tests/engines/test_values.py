"""Hostile texts, exact numbers and the spellings of JSON, in other engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cohorts.sql.naive import Row, World, as_time, evaluate
from tests.cohorts.sql.test_compile import (
    AS_OF,
    HOSTILE,
    HOUR,
    deep,
    make_world,
    performed,
    sample_world,
    text_world,
    whole,
)
from tests.engines.stores import Engine, Shape, Store

pytestmark = pytest.mark.engines
TIMES = (
    "2026-05-01",
    "2026-05-01 10:00",
    "2026-05-01T10:00:00.1234567",
    "2026-05-01T10:00Z",
    "2026-05-01T10:00:00+09:00",
    "2026-05-01 10:00:00+0530",
    "2026-05-01 10:00-05",
    "2024-02-29",
)
NO_TIMES = (
    "2026-02-29",
    "2026-04-31 10:00",
    "2026-13-01",
    "2026-05-01 24:00",
    "2026-05-01T10:60",
    "2026-05-01 10:00:60",
    "20260501",
    "1777629600",
    "May 1",
    "",
)


@pytest.mark.parametrize("op", ["=", "!=", "contains", "not_contains", "starts_with", "ends_with"])
def test_hostile_texts_stay_texts(op: str, engine: Engine, shape: Shape) -> None:
    world = text_world()
    store = Store(engine, world, shape)
    for text in engine.some(HOSTILE, 2):
        for ignore_case in (False, text.isascii()):
            condition = {"property": "text", "op": op, "value": text, "ignore_case": ignore_case}
            definition = whole(performed("*", where=[condition]))
            found = store.members(definition, AS_OF)
            assert found == sorted(evaluate(world, definition, AS_OF)), text


def test_hostile_names_and_ids_are_only_names_and_ids(engine: Engine, shape: Shape) -> None:
    store = Store(engine, text_world(), shape)
    for index, text in engine.some([*enumerate(HOSTILE)], 6):
        assert store.members(whole(performed(text)), AS_OF) == [f"u{index}"]
        assert store.members(whole({"type": "list", "users": [text]}), AS_OF) == [text]


def test_hostile_property_names_stay_names(engine: Engine, shape: Shape) -> None:
    names = ['a"b', "a'b", "a b; --", "ä\\", "select", "a.b.c", "a`b", '\\"', "\\`"]
    world = make_world(
        rows=[Row("u", "A", AS_OF - HOUR, dict.fromkeys(names, 1.0))],
        event_types=dict.fromkeys(names, "number"),
    )
    store = Store(engine, world, shape)
    for name in engine.some(names, 5):
        node = {"property": name, "op": "=", "value": 1}
        assert store.members(whole(performed(where=[node])), AS_OF) == ["u"], name


def test_hostile_keys_of_json_stay_keys(engine: Engine, shape: Shape) -> None:
    keys = ['a"b', "a'b", "$", "[0]", "x/y", "\\", "a b", "ä", "*", "']", '"]', "😀", "\\'"]
    documents = [json.dumps({key: 1, "other": 2}) for key in keys]
    rows = [Row(f"u{i}", "A", AS_OF - HOUR, {"doc": doc}) for i, doc in enumerate(documents)]
    store = Store(engine, make_world(rows=rows), shape)
    for index, key in engine.some([*enumerate(keys)], 5):
        node = {"property": f"doc.{key}", "op": "=", "value": 1}
        assert store.members(whole(performed(where=[node])), AS_OF) == [f"u{index}"], key


@pytest.mark.parametrize(
    ("amounts", "function", "op", "value", "matches"),
    [
        ([33.3, 33.4, 33.3], "sum", "=", 100, True),
        ([0.1, 0.2], "sum", "=", 0.3, True),
        ([1000.1, 1000.2, -2000.3], "sum", "=", 0, True),
        ([1e-18, 2e-18], "sum", "=", 3e-18, True),
        ([1e300, 1e300], "sum", ">", 1e300, True),
        ([12345678901.01, 0.01], "sum", "=", 12345678901.02, True),
        ([0.1], "max", "=", 0.1, True),
        ([0.1], "max", ">", 0.1, False),
        ([16777217.1], "max", "=", 16777217.1, True),
        ([1.7e308], "max", "<", 1.75e308, True),
        ([5e-324], "max", ">", 0, True),
        ([1, 2], "median", "=", 1.5, True),
        ([1, 2, 4], "avg", "between", [2.3, 2.4], True),
        ([0], "avg", "=", -0.0, True),
    ],
)
def test_numbers_are_compared_as_written(
    amounts: list[float],
    function: str,
    op: str,
    value: Any,
    matches: bool,
    engine: Engine,
    shape: Shape,
) -> None:
    rows = [Row("u", "A", AS_OF - HOUR, {"amount": float(amount)}) for amount in amounts]
    measure = {"type": "measure", "event": "A", "function": function, "property": "amount"}
    found = Store(engine, make_world(rows=rows), shape).members(
        whole(measure | {"op": op, "value": value}), AS_OF
    )
    assert found == (["u"] if matches else [])


@pytest.mark.parametrize(
    ("op", "value", "matches"),
    [
        ("=", 9007199254740993, True),
        ("=", 9007199254740992, False),
        (">", 9007199254740992, True),
        ("<", 9007199254740994, True),
        (">", 2.5, True),
        ("<", 10**30, True),
        ("<", 1e300, True),
        (">", -(10**30), True),
        ("in", [1, 9007199254740993], True),
        ("in", [2.5, 9007199254740993], True),
        ("between", [9007199254740993, 9007199254740993], True),
    ],
)
def test_whole_numbers_beyond_doubles_are_exact(
    op: str, value: Any, matches: bool, engine: Engine, shape: Shape
) -> None:
    row = Row("u", "A", AS_OF - HOUR, {"whole": 9007199254740993})
    node = {"property": "whole", "op": op, "value": value}
    store = Store(engine, make_world(rows=[row]), shape, ["whole"])
    found = store.members(whole(performed(where=[node])), AS_OF)
    assert found == (["u"] if matches else [])


def documents(*values: Any) -> World:
    rows = [
        Row(f"u{i:02}", "A", AS_OF - HOUR, {"doc": json.dumps({"a": [{"0": value}]})})
        for i, value in enumerate(values)
    ]
    return make_world(rows=[*rows, Row("none", "A", AS_OF - HOUR, {"doc": None})])


def test_a_number_in_json_is_read_as_spelled(engine: Engine, shape: Shape) -> None:
    values = (
        1,
        1.0,
        100.0,
        2.5,
        -3,
        -0.5,
        True,
        False,
        None,
        "1",
        "1.0",
        "true",
        [1],
        {"b": 1},
        "",
    )
    world = documents(*values)
    store = Store(engine, world, shape)
    texts = ("1", "1.0", "100.0", "2.5", "-3", "-0.5", "true", "false", "null", "", "[1]")
    for text in engine.some(texts, 4):
        for op in engine.some(("=", "!=", "starts_with"), 1):
            node = {"property": "doc.a.0.0", "op": op, "value": text}
            definition = whole(performed(where=[node]))
            found = store.members(definition, AS_OF)
            assert found == sorted(evaluate(world, definition, AS_OF)), (op, text)


def test_a_time_in_json_is_read_in_its_spellings_only(engine: Engine, shape: Shape) -> None:
    assert all(as_time(text) for text in TIMES)
    world = documents(*TIMES, *NO_TIMES)
    store = Store(engine, world, shape)
    instants = [as_time(text) for text in TIMES]
    for instant in engine.some((*instants, datetime(2026, 4, 30, 15, tzinfo=UTC)), 3):
        assert instant is not None
        for near in (instant, instant + timedelta(microseconds=1)):
            node = {"property": "doc.a.0.0", "op": "before", "value": near.isoformat()}
            definition = whole(performed(where=[node]))
            found = store.members(definition, AS_OF)
            assert found == [
                f"u{i:02}" for i, held in enumerate(instants) if held is not None and held < near
            ], near
    ever = whole(performed(where=[{"property": "doc.a.0.0", "op": "after", "value": "1900-01-01"}]))
    assert len(store.members(ever, AS_OF)) == len(TIMES)


def test_windows_beyond_all_history_hold_everything(engine: Engine, shape: Shape) -> None:
    world = make_world(rows=[Row("u", "A", AS_OF - HOUR), Row("u", "A", AS_OF - 2 * HOUR)])
    store = Store(engine, world, shape)
    long = {"n": 100_000, "unit": "week"}
    for condition in (
        performed(window={"last": 1500, "unit": "year"}),
        performed(window={"last": 5000, "unit": "year"}),
        performed(window={"from": "0001-01-02", "to": "9999-12-30"}),
        performed(window={"after_first": {"event": "A"}} | long),
        {"type": "funnel", "steps": [{"event": "A"}, {"event": "A"}], "within": long},
    ):
        assert store.members(whole(condition), AS_OF) == ["u"], condition


def test_members_come_sorted_by_code_point(engine: Engine, shape: Shape) -> None:
    ids = ["Zoë", "ann", "10", "9", "é", "z", "😀", "\uff5e", " "]
    store = Store(engine, make_world(users={user: {} for user in ids}), shape)
    everyone = whole(performed(times={"op": "<", "value": 1}))
    assert store.members(everyone, AS_OF) == sorted(ids)


def test_the_largest_definition_runs(engine: Engine, shape: Shape) -> None:
    rows = [Row(f"u{i}", f"E{i}", AS_OF - HOUR) for i in range(190)]
    world = make_world(rows=rows)
    store = Store(engine, world, shape)
    definition = deep(10, 190)
    assert store.members(definition, AS_OF) == sorted(evaluate(world, definition, AS_OF))
    users = [f"u{i}" for i in range(20_000)]
    assert len(store.members(whole({"type": "list", "users": users}), AS_OF)) == 190


def test_a_sample_shows_what_was_measured_highest_first(engine: Engine, shape: Shape) -> None:
    average = {"type": "measure", "event": "A", "function": "avg", "property": "amount"}
    definition = whole(
        performed("A", times={"op": ">=", "value": 0}),
        average | {"op": "<", "value": 0, "negate": True},
    )
    names, rows = Store(engine, sample_world(), shape).sample(definition, AS_OF)
    assert names == ["id", "conditions[0]", "conditions[1]"]
    assert rows == [("ann", 3, 20.0), ("bob", 1, None), ("cleo", 0, None)]
