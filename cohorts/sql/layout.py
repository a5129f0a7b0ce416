"""Where the compiler finds a dataset's rows, and what their columns are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class StoredColumn:
    """A column of a warehouse's own table. `kind` says how it is stored, in the words of the
    engine's dialect, which reads it by that."""

    name: str
    kind: str


@dataclass(frozen=True)
class Source:
    """A table of a warehouse, read as one of the tables that the compiler knows.

    `table` is its name in parts, schema first. `columns` is keyed by the compiler's names.
    Where an id may stand in several rows, `first_by` orders them: the first counts.
    """

    table: tuple[str, ...]
    columns: Mapping[str, StoredColumn]
    first_by: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        columns = {alias: [column.name, column.kind] for alias, column in self.columns.items()}
        return {"table": list(self.table), "columns": columns, "first_by": list(self.first_by)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Source:
        return cls(
            table=tuple(data["table"]),
            columns={alias: StoredColumn(*held) for alias, held in data["columns"].items()},
            first_by=tuple(data.get("first_by", ())),
        )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`key` joins the two tables; `id` is the user id as stored.

    Where `listed` and `first_event` are given, the users table holds a row for every id of
    either table, so that the population is read from it alone. Without them a user may stand
    in one table only, and the population is made of both. Where `last_event_at` is known, no
    event is later: everyone in such a users table is then of the population afterwards. Where
    `user_count` is known, the keys are the whole numbers below it.

    `sources` says how the tables named here are read from tables of another shape. With
    `stored_time` windows are compared with that column, which holds the time as it is stored,
    because a warehouse may have an index or partitions by it; `stored_time_kind` is its kind.
    """

    events: str = "events"
    users: str | None = "users"
    event_key: str = "uid"
    user_key: str = "uid"
    id: str = "id"
    event: str = "event"
    time: str = "time"
    listed: str | None = "listed"
    first_event: str | None = "first_event_at"
    last_event_at: datetime | None = None
    user_count: int | None = None
    stored_time: str | None = None
    stored_time_kind: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def users_are_complete(self) -> bool:
        return self.users is not None and self.first_event is not None


DUCKDB_FILE = Layout()
SAMPLE_SCHEMA = "sample"


def sampled(layout: Layout) -> Layout:
    """The tables of the product's own file that hold some of its users, `Catalog.sample_of`."""
    events, users = f"{SAMPLE_SCHEMA}.events", f"{SAMPLE_SCHEMA}.users"
    return replace(layout, events=events, users=users, user_count=None)


# No property of a warehouse is read under a name that begins so.
STORED_TIME = "_stored_time"


def warehouse_layout(events: Source, users: Source | None) -> Layout:
    """Of tables that are read as `id`, `event`, `time` and the properties."""
    sources = {"events": events} | ({"users": users} if users else {})
    stored = events.columns.get(STORED_TIME)
    return Layout(
        users="users" if users else None,
        event_key="id",
        user_key="id",
        listed=None,
        first_event=None,
        stored_time=STORED_TIME if stored else None,
        stored_time_kind=stored.kind if stored else "",
        sources=sources,
    )
