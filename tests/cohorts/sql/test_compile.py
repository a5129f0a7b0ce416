"""What random worlds do not reach: hostile texts, exact numbers, sizes, counts, samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlglot

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.check import Reference
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE, Layout
from tests.cohorts.sql.naive import Row, World, evaluate
from tests.cohorts.sql.strategies import COHORTS
from tests.cohorts.sql.tables import Tables

AS_OF = datetime(2026, 5, 14, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = (
    "it's",
    "''",
    "'; DROP TABLE users; --",
    "\\",
    "\\'",
    "a\\nb",
    "100%",
    "a_b",
    "%",
    "_",
    '"quoted"',
    "/* no */",
    "-- no",
    "line\nbreak",
    "\ttab\r\n",
    "$1 ? :name {x} %s",
    "😀 👩‍👩‍👧",
    "日本語",
    "İıß",
    "x" * 1000,
    " leading and trailing ",
    "\x01\x7f\u200b",
)


def make_world(**changes: Any) -> World:
    world = World(
        zone="Asia/Tokyo",
        users={},
        rows=[],
        event_types={"text": "string", "amount": "number", "whole": "number", "doc": "json"},
        user_types={"plan": "string"},
    )
    for name, value in changes.items():
        setattr(world, name, value)
    return world


def whole(*conditions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)} | changes


def performed(event: str = "A", **changes: Any) -> dict[str, Any]:
    return {"type": "performed", "event": event} | changes


def text_world() -> World:
    rows = [Row(f"u{i}", text, AS_OF - HOUR, {"text": text}) for i, text in enumerate(HOSTILE)]
    return make_world(rows=rows, users={text: {"plan": text} for text in HOSTILE})


@pytest.mark.parametrize("op", ["=", "!=", "contains", "not_contains", "starts_with", "ends_with"])
def test_a_text_matches_itself_and_is_never_read_as_sql(op: str) -> None:
    world = text_world()
    tables = Tables(world)
    for text in HOSTILE:
        for ignore_case in (False, text.isascii()):
            condition = {"property": "text", "op": op, "value": text, "ignore_case": ignore_case}
            definition = whole(performed("*", where=[condition]))
            found = tables.members(definition, AS_OF)
            assert found == sorted(evaluate(world, definition, AS_OF)), text


def test_hostile_names_and_ids_are_only_names_and_ids() -> None:
    world = text_world()
    tables = Tables(world)
    for index, text in enumerate(HOSTILE):
        assert tables.members(whole(performed(text)), AS_OF) == [f"u{index}"]
        assert tables.members(whole({"type": "list", "users": [text]}), AS_OF) == [text]
        plan = {"type": "property", "property": "plan", "op": "in", "value": [text, "none"]}
        assert tables.members(whole(plan), AS_OF) == [text]


def test_hostile_property_names_stay_names() -> None:
    names = ['a"b', "a'b", "a b; --", "ä\\", "select", "a.b.c"]
    world = make_world(
        rows=[Row("u", "A", AS_OF - HOUR, dict.fromkeys(names, 1.0))],
        event_types=dict.fromkeys(names, "number"),
    )
    tables = Tables(world)
    for name in names:
        node = {"property": name, "op": "=", "value": 1}
        assert tables.members(whole(performed(where=[node])), AS_OF) == ["u"]


def compile_sql(definition: dict[str, Any], **changes: Any) -> str:
    given: dict[str, Any] = {
        "catalog": Catalog("UTC"),
        "layout": DUCKDB_FILE,
        "as_of": AS_OF,
        "references": {},
    }
    return to_sql(compile_members(parse_definition(definition), **(given | changes)))


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
    amounts: list[float], function: str, op: str, value: Any, matches: bool
) -> None:
    rows = [Row("u", "A", AS_OF - HOUR, {"amount": amount}) for amount in amounts]
    measure = {"type": "measure", "event": "A", "function": function, "property": "amount"}
    found = Tables(make_world(rows=rows)).members(
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
        ("between", [9007199254740993, 9007199254740993], True),
    ],
)
def test_whole_numbers_beyond_doubles_are_exact(op: str, value: Any, matches: bool) -> None:
    row = Row("u", "A", AS_OF - HOUR, {"whole": 9007199254740993})
    node = {"property": "whole", "op": op, "value": value}
    found = Tables(make_world(rows=[row]), ["whole"]).members(whole(performed(where=[node])), AS_OF)
    assert found == (["u"] if matches else [])


def test_events_at_as_of_do_not_exist_and_neither_do_their_users() -> None:
    before, at = AS_OF - timedelta(microseconds=1), AS_OF
    world = make_world(rows=[Row("early", "A", before), Row("late", "A", at)], users={"listed": {}})
    tables = Tables(world)
    assert tables.members(whole(performed()), AS_OF) == ["early"]
    assert tables.members(whole(performed(negate=True)), AS_OF) == ["listed"]
    never = performed(times={"op": "=", "value": 0})
    assert tables.members(whole(never), AS_OF + timedelta(microseconds=1)) == ["listed"]


def test_an_event_without_a_name_counts_for_any_event_only() -> None:
    tables = Tables(make_world(rows=[Row("u", None, AS_OF - HOUR)]))
    assert tables.members(whole(performed("*")), AS_OF) == ["u"]
    assert tables.members(whole(performed("A", times={"op": "=", "value": 0})), AS_OF) == ["u"]


def test_members_come_sorted_by_code_point() -> None:
    ids = ["Zoë", "ann", "10", "9", "é", "z", "😀", "\uff5e", " "]
    tables = Tables(make_world(users={user: {} for user in ids}))
    everyone = whole(performed(times={"op": ">=", "value": 0}))
    assert tables.members(everyone, AS_OF) == sorted(ids)


def deep(depth: int, width: int) -> dict[str, Any]:
    node: dict[str, Any] = {
        "match": "any",
        "conditions": [performed(f"E{i}") for i in range(width)],
    }
    for level in range(depth - 1):
        match = "all" if level % 2 else "any"
        node = {"match": match, "conditions": [node, performed()], "negate": level % 3 == 0}
    return whole(node)


def test_the_largest_definition_runs() -> None:
    rows = [Row(f"u{i}", f"E{i}", AS_OF - HOUR) for i in range(190)]
    world = make_world(rows=rows)
    tables = Tables(world)
    definition = deep(10, 190)
    assert tables.members(definition, AS_OF) == sorted(evaluate(world, definition, AS_OF))
    counts = tables.condition_counts(definition, AS_OF)
    assert len(counts) == 199 + 10
    wide = [{"property": "text", "op": "=", "value": str(i)} for i in range(1000)]
    assert tables.members(whole(performed(where=[{"any": wide}])), AS_OF) == []
    assert tables.members(whole(performed(event=[f"E{i}" for i in range(5000)])), AS_OF)
    users = [f"u{i}" for i in range(20_000)]
    assert len(tables.members(whole({"type": "list", "users": users}), AS_OF)) == 190


def test_a_long_chain_of_cohorts_runs() -> None:
    world = make_world(rows=[Row("u", "A", AS_OF - HOUR), Row("v", "B", AS_OF - HOUR)])
    chain: dict[str, Any] = {"c0": whole(performed())}
    for number in range(1, 120):
        before = {"type": "cohort", "cohort": f"c{number - 1}"}
        chain[f"c{number}"] = whole(before, before)
    world.cohorts = chain
    assert Tables(world).members(whole({"type": "cohort", "cohort": "c119"}), AS_OF) == ["u"]


def test_each_cohort_is_compiled_once_however_often_it_is_named() -> None:
    references = {
        slug: Reference(None, tuple(held), slug)
        if isinstance(held, list)
        else Reference(parse_definition(held), None, slug)
        for slug, held in COHORTS.items()
    }
    built = {"type": "cohort", "cohort": "built"}
    saved = {"type": "cohort", "cohort": "saved"}
    sql = compile_sql(
        whole(built, saved, built | {"negate": True}),
        references=references,
        catalog=Catalog(
            "UTC", (), Tables(make_world(event_types={"promo": "boolean"})).catalog.event_properties
        ),
    )
    assert sql.count(' AS (\n  SELECT\n    "u"."uid"') == 2


def sample_world() -> World:
    rows = [Row("ann", "A", AS_OF - HOUR * n, {"amount": 10.0 * n}) for n in range(1, 4)]
    rows += [Row("bob", "A", AS_OF - HOUR, {"amount": None}), Row("bob", "B", AS_OF - HOUR)]
    return make_world(rows=rows, users={"cleo": {}})


def test_a_sample_shows_what_was_measured_highest_first() -> None:
    definition = whole(
        performed("A", times={"op": ">=", "value": 0}),
        {"match": "any", "conditions": [performed("B", negate=True), performed("B")]},
        {
            "type": "measure",
            "event": "A",
            "function": "avg",
            "property": "amount",
            "op": "<",
            "value": 0,
            "negate": True,
        },
    )
    names, rows = Tables(sample_world()).sample(definition, AS_OF)
    inner = "conditions[1].conditions"
    assert names == ["id", "conditions[0]", f"{inner}[0]", f"{inner}[1]", "conditions[2]"]
    assert rows == [("ann", 3, 0, 0, 20.0), ("bob", 1, 1, 1, None), ("cleo", 0, 0, 0, None)]


def test_a_sample_ends_at_its_limit_and_needs_no_measure() -> None:
    definition = whole({"type": "property", "property": "plan", "op": "not_exists"})
    assert Tables(sample_world()).sample(definition, AS_OF, limit=2) == (
        ["id"],
        [("ann",), ("bob",)],
    )


def test_every_sql_can_be_read_back() -> None:
    """What is printed is one statement that means the same when it is parsed again."""
    tables = Tables(text_world())
    for text in HOSTILE:
        node = {"property": "text", "op": "=", "value": text}
        sql = compile_sql(whole(performed(text, where=[node])), catalog=tables.catalog)
        (statement,) = sqlglot.parse(sql, dialect="duckdb")
        assert statement is not None
        literals = [literal.this for literal in statement.find_all(sqlglot.exp.Literal)]
        assert literals.count(text) == 2


def test_tables_without_row_numbers_give_the_same_members() -> None:
    """A warehouse: the id itself joins the tables, and an id may stand in one of them only."""
    layout = Layout(
        events="plain.events",
        users="plain.users",
        event_key="user_id",
        user_key="id",
        listed=None,
        first_event=None,
    )
    world = sample_world()
    world.rows.append(Row("late", "A", AS_OF + HOUR))
    world.users["ann"] = {"plan": "pro"}
    tables = Tables(world)
    tables.connection.execute(
        """
        CREATE SCHEMA plain;
        CREATE TABLE plain.users AS
        SELECT id, plan FROM users WHERE listed
        UNION ALL SELECT '', 'pro' UNION ALL SELECT NULL, 'pro';
        CREATE TABLE plain.events AS
        SELECT u.id AS user_id, e.event, e.time, e.amount FROM events e JOIN users u USING (uid)
        UNION ALL SELECT '', 'A', TIMESTAMP '2026-01-01', 1
        UNION ALL SELECT NULL, 'A', TIMESTAMP '2026-01-01', 1;
        """
    )
    is_pro = {"type": "property", "property": "plan", "op": "=", "value": "pro"}
    pro = is_pro | {"scope": "user"}
    for definition in (
        whole(performed("A", times={"op": "<", "value": 2})),
        whole(is_pro),
        whole(is_pro | {"op": "!="}),
        whole(is_pro | {"negate": True}, performed(negate=True)),
        whole(
            performed("*", where=[{key: pro[key] for key in pro if key != "type"} | {"op": "!="}])
        ),
        whole({"type": "funnel", "steps": [{"event": "A"}, {"event": "A"}]}),
        whole({"type": "list", "users": ["ann", "late", "nobody"]}),
    ):
        sql = compile_sql(definition, catalog=tables.catalog, layout=layout)
        found = [user for (user,) in tables.connection.execute(sql).fetchall()]
        assert sorted(found) == tables.members(definition, AS_OF), definition
