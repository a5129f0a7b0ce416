"""The same definitions, compiled for PostgreSQL and run there, give the same members."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg
import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_ordered_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.naive import World, evaluate
from tests.cohorts.sql.tables import SQL_TYPES, Tables
from tests.cohorts.sql.test_compile import AS_OF, HOSTILE, performed, text_world, whole
from tests.cohorts.sql.test_crowds import AS_OF as CROWD_AS_OF
from tests.cohorts.sql.test_crowds import PICKS, STEPS, crowd, pick_window
from tests.golden.reading import AS_OF as GOLDEN_AS_OF
from tests.golden.reading import Case, list_cases, read_world, references

CASES = list_cases()


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def members(
    connection: psycopg.Connection[Any], tables: Tables, data: dict[str, Any], **given: Any
) -> list[str]:
    expression = compile_ordered_members(
        parse_definition(data),
        catalog=tables.catalog,
        layout=DUCKDB_FILE,
        dialect="postgresql",
        **({"references": {}} | given),
    )
    sql = to_sql(expression, "postgresql")
    with connection.cursor() as cursor:
        return [user for (user,) in cursor.execute(sql.encode()).fetchall()]


def copy(connection: psycopg.Connection[Any], world: World, whole: list[str]) -> Tables:
    """The tables that DuckDB has, as temporary tables."""
    tables = Tables(world, whole)
    for table in ("users", "events"):
        rows = tables.connection.execute(f"SELECT * FROM {table}")
        columns = [(name[0], _type_of(world, name[0], whole)) for name in rows.description or ()]
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns)
        connection.execute(f"DROP TABLE IF EXISTS {table}".encode())
        connection.execute(f"CREATE TEMP TABLE {table} ({declared})".encode())
        marks = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})".encode(), rows.fetchall())
    return tables


def _type_of(world: World, name: str, whole: list[str]) -> str:
    fixed = {"uid": "INTEGER", "id": "TEXT", "listed": "BOOLEAN", "event": "TEXT"}
    fixed |= {"first_event_at": "TIMESTAMP", "time": "TIMESTAMP"}
    if name in fixed:
        return fixed[name]
    kind = "whole" if name in whole else (world.event_types | world.user_types)[name]
    return SQL_TYPES[kind].replace("DOUBLE", "DOUBLE PRECISION")


def test_every_kept_case_has_the_same_members(connection: psycopg.Connection[Any]) -> None:
    tables = copy(connection, read_world(), ["age"])
    for case in CASES:
        found = _golden_members(connection, tables, case)
        assert found == case.members, case.name


def _golden_members(connection: psycopg.Connection[Any], tables: Tables, case: Case) -> list[str]:
    given: dict[str, Any] = {"as_of": GOLDEN_AS_OF, "references": references()}
    return members(connection, tables, case.definition, **given)


@pytest.mark.parametrize("unit", ["hour", "month"])
@pytest.mark.parametrize("kind", sorted(PICKS))
def test_a_crowd_is_sorted_out_alike(
    kind: str, unit: str, connection: psycopg.Connection[Any]
) -> None:
    random = Random(f"PostgreSQL {kind} {unit}")
    world = crowd(random, STEPS[unit])
    tables = copy(connection, world, [])
    for _ in range(15):
        condition = PICKS[kind](random, unit)
        if condition["type"] != "lifecycle" and random.random() < 0.5:
            condition["window"] = pick_window(random, unit)
        definition = whole(condition)
        found = members(connection, tables, definition, as_of=CROWD_AS_OF)
        assert found == sorted(evaluate(world, definition, CROWD_AS_OF)), definition


@pytest.mark.parametrize("op", ["=", "!=", "contains", "not_contains", "starts_with", "ends_with"])
def test_hostile_texts_stay_texts(op: str, connection: psycopg.Connection[Any]) -> None:
    world = text_world()
    tables = copy(connection, world, [])
    for text in HOSTILE:
        definition = whole(performed("*", where=[{"property": "text", "op": op, "value": text}]))
        found = members(connection, tables, definition, as_of=AS_OF)
        assert found == sorted(evaluate(world, definition, AS_OF)), text
