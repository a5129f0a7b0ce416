"""From files to one dataset file: stage, type, number the users, sort, profile, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from cohorts.definitions.catalog import Catalog, Property
from cohorts.sql.layout import SAMPLE_SCHEMA
from cohorts.warehouse.columns import physical_names
from cohorts.warehouse.errors import LoadError, WarehouseError
from cohorts.warehouse.folder import draft_path, publish
from cohorts.warehouse.infer import Typed, infer_types
from cohorts.warehouse.profile import profile_events, profile_properties
from cohorts.warehouse.staging import StagedTable, stage_events, stage_users

# An estimate from one of 64 users is right to a few percent where thousands are counted.
_SAMPLE_OF = 64
_LEAST_SAMPLED = 100_000


Phase = Literal["reading", "typing", "users", "events", "counting"]
Tell = Callable[[Phase], object]


@dataclass(frozen=True)
class FileSet:
    """The files of a dataset and the names of their columns, as a person gives them."""

    events: tuple[str, ...]
    user_id: str
    event: str
    time: str
    users: tuple[str, ...] = ()
    users_id: str | None = None


@dataclass(frozen=True)
class Loaded:
    """`file` is the new file's name in the folder; `notes` are lines for the person."""

    file: str
    catalog: Catalog
    event_count: int
    user_count: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    property: Property
    typed: Typed


