"""What is found out about the tables of a PostgreSQL warehouse, and what is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cohorts.definitions.catalog import Property
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_ordered_members, to_sql
from cohorts.sql.layout import warehouse_layout
from cohorts.warehouse import table_profile
from cohorts.warehouse.engines import ENGINES
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.postgresql import PostgreSQL
from cohorts.warehouse.tables import Surveyed, TableSet
from tests.cohorts.warehouse.postgresql_world import as_user, run, warehouse_database

TABLES = TableSet("sales.Events", "user", "what", "at", "sales.people", "key")
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
EVENTS = """
CREATE TABLE sales."Events" (
  "user" bigint, what text, at timestamptz, "Weird ""name"".x" text, price numeric(10, 2),
  cents numeric(12, 0), rough real, exact double precision, small smallint, paid boolean,
  due date, naive timestamp, cart jsonb, raw json, tags text[], color sales.color, code char(5),
  token uuid, amount sales.amount, image bytea, id text, stored_time text
)
"""
ROWS = """
INSERT INTO sales."Events" VALUES
  (1, 'Buy', '2026-01-01 09:00+09', 'JP', 9.99, 100, 0.1, 0.5, 3, true, '2026-02-01',
   '2026-02-01 10:00', '{"a": {"b": 1}}', '{"z": [1]}', '{x,y}', 'red', 'ab',
   '00000000-0000-0000-0000-00000000ABCD', 5, 'x', 'own id', 's'),
  (2, 'Buy', '2026-01-02', NULL, 'NaN', 'NaN', 'NaN', 'Infinity', NULL, false, 'infinity',
   '-infinity', 'null', '{"bad": "\\u0000"}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (2, 'Look', '2026-01-03', 'DE', 20, 7, 2.5, 1e308, 1, NULL, NULL, NULL,
   '{"a": {"b": 1e400, "when": "2026-02-30"}}', '{"z": ["\\ud83d\\ude00"], "y": "\\ud83d"}',
   NULL, NULL, NULL, NULL, 7, NULL, NULL, NULL);
INSERT INTO sales."Events" VALUES
  (3, NULL, '2026-01-04'), (3, '', '2026-01-04'), (NULL, 'Lost', '2026-01-05'),
  (4, 'Timeless', NULL), (4, 'Endless', 'infinity'), (4, 'Ancient', '0044-03-15 BC')
"""
PEOPLE = """
CREATE TABLE sales.people (key text, plan text);
INSERT INTO sales.people VALUES
  ('9', 'first'), ('9', 'second'), ('10', 'free'), ('', 'nobody'), (NULL, 'nobody'), ('é', 'free')
