"""Puts the rows of a world into an engine's tables and asks there for members.

In the `warehouse` shape the tables are as users have them: no row numbers, everything may be
NULL, rows without an id or a time, an id twice in the users table. In the `file` shape they are
as the product makes them.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal, TypeVar

from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.check import Reference
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import (
    compile_condition_counts,
    compile_count,
    compile_ordered_members,
    compile_sample,
    to_sql,
)
from cohorts.sql.layout import (
    DUCKDB_FILE,
    STORED_TIME,
    Layout,
    Source,
    StoredColumn,
    warehouse_layout,
)
from tests.cohorts.sql.naive import World

T = TypeVar("T")
# The long form of these tests takes many times as long.
EVERY_CASE = bool(os.environ.get("EVERY_CASE"))
Shape = Literal["file", "warehouse"]
Columns = dict[str, str]
SHAPES: tuple[Shape, ...] = ("file", "warehouse")
KINDS = {"string": "text", "json": "json", "time": "time"}


class Engine(ABC):
    """`kind` is a property type, or `key` or `whole` for whole numbers."""

    dialect: str
    # Where a user's tables lie.
    schema: tuple[str, ...] = ()
    # By how much fewer cases it is asked than others: every query takes it so much longer.
    slowness = 1

    @abstractmethod
    def fill(self, table: tuple[str, ...], columns: Columns, rows: list[tuple]) -> None:
        """Makes the table anew."""

    @abstractmethod
    def ask(self, sql: str) -> Iterator[Any]:
        """The batches of the product's own connection."""

    def query(self, sql: str) -> tuple[list[str], list[tuple]]:
        """The names of the columns and the rows. Without rows there may be no names."""
        names: list[str] = []
        rows: list[tuple] = []
        for batch in self.ask(sql):
            names = batch.schema.names
            rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
        return names, rows

    def some(self, items: Sequence[T], most: int) -> Sequence[T]:
        """The cases of a test that are worth their time."""
        most = max(1, most // self.slowness)
        if EVERY_CASE or len(items) <= most:
            return items
        return Random(most).sample(items, most)


class Store:
    """`whole` names number properties whose column holds whole numbers only."""

    def __init__(
        self, engine: Engine, world: World, shape: Shape, whole: Iterable[str] = ()
    ) -> None:
        self.engine = engine
        self.world = world
        self.whole = set(whole)
        self.catalog = Catalog(
            timezone=world.zone,
            event_properties=_properties(world.event_types),
            user_properties=_properties(world.user_types),
        )
        self.layout = self._fill_file() if shape == "file" else self._fill_warehouse()

    def members(self, data: dict[str, Any], as_of: datetime) -> list[str]:
        return [user for (user,) in self._run(compile_ordered_members, data, as_of)[1]]

    def count(self, data: dict[str, Any], as_of: datetime) -> int:
        ((count,),) = self._run(compile_count, data, as_of)[1]
        return int(count)

    def condition_counts(self, data: dict[str, Any], as_of: datetime) -> dict[str, int]:
        names, (row,) = self._run(compile_condition_counts, data, as_of)
        return dict(zip(names, row, strict=True))

    def sample(self, data: dict[str, Any], as_of: datetime) -> tuple[list[str], list[tuple]]:
        return self._run(compile_sample, data, as_of)

    def _run(
        self, compile_query: Any, data: dict[str, Any], as_of: datetime
    ) -> tuple[list[str], list[tuple]]:
        query = compile_query(
            parse_definition(data),
            catalog=self.catalog,
            layout=self.layout,
            as_of=as_of,
            references={
                slug: Reference(None, tuple(held), slug)
                if isinstance(held, list)
                else Reference(parse_definition(held), None, slug)
                for slug, held in self.world.cohorts.items()
            },
            dialect=self.engine.dialect,
        )
        return self.engine.query(to_sql(query, self.engine.dialect))

    def _fill_file(self) -> Layout:
        world = self.world
        ids = sorted(set(world.users) | {row.user for row in world.rows})
        uids = {user: uid for uid, user in enumerate(ids)}
        users = [
            (uids[user], user, user in world.users, self._first(user), *held)
            for user in ids
            for held in [self._values(world.user_types, world.users.get(user, {}))]
        ]
        fixed = {"uid": "key", "id": "string", "listed": "boolean", "first_event_at": "time"}
        self.engine.fill(("users",), fixed | self._columns(world.user_types), users)
        events = [
            (uids[row.user], row.event, row.time, *self._values(world.event_types, row.properties))
            for row in world.rows
        ]
        fixed = {"uid": "key", "event": "string", "time": "time"}
        self.engine.fill(("events",), fixed | self._columns(world.event_types), events)
        return DUCKDB_FILE

    def _first(self, user: str) -> datetime | None:
        return min((row.time for row in self.world.rows if row.user == user), default=None)

    def _fill_warehouse(self) -> Layout:
        world = self.world
        no_users: tuple = tuple(None for _ in world.user_types)
        users = [
            row
            for user, held in world.users.items()
            for row in ((user, 1, *self._values(world.user_types, held)), (user, 2, *no_users))
        ]
        users += [("", 1, *no_users), (None, 1, *no_users)]
        fixed = {"customer": "string", "row": "whole"}
        user_columns = fixed | self._columns(world.user_types)
        self.engine.fill(self._name("shop_users"), user_columns, users)
        no_events: tuple = tuple(None for _ in world.event_types)
        somewhen = datetime(2024, 1, 1, tzinfo=UTC)
        events = [
            (row.user, row.event, row.time, *self._values(world.event_types, row.properties))
            for row in world.rows
        ]
        events += [("", "A", somewhen, *no_events), (None, "A", somewhen, *no_events)]
        events += [("ann", "A", None, *no_events), ("nobody", "A", None, *no_events)]
        fixed = {"customer": "string", "what": "string", "at": "time"}
        self.engine.fill(
            self._name("shop_events"), fixed | self._columns(world.event_types), events
        )
        return warehouse_layout(self._events_source(), self._users_source())

    def _events_source(self) -> Source:
        columns = {
            "id": StoredColumn("customer", "text"),
            "event": StoredColumn("what", "text"),
            "time": StoredColumn("at", "time"),
            STORED_TIME: StoredColumn("at", "stored"),
        }
        return Source(self._name("shop_events"), columns | _stored(self.world.event_types))

    def _users_source(self) -> Source:
        columns = {"id": StoredColumn("customer", "text")} | _stored(self.world.user_types)
        return Source(self._name("shop_users"), columns, first_by=("row",))

    def _name(self, table: str) -> tuple[str, ...]:
        return (*self.engine.schema, table)

    def _columns(self, types: dict[str, str]) -> Columns:
        return {name: "whole" if name in self.whole else kind for name, kind in types.items()}

    def _values(self, types: dict[str, str], properties: dict[str, Any]) -> tuple:
        held = ((name, properties.get(name)) for name in types)
        return tuple(
            int(value) if name in self.whole and value is not None else value
            for name, value in held
        )


def _properties(types: dict[str, str]) -> tuple[Property, ...]:
    return tuple(Property(name, name, kind) for name, kind in types.items())  # type: ignore[arg-type]


def _stored(types: dict[str, str]) -> dict[str, StoredColumn]:
    return {name: StoredColumn(name, KINDS.get(kind, kind)) for name, kind in types.items()}