def load_dataset(
    name: str,
    files: FileSet,
    *,
    folder: Path,
    timezone: str = "UTC",
    memory_limit: str = "2GB",
    threads: int = 2,
    tell: Tell | None = None,
) -> Loaded:
    """Write a new dataset file. Call it under `folder.load_lock`; nothing refers to it yet."""
    draft = draft_path(folder, ".duckdb")
    begin = tell or (lambda phase: None)
    try:
        begin("reading")
        with _workshop(folder, memory_limit, threads) as connection:
            events, users = _stage(connection, files)
            notes = _check_rows(connection, files, events, users)
            begin("typing")
            connection.execute(f"ATTACH '{_sql(draft)}' AS dataset")
            event_columns = _typed_columns(connection, events)
            user_columns = _typed_columns(connection, users) if users else []
            begin("users")
            _write_users(connection, users, user_columns)
            begin("events")
            _write_events(connection, event_columns)
            begin("counting")
            sample_of = _write_sample(connection)
            loaded = _profile(connection, timezone, event_columns, user_columns, notes, sample_of)
            connection.execute("DETACH dataset")
        return Loaded(publish(draft, name), *loaded)
    except duckdb.OutOfMemoryException:
        raise LoadError(
            f"The files need more than {memory_limit} of memory or the disk is full. "
            "Raise QUERY_MEMORY_LIMIT or free space in the data folder."
        ) from None
    except duckdb.IOException:
        raise WarehouseError(
            "source", "The data folder cannot be written. Is the disk full, or not yours to write?"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
        draft.with_name(draft.name + ".wal").unlink(missing_ok=True)


@contextmanager
def _workshop(folder: Path, memory_limit: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A staging database that is thrown away."""
    path = draft_path(folder, ".stage")
    connection = duckdb.connect(
        str(path),
        config={
            "memory_limit": memory_limit,
            "threads": str(threads),
            "temp_directory": str(path.with_name(path.name + ".spill")),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        # Times without an offset are UTC, whatever zone this machine is in.
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def _stage(
    connection: duckdb.DuckDBPyConnection, files: FileSet
) -> tuple[StagedTable, StagedTable | None]:
    events = stage_events(
        connection, files.events, user_id=files.user_id, event=files.event, time=files.time
    )
    if not files.users:
        return events, None
    users = stage_users(connection, files.users, users_id=files.users_id or files.user_id)
    return events, users


def _check_rows(
    connection: duckdb.DuckDBPyConnection,
    files: FileSet,
    events: StagedTable,
    users: StagedTable | None,
) -> tuple[str, ...]:
    """Notes on rows that are left out; refuses files of which no row can be used."""
    rows, nameless, timeless, example = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE id IS NULL), "
        "count(*) FILTER (WHERE id IS NOT NULL AND time IS NULL), min(time_text) FROM event_rows"
    ).fetchall()[0]
    if rows and nameless == rows:
        raise LoadError(f'{files.events[0]}: the user id column "{files.user_id}" is empty.')
    if rows and nameless + timeless == rows:
        raise LoadError(_no_time(files, example))
    notes = [*events.unnamed, *(users.unnamed if users else ())]
    if rows == 0:
        notes.append(f"{files.events[0]}: has no rows.")
    if nameless:
        notes.append(f"{nameless:,} of {rows:,} event rows have no user id and are ignored.")
    if timeless:
        shown = f", such as {example!r}," if example else ""
        notes.append(
            f"{timeless:,} of {rows:,} event rows have no readable time{shown} and are ignored."
        )
    if users:
        notes += _user_notes(connection)
    return tuple(notes)


def _no_time(files: FileSet, example: str | None) -> str:
    shown = f"; it holds values such as {example!r}" if example else "; it is empty"
    return (
        f'{files.events[0]}: no row has a readable time in "{files.time}"{shown}. '
        "Write times in ISO form, as in 2026-01-31T09:30:00Z."
    )


def _user_notes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows, nameless, different = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE id IS NULL), count(DISTINCT id) FROM user_rows"
    ).fetchall()[0]
    notes = []
    if nameless:
        notes.append(f"{nameless:,} of {rows:,} user rows have no user id and are ignored.")
    if rows - nameless > different:
        notes.append(
            f"{rows - nameless - different:,} user rows repeat an id; the first of each counts."
        )
    return notes


def _typed_columns(connection: duckdb.DuckDBPyConnection, staged: StagedTable) -> list[_Column]:
    types = infer_types(connection, staged.table, list(staged.properties.values()))
    names = list(staged.properties)
    return [
        _Column(Property(name=name, column=column, type=typed.type), typed)
        for name, column, typed in zip(names, physical_names(names), types, strict=True)
    ]


def _write_users(
    connection: duckdb.DuckDBPyConnection,
    users: StagedTable | None,
    columns: Sequence[_Column],
) -> None:
    """One row per id, numbered in the order of the ids' code points."""
    if users is None:
        connection.execute("CREATE TABLE user_rows (id VARCHAR)")
    connection.execute(
        "CREATE TABLE members AS SELECT CAST(row_number() OVER (ORDER BY id) - 1 AS INTEGER) AS "
        "uid, id, bool_or(listed) AS listed, min(time) AS first_event_at, min(place) AS place "
        "FROM (SELECT id, true AS listed, CAST(NULL AS TIMESTAMP) AS time, rowid AS place "
        "FROM user_rows WHERE id IS NOT NULL UNION ALL "
        "SELECT id, false, min(time), NULL FROM event_rows "
        "WHERE id IS NOT NULL AND time IS NOT NULL GROUP BY id) GROUP BY id"
    )
    connection.execute(
        "CREATE TABLE dataset.users (uid INTEGER NOT NULL, id VARCHAR NOT NULL, "
        f"listed BOOLEAN NOT NULL, first_event_at TIMESTAMP{_declared(columns)})"
    )
    connection.execute(
        "INSERT INTO dataset.users SELECT uid, members.id, listed, first_event_at"  # noqa: S608
        f"{_converted(columns)} FROM members LEFT JOIN user_rows ON user_rows.rowid = place "
        "ORDER BY uid"
    )


def _write_events(connection: duckdb.DuckDBPyConnection, columns: Sequence[_Column]) -> None:
    connection.execute(
        "CREATE TABLE dataset.events (uid INTEGER NOT NULL, event VARCHAR, "
        f"time TIMESTAMP NOT NULL{_declared(columns)})"
    )
    connection.execute(
        f"INSERT INTO dataset.events SELECT uid, event, time{_converted(columns)} "  # noqa: S608
        "FROM event_rows JOIN members USING (id) WHERE time IS NOT NULL ORDER BY event, time"
    )


def _write_sample(connection: duckdb.DuckDBPyConnection) -> int:
    """Some users with all their events, chosen by a hash of the id that no version of an engine
    changes. Returns of how many users each stands for one; 0 where all are counted soon enough."""
    ((users,),) = connection.execute("SELECT count(*) FROM dataset.users").fetchall()
    if users < _LEAST_SAMPLED:
        return 0
    connection.execute(f"CREATE SCHEMA dataset.{SAMPLE_SCHEMA}")
    connection.execute(
        f"CREATE TABLE dataset.{SAMPLE_SCHEMA}.users AS SELECT * FROM dataset.users "  # noqa: S608
        f"WHERE md5_number_lower(id) % {_SAMPLE_OF} = 0 ORDER BY uid"
    )
    connection.execute(
        f"CREATE TABLE dataset.{SAMPLE_SCHEMA}.events AS SELECT * FROM dataset.events "  # noqa: S608
        f"WHERE uid IN (SELECT uid FROM dataset.{SAMPLE_SCHEMA}.users) ORDER BY event, time"
    )
    return _SAMPLE_OF


def _declared(columns: Sequence[_Column]) -> str:
    return "".join(f", {each.property.column} {each.typed.sql_type}" for each in columns)


def _converted(columns: Sequence[_Column]) -> str:
    return "".join(f", {each.typed.expression}" for each in columns)


def _profile(
    connection: duckdb.DuckDBPyConnection,
    timezone: str,
    event_columns: Sequence[_Column],
    user_columns: Sequence[_Column],
    notes: tuple[str, ...],
    sample_of: int,
) -> tuple[Catalog, int, int, datetime | None, datetime | None, tuple[str, ...]]:
    catalog = Catalog(
        timezone=timezone,
        events=profile_events(connection),
        event_properties=profile_properties(
            connection, "dataset.events", [each.property for each in event_columns]
        ),
        user_properties=profile_properties(
            connection, "dataset.users", [each.property for each in user_columns]
        ),
        sample_of=sample_of,
    )
    ((event_count, first, last),) = connection.execute(
        "SELECT count(*), min(time), max(time) FROM dataset.events"
    ).fetchall()
    ((user_count,),) = connection.execute("SELECT count(*) FROM dataset.users").fetchall()
    return catalog, event_count, user_count, _aware(first), _aware(last), notes


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")
