"""The same cases on every engine, from the look at a user's tables to the last batch of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.check import Reference, check_definition
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_count, compile_ordered_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE, Layout, warehouse_layout
from cohorts.warehouse import table_profile
from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.engines import ENGINES
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.tables import TableSet
from tests.cohorts.sql.naive import World, evaluate
from tests.cohorts.sql.strategies import AS_OFS, WHOLE, definitions, worlds
from tests.cohorts.sql.tables import Tables
from tests.cohorts.warehouse.postgresql_world import PostgreSQLTables, warehouse_database
from tests.engines.clickhouse_engine import TYPES as CLICKHOUSE_TYPES
from tests.engines.clickhouse_engine import ClickHouseEngine
from tests.engines.spark_engine import SparkEngine
from tests.engines.stores import EVERY_CASE
from tests.engines.test_members import with_whole_elements
from tests.golden.reading import AS_OF as GOLDEN_AS_OF
from tests.golden.reading import list_cases, read_world

pytestmark = pytest.mark.engines
NAMES = ("duckdb", "postgresql", "clickhouse", "spark")
TABLES = TableSet("shop.events", "user_id", "event", "at", "shop.users", "user_id")
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


class Asked:
    """A world as a dataset of the product's, and a connection to it."""

    def __init__(
        self, dialect: str, world: World, catalog: Catalog, layout: Layout, warehouse: Warehouse
    ) -> None:
        self.world = world
        self.warehouse = warehouse
        self.dialect = dialect
        self.given: dict[str, Any] = {"catalog": catalog, "layout": layout, "dialect": dialect}

    def members(self, data: dict[str, Any], as_of: datetime) -> list[str]:
        sql = self._write(compile_ordered_members, data, as_of)
        return [
            user
            for batch in self.warehouse.batches(sql, rows=3)
            for user in batch.column("id").to_pylist()
        ]

    def count(self, data: dict[str, Any], as_of: datetime) -> int:
        ((count,),) = self.warehouse.rows(self._write(compile_count, data, as_of))
        return int(count)

    def _write(self, compile_query: Any, data: dict[str, Any], as_of: datetime) -> str:
        definition = parse_definition(data)
        references = {
            slug: Reference(None, tuple(held), slug)
            if isinstance(held, list)
            else Reference(parse_definition(held), None, slug)
            for slug, held in self.world.cohorts.items()
        }
        checked = check_definition(definition, catalog=self.given["catalog"], cohorts=references)
        assert not checked.errors, checked.errors
        given = self.given | {"as_of": as_of, "references": references}
        return to_sql(compile_query(definition, **given), self.given["dialect"])


Open: TypeAlias = Callable[[World, list[str]], AbstractContextManager[Asked]]


@contextmanager
def open_duckdb(folder: Path, world: World, whole: list[str]) -> Iterator[Asked]:
    path = folder / "world.duckdb"
    path.unlink(missing_ok=True)
    tables = Tables(world, whole)
    tables.connection.execute(f"ATTACH '{path}' AS kept")
    for name in ("users", "events"):
        tables.connection.execute(f"CREATE TABLE kept.{name} AS FROM {name}")
    tables.connection.close()
    with DuckDBFile(path, time_limit=60) as warehouse:
        yield Asked("duckdb", world, tables.catalog, DUCKDB_FILE, warehouse)


@contextmanager
def open_postgresql(url: str, world: World, whole: list[str]) -> Iterator[Asked]:
    tables = PostgreSQLTables(url, world, whole)
    with ENGINES["postgresql"].connect(url, time_limit=60) as warehouse:
        yield Asked("postgresql", world, tables.found.catalog, tables.layout, warehouse)


@contextmanager
def open_clickhouse(engine: ClickHouseEngine, world: World, whole: list[str]) -> Iterator[Asked]:
    for name, columns, rows in stored_tables(world, whole):
        types = {column: CLICKHOUSE_TYPES[kind] for column, kind in columns.items()}
        engine.administrator.fill(f"shop.{name}", types, rows)
    with surveyed("clickhouse", engine.url, world) as asked:
        yield asked