"""


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with warehouse_database(postgres_url, "warehouse_survey") as url:
        run(
            url,
            "CREATE SCHEMA sales",
            "CREATE TYPE sales.color AS ENUM ('red', 'blue')",
            "CREATE DOMAIN sales.amount AS integer CHECK (value > 0)",
            EVENTS,
            ROWS,
            PEOPLE,
            "CREATE VIEW sales.people_view AS SELECT * FROM sales.people",
            "CREATE TABLE sales.odd (at bigint, who timestamptz, kind float8, payload bytea)",
            "CREATE SCHEMA other CREATE TABLE people (key text)",
        )
        yield url


@pytest.fixture(scope="module")
def found(url: str) -> Surveyed:
    return look(url, TABLES)


def look(url: str, tables: TableSet) -> Surveyed:
    return ENGINES["postgresql"].survey(url, tables, timezone="Asia/Tokyo", time_limit=60)


def members(url: str, found: Surveyed, *conditions: dict[str, Any]) -> list[str]:
    data = {"version": 1, "match": "all", "conditions": list(conditions)}
    query = compile_ordered_members(
        parse_definition(data),
        catalog=found.catalog,
        layout=warehouse_layout(found.events, found.users),
        as_of=AS_OF,
        references={},
        dialect="postgresql",
    )
    with PostgreSQL(url, time_limit=60) as warehouse:
        return [user for (user,) in warehouse.rows(to_sql(query, "postgresql"))]


def where(name: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    node = {"property": name, "op": op, **more} | ({} if value is None else {"value": value})
    return {"type": "performed", "event": "*", "where": [node]}


def test_it_reads_events_with_their_counts_and_times(found: Surveyed) -> None:
    events = [(each.name, each.count, each.first_at) for each in found.catalog.events]
    assert events == [("Buy", 2, "2026-01-01T00:00:00Z"), ("Look", 1, "2026-01-03T00:00:00Z")]
    assert (found.event_count, found.user_count) == (5, 6)
    assert found.first_event_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.last_event_at == datetime(2026, 1, 4, tzinfo=UTC)
    assert found.catalog.timezone == "Asia/Tokyo"


def test_it_types_every_column(found: Surveyed) -> None:
    types = {each.name: each.type for each in found.catalog.event_properties}
    assert types == {
        'Weird "name".x': "string",
        "price": "number",
        "cents": "number",
        "rough": "number",
        "exact": "number",
        "small": "number",
        "paid": "boolean",
        "due": "time",
        "naive": "time",
        "cart": "json",
        "raw": "json",
        "tags": "json",
        "color": "string",
        "code": "string",
        "token": "string",
        "amount": "number",
        "id": "string",
        "stored_time": "string",
    }
    assert any("image" in note and "left out" in note for note in found.notes)


def test_it_lists_frequent_values_and_json_paths(found: Surveyed) -> None:
    known = {each.name: each for each in found.catalog.event_properties}
    assert known['Weird "name".x'].top_values == (("DE", 1), ("JP", 1))
    assert known["price"].top_values == (("20", 1), ("9.99", 1))
    assert known["paid"].top_values == (("false", 1), ("true", 1))
    assert known["cart"].json_paths == ("a.b", "a.when")
    assert known["raw"].json_paths == ("z.0",)
    assert known["tags"].json_paths == ("0",)
    assert (known["naive"].filled, known["due"].filled) == (1, 1)
    assert known["color"].has_all_values


def test_it_tells_of_rows_that_do_not_count(found: Surveyed) -> None:
    told = "\n".join(found.notes)
    assert "1 of 6 event rows have no user id" in told
    assert "2 of 6 user rows have no user id" in told
    assert "1 user rows repeat an id; the first of each counts" in told


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where('Weird "name".x', "=", "JP"), ["1"]),
        (where("price", "=", 9.99), ["1"]),
        (where("price", ">", 0), ["1", "2"]),
        (where("cents", "<=", 7), ["2"]),
        (where("rough", "=", 0.1), ["1"]),
        (where("rough", "not_exists"), ["2", "3"]),
        (where("exact", ">", 1), ["2"]),
        (where("paid", "=", True), ["1"]),
        (where("due", "exists"), ["1"]),
        (where("naive", "after", "2026-02-01T18:59:00"), ["1"]),
        (where("cart.a.b", "=", 1), ["1"]),
        (where("cart.a.when", "after", "2020-01-01"), []),
        (where("raw.z.0", "=", 1), ["1"]),
        (where("tags.1", "=", "y"), ["1"]),
        (where("color", "=", "red"), ["1"]),
        (where("code", "=", "ab"), ["1"]),
        (where("token", "ends_with", "abcd"), ["1"]),
        (where("amount", "between", [5, 7]), ["1", "2"]),
        (where("id", "=", "own id"), ["1"]),
        ({"type": "measure", "event": "*", "function": "avg", "property": "small",
          "op": "=", "value": 3}, ["1"]),
        ({"type": "property", "property": "plan", "op": "=", "value": "first"}, ["9"]),
        ({"type": "property", "property": "plan", "op": "=", "value": "second"}, []),
        ({"type": "performed", "event": "*", "negate": True}, ["10", "9", "é"]),
        ({"type": "list", "users": ["1", "é", "4"]}, ["1", "é"]),
    ],
)  # fmt: skip
def test_every_type_is_compared_as_it_is_meant(
    url: str, found: Surveyed, condition: dict[str, Any], expected: list[str]
) -> None:
    assert members(url, found, condition) == expected


def test_without_a_users_table_the_events_are_the_population(url: str) -> None:
    found = look(url, replace(TABLES, users=None, users_id=None))
    assert found.users is None
    assert found.catalog.user_properties == ()
    never = {"type": "performed", "event": "Buy", "negate": True}
    assert members(url, found, never) == ["3"]


def test_a_key_needs_no_choice_among_rows(url: str) -> None:
    run(url, "CREATE TABLE sales.keyed (key uuid PRIMARY KEY, plan text)")
    found = look(url, replace(TABLES, users="sales.keyed"))
    assert found.users is not None
    assert found.users.first_by == ()


def test_rows_of_a_view_are_ordered_by_their_values(url: str) -> None:
    found = look(url, replace(TABLES, users="sales.people_view"))
    assert found.users is not None
    assert found.users.first_by == ("key", "plan")
    second = {"type": "property", "property": "plan", "op": "=", "value": "second"}
    assert members(url, found, second) == []


def test_it_reads_a_partitioned_table_of_naive_times(url: str) -> None:
    run(
        url,
        "CREATE TABLE sales.parts (who text, what text, at timestamp) PARTITION BY RANGE (at)",
        "CREATE TABLE sales.parts_1 PARTITION OF sales.parts FOR VALUES FROM ('2026-01-01') "
        "TO ('2026-02-01')",
        "CREATE TABLE sales.parts_2 PARTITION OF sales.parts FOR VALUES FROM ('2026-02-01') "
        "TO ('2026-03-01')",
        "INSERT INTO sales.parts VALUES ('a', 'X', '2026-01-31 23:59'), ('b', 'X', '2026-02-01')",
    )
    found = look(url, TableSet("sales.parts", "who", "what", "at"))
    recent = {"type": "performed", "event": "X", "window": {"from": "2026-02-01T09:00:00"}}
    assert members(url, found, recent) == ["b"]


def test_windows_reach_the_index_by_the_stored_time(url: str) -> None:
    found = look(url, TABLES)
    condition = {"type": "performed", "event": "Buy", "window": {"last": 7, "unit": "day"}}
    query = compile_ordered_members(
        parse_definition({"version": 1, "match": "all", "conditions": [condition]}),
        catalog=found.catalog,
        layout=warehouse_layout(found.events, found.users),
        as_of=AS_OF,
        references={},
        dialect="postgresql",
    )
    run(url, 'CREATE INDEX IF NOT EXISTS by_time ON sales."Events" (at)')
    with PostgreSQL(url, time_limit=60) as warehouse:
        warehouse.rows("SELECT set_config('enable_seqscan', 'off', true)")
        plan = "\n".join(row[0] for row in warehouse.rows(f"EXPLAIN {to_sql(query, 'postgresql')}"))
    assert re.search(r"Index Cond: .*at >= '2026-05-25 00:00:00\+00'", plan), plan


def test_a_large_table_is_sampled_and_says_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run(
        url,
        "CREATE TABLE sales.large (who int, what text, at timestamptz, plan text)",
        "INSERT INTO sales.large SELECT n % 500, 'Look', '2026-01-01', 'p' || n % 3 "
        "FROM generate_series(1, 50000) n",
    )
    monkeypatch.setattr(table_profile, "_LARGE", 20_000)
    monkeypatch.setattr(table_profile, "_SAMPLE", 10_000)
    found = look(url, TableSet("sales.large", "who", "what", "at"))
    (plan,) = found.catalog.event_properties
    assert found.catalog.events[0].count == 50_000
    assert sorted(value for value, _count in plan.top_values) == ["p0", "p1", "p2"]
    assert 25_000 < sum(count for _value, count in plan.top_values) < 100_000
    assert not plan.has_all_values
    assert any("sample of about 10,000 rows" in note for note in found.notes)


def test_without_enough_time_the_notes_say_what_is_missing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_profile, "_BUDGET", -1.0)
    found = look(url, TABLES)
    assert any("no values were counted in time for: Weird" in note for note in found.notes)
    assert [isinstance(each, Property) for each in found.catalog.event_properties]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"events": "sales.Evnts"}, "--events-table: there is no table “sales.Evnts”.*Events"),
        ({"events": "a.b.c.d"}, "Give it as schema.table"),
        ({"users": "people"}, "several schemas"),
        ({"user_id": "usr"}, "--user-id: sales.Events has no column “usr”. It has “user”"),
        ({"time": "naiv"}, "--time.*“naive”"),
        ({"users_id": "kee"}, "--users-id: sales.people has no column “kee”. It has “key”"),
        ({"time": "price"}, r"--time.*type numeric\(10,2\).*view"),
        ({"user_id": "rough"}, "--user-id.*type real.*must be text"),
        ({"event": "cart"}, "--event.*type jsonb"),
        ({"events": "sales.odd", "user_id": "payload", "event": "kind", "time": "who"},
         "--user-id.*type bytea"),
    ],
)  # fmt: skip
def test_what_a_person_mistyped_is_told(url: str, given: dict[str, str], words: str) -> None:
    with pytest.raises(LoadError, match=words):
        look(url, replace(TABLES, **given))


def test_a_table_that_may_not_be_read_is_told(url: str) -> None:
    reader = f"warehouse_reader_{os.getpid()}"
    run(url, f"CREATE ROLE {reader} LOGIN PASSWORD 'hush'")
    own = as_user(url, reader, "hush")
    try:
        with pytest.raises(LoadError, match=r"may not read sales\.Events.*GRANT"):
            look(own, TABLES)
        run(
            url,
            f"GRANT USAGE ON SCHEMA sales TO {reader}",
            f'GRANT SELECT ("user", what, at) ON sales."Events" TO {reader}',
        )
        found = look(own, replace(TABLES, users=None, users_id=None))
        assert found.catalog.event_properties == ()
    finally:
        run(url, f"DROP OWNED BY {reader}", f"DROP ROLE {reader}")
