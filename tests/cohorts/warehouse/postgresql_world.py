"""Rows of a world in real tables of a PostgreSQL database, read as any other warehouse."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from cohorts.definitions.check import Reference, check_definition
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_count, compile_ordered_members, to_sql
from cohorts.sql.layout import Layout, warehouse_layout
from cohorts.warehouse.engines import ENGINES
from cohorts.warehouse.postgresql import PostgreSQL
from cohorts.warehouse.tables import Surveyed, TableSet
from tests.cohorts.sql.naive import World

TYPES = {
    "string": "text",
    "number": "double precision",
    "whole": "integer",
    "boolean": "boolean",
    "time": "timestamptz",
    "json": "jsonb",
}
TABLES = TableSet(
    events="shop.events", users="shop.users", user_id="user_id", event="event", time="at"
)


@contextmanager
def warehouse_database(server_url: str, name: str) -> Iterator[str]:
    """The URL of a database of its own, which knows the letters of all languages."""
    name = f"{name}_{os.getpid()}"
    identifier = sql.Identifier(name)
    create = sql.SQL(
        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    )
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(drop.format(identifier))
        connection.execute(create.format(identifier))
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(drop.format(identifier))


def as_user(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


class PostgreSQLTables:
    """The tables `shop.events` and `shop.users`, and how the product reads them."""

    def __init__(self, url: str, world: World, whole: Iterable[str] = ()) -> None:
        self.url = url
        self.world = world
        self.whole = set(whole)
        self._create()
        self.found: Surveyed = ENGINES["postgresql"].survey(
            url, TABLES, timezone=world.zone, time_limit=60
        )

    @property
    def layout(self) -> Layout:
        return warehouse_layout(self.found.events, self.found.users)

    def members(self, data: dict[str, Any], as_of: datetime) -> list[str]:
        given = self._given(as_of)
        query = compile_ordered_members(self._checked(data), **given)
        counting = compile_count(self._checked(data), **given)
        with PostgreSQL(self.url, time_limit=60) as warehouse:
            found = [
                user
                for batch in warehouse.batches(to_sql(query, "postgresql"), rows=3)
                for user in batch.column("id").to_pylist()
            ]
            ((count,),) = warehouse.rows(to_sql(counting, "postgresql"))
        assert count == len(found)
        return found

    def _given(self, as_of: datetime) -> dict[str, Any]:
        return {
            "catalog": self.found.catalog,
            "layout": self.layout,
            "as_of": as_of,
            "references": self._references(),
            "dialect": "postgresql",
        }

    def _checked(self, data: dict[str, Any]) -> Any:
        definition = parse_definition(data)
        references = self._references()
        checked = check_definition(definition, catalog=self.found.catalog, cohorts=references)
        assert not checked.errors, checked.errors
        return definition

    def _references(self) -> dict[str, Reference]:
        return {
            slug: Reference(None, tuple(held), slug)
            if isinstance(held, list)
            else Reference(parse_definition(held), None, slug)
            for slug, held in self.world.cohorts.items()
        }

    def _create(self) -> None:
        world = self.world
        users = [(user, *_values(world.user_types, held)) for user, held in world.users.items()]
        events = [
            (row.user, row.event, row.time, *_values(world.event_types, row.properties))
            for row in world.rows
        ]
        with psycopg.connect(self.url) as connection:
            connection.execute("DROP SCHEMA IF EXISTS shop CASCADE")
            connection.execute("CREATE SCHEMA shop")
            keys = {"user_id": "text"}
            self._fill(connection, "users", keys, world.user_types, users)
            keys |= {"event": "text", "at": "timestamptz"}
            self._fill(connection, "events", keys, world.event_types, events)

    def _fill(
        self,
        connection: psycopg.Connection[Any],
        table: str,
        keys: dict[str, str],
        types: dict[str, str],
        rows: list[tuple],
    ) -> None:
        columns = keys | {
            name: TYPES["whole" if name in self.whole else kind] for name, kind in types.items()
        }
        declared = sql.SQL(", ").join(
            sql.Identifier(name) + sql.SQL(f" {kind}")  # type: ignore[arg-type]
            for name, kind in columns.items()
        )
        target = sql.Identifier("shop", table)
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(target, declared))
        marks = sql.SQL(", ").join(sql.Placeholder() * len(columns))
        insert = sql.SQL("INSERT INTO {} VALUES ({})").format(target, marks)
        with connection.cursor() as cursor:
            cursor.executemany(insert, rows)


def _values(types: dict[str, str], properties: dict[str, Any]) -> tuple:
    return tuple(properties.get(name) for name in types)
