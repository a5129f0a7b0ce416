"""Puts rows into DuckDB tables of the product's layout, and asks them for members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb

from cohorts.definitions.catalog import Catalog, Event, Property
from cohorts.definitions.check import Reference, check_definition
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import (
    compile_condition_counts,
    compile_count,
    compile_ordered_members,
    compile_sample,
    to_sql,
)
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.naive import World

SQL_TYPES = {
    "string": "VARCHAR",
    "number": "DOUBLE",
    "whole": "BIGINT",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
    "json": "VARCHAR",
}


class Tables:
    """`whole` names number properties whose column holds whole numbers only."""

    def __init__(self, world: World, whole: Iterable[str] = ()) -> None:
        self.world = world
        self.whole = set(whole)
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.catalog = Catalog(
            timezone=world.zone,
            events=_events(world),
            event_properties=_properties(world.event_types, decimals=_find_decimals(world)),
            user_properties=_properties(world.user_types),
        )
        self._create()

    def forget_pairs(self) -> None:
        """As of a dataset that was loaded before they were counted."""
        events = tuple(replace(event, pairs=None) for event in self.catalog.events)
        self.catalog = replace(self.catalog, events=events)

    def members(self, data: dict[str, Any], as_of: datetime) -> list[str]:
        sql = to_sql(compile_ordered_members(*self._checked(data), **self._given(as_of)))
        return [user for (user,) in self.connection.execute(sql).fetchall()]

    def count(self, data: dict[str, Any], as_of: datetime) -> int:
        sql = to_sql(compile_count(*self._checked(data), **self._given(as_of)))
        ((count,),) = self.connection.execute(sql).fetchall()
        return count

    def condition_counts(self, data: dict[str, Any], as_of: datetime) -> dict[str, int]:
        sql = to_sql(compile_condition_counts(*self._checked(data), **self._given(as_of)))
        (row,) = self.connection.execute(sql).fetchall()
        return dict(zip(self._names(), row, strict=True))

    def sample(
        self, data: dict[str, Any], as_of: datetime, limit: int = 100
    ) -> tuple[list[str], list[tuple]]:
        given = self._given(as_of)
        sql = to_sql(compile_sample(*self._checked(data), limit=limit, **given))
        rows = self.connection.execute(sql).fetchall()
        return self._names(), rows

    def _names(self) -> list[str]:
        return [column[0] for column in self.connection.description or ()]

    def _checked(self, data: dict[str, Any]) -> list[Any]:
        definition = parse_definition(data)
        checked = check_definition(definition, catalog=self.catalog, cohorts=self.references())
        assert not checked.errors, checked.errors
        return [definition]

    def _given(self, as_of: datetime) -> dict[str, Any]:
        return {
            "catalog": self.catalog,
            "layout": replace(DUCKDB_FILE, user_count=self.user_count),
            "as_of": as_of,
            "references": self.references(),
        }

    def references(self) -> dict[str, Reference]:
        return {
            slug: Reference(None, tuple(held), slug)
            if isinstance(held, list)
            else Reference(parse_definition(held), None, slug)
            for slug, held in self.world.cohorts.items()
        }

    def _create(self) -> None:
        world = self.world
        ids = sorted(set(world.users) | {row.user for row in world.rows})
        uids = {user: uid for uid, user in enumerate(ids)}
        self.user_count = len(ids)
        first = {
            user: min((row.time for row in world.rows if row.user == user), default=None)
            for user in ids
        }
        user_rows = [
            (uids[user], user, user in world.users, _naive(first[user]), *held)
            for user in ids
            for held in [_values(world.user_types, world.users.get(user, {}))]
        ]
        event_rows = [
            (uids[row.user], row.event, _naive(row.time), *held)
            for row in world.rows
            for held in [_values(world.event_types, row.properties)]
        ]
        users = "uid INTEGER, id VARCHAR, listed BOOLEAN, first_event_at TIMESTAMP"
        self._fill("users", users, world.user_types, user_rows)
        events = "uid INTEGER, event VARCHAR, time TIMESTAMP"
        self._fill("events", events, world.event_types, event_rows)

    def _fill(self, table: str, columns: str, types: dict[str, str], rows: list[tuple]) -> None:
        for name, kind in types.items():
            kind = "whole" if name in self.whole else kind
            quoted = name.replace('"', '""')
            columns += f', "{quoted}" {SQL_TYPES[kind]}'
        self.connection.execute(f"CREATE TABLE {table} ({columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def _events(world: World) -> tuple[Event, ...]:
    """With what a load finds out, so that funnels may be joined by hash."""
    did = Counter((row.event, row.user) for row in world.rows if row.event is not None)
    names = {event for event, _user in did}
    counts = {name: [n for (event, _), n in did.items() if event == name] for name in names}
    return tuple(
        Event(name, sum(each), _first_at(world, name), pairs=sum(n * n for n in each))
        for name, each in counts.items()
    )


def _first_at(world: World, event: str) -> str:
    first = min(row.time for row in world.rows if row.event == event)
    return first.astimezone(UTC).isoformat(timespec="seconds")


def _find_decimals(world: World) -> dict[str, int]:
    """As a load does, though by the spelling of the values."""
    found = {}
    for name in (name for name, kind in world.event_types.items() if kind == "number"):
        values = [row.properties.get(name) for row in world.rows]
        numbers = [Decimal(str(value)) for value in values if value is not None]
        if not all(-(10**11) < number < 10**11 for number in numbers):
            continue
        places = max(
            (-int(number.normalize().as_tuple().exponent) for number in numbers), default=0
        )
        if places <= 4:
            found[name] = next(n for n in (0, 2, 4) if n >= places)
    return found


def _properties(
    types: dict[str, str], decimals: Mapping[str, int] | None = None
) -> tuple[Property, ...]:
    known = decimals or {}
    return tuple(
        Property(name, name, kind, decimals=known.get(name))  # type: ignore[arg-type]
        for name, kind in types.items()
    )


def _values(types: dict[str, str], properties: dict[str, Any]) -> tuple:
    return tuple(
        _naive(value) if isinstance(value, datetime) else value
        for value in (properties.get(name) for name in types)
    )


def _naive(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None)