@contextmanager
def open_spark(engine: SparkEngine, world: World, whole: list[str]) -> Iterator[Asked]:
    engine.run("CREATE SCHEMA IF NOT EXISTS shop")
    for name, columns, rows in stored_tables(world, whole):
        engine.store(f"shop.{name}", columns, rows)
    with surveyed("spark", engine.url, world) as asked:
        yield asked


def stored_tables(world: World, whole: list[str]) -> list[tuple[str, dict[str, str], list[tuple]]]:
    """As users have them, whatever the engine."""

    def columns(types: dict[str, str]) -> dict[str, str]:
        return {name: "whole" if name in whole else kind for name, kind in types.items()}

    def values(types: dict[str, str], held: dict[str, Any]) -> tuple:
        found = ((name, held.get(name)) for name in types)
        return tuple(
            int(each) if name in whole and each is not None else each for name, each in found
        )

    users = [(user, *values(world.user_types, held)) for user, held in world.users.items()]
    events = [
        (row.user, row.event, row.time, *values(world.event_types, row.properties))
        for row in world.rows
    ]
    keys = {"user_id": "string"}
    return [
        ("users", keys | columns(world.user_types), users),
        ("events", keys | {"event": "string", "at": "time"} | columns(world.event_types), events),
    ]


@contextmanager
def surveyed(dialect: str, url: str, world: World) -> Iterator[Asked]:
    engine = ENGINES[dialect]
    found = engine.survey(url, TABLES, timezone=world.zone, time_limit=60)
    catalog = replace(
        found.catalog,
        event_properties=as_meant(found.catalog.event_properties, world.event_types),
        user_properties=as_meant(found.catalog.user_properties, world.user_types),
    )
    layout = warehouse_layout(found.events, found.users)
    with engine.connect(url, time_limit=60) as warehouse:
        yield Asked(dialect, world, catalog, layout, warehouse)


def as_meant(found: tuple[Property, ...], types: dict[str, str]) -> tuple[Property, ...]:
    """A column of texts is known to hold JSON by its values: here there may be none."""
    assert {each.name for each in found} == set(types)
    for each in found:
        meant = types[each.name]
        assert each.type == meant or (meant == "json" and not each.filled), each
    return tuple(replace(each, type=types[each.name]) for each in found)  # type: ignore[arg-type]


@pytest.fixture(params=NAMES)
def open_world(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    name: str = request.param
    if name == "duckdb":
        return partial(open_duckdb, tmp_path)
    if name == "postgresql":
        return partial(open_postgresql, request.getfixturevalue("every_engine_postgresql"))
    open_it = {"clickhouse": open_clickhouse, "spark": open_spark}[name]
    return partial(open_it, request.getfixturevalue(name))


@pytest.fixture(scope="module")
def every_engine_postgresql(postgres_url: str) -> Iterator[str]:
    with warehouse_database(postgres_url, "every_engine") as url:
        yield url


@pytest.fixture(autouse=True)
def _no_values_to_choose_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of a survey's time."""
    monkeypatch.setattr(table_profile, "_BUDGET", -1.0)


def test_every_kept_case_has_the_same_members(open_world: Open) -> None:
    with open_world(read_world(), ["age"]) as asked:
        # Every query takes Spark many times as long as the others.
        counted = 7 if asked.dialect == "spark" and not EVERY_CASE else 1
        for number, case in enumerate(list_cases()):
            assert asked.members(case.definition, GOLDEN_AS_OF) == case.members, case.name
            if number % counted == 0:
                assert asked.count(case.definition, GOLDEN_AS_OF) == len(case.members), case.name


@settings(relaxed, max_examples=20 if EVERY_CASE else 3)
@given(st.data())
def test_random_worlds_have_the_same_members(open_world: Open, data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = with_whole_elements(data.draw(worlds(as_of), label="world"))
    with open_world(world, list(WHOLE)) as asked:
        most = 2 if asked.dialect == "spark" and not EVERY_CASE else 4
        for definition in data.draw(
            st.lists(definitions(), min_size=most, max_size=most), label="definitions"
        ):
            hypothesis.note(str(definition))
            expected = sorted(evaluate(world, definition, as_of))
            assert asked.members(definition, as_of) == expected
            assert asked.count(definition, as_of) == len(expected)
