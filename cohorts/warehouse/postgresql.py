"""PostgreSQL as a warehouse: read-only, within a time limit, stopped from another thread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg.rows import TupleRow
from psycopg.types.numeric import FloatLoader

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, missing_list
from cohorts.warehouse.postgresql_errors import opening_error, query_error
from cohorts.warehouse.sizes import bytes_of

OLDEST = 150000
_CONNECT_TIMEOUT = 10
_CANCEL_EVERY = 0.5

# For the transaction only: a pooler may hand the connection on to others.
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "standard_conforming_strings": "on",
    # Tables are named with their schema; functions and operators are the server's own.
    "search_path": "pg_catalog",
    # All rows of a cursor are read, so the plan for all of them is the right one.
    "cursor_tuple_fraction": "1",
}

# What the server's owner set stays where it is less. A step of a plan that hashes may take
# `hash_mem_multiplier` times as much. The server takes no less than 64 kB.
_NO_MORE_THAN = """
SELECT
  set_config('work_mem', greatest(64, least(
    pg_size_bytes(current_setting('work_mem')),
    (%(memory)s / current_setting('hash_mem_multiplier')::float8)::int8
  ) / 1024) || 'kB', true),
  set_config('max_parallel_workers_per_gather', least(
    current_setting('max_parallel_workers_per_gather')::int, %(helpers)s
  )::text, true)
"""

_ARROW = {
    "bool": pa.bool_(),
    "int2": pa.int64(),
    "int4": pa.int64(),
    "int8": pa.int64(),
    "float8": pa.float64(),
    "numeric": pa.float64(),
}


class PostgreSQL:
    """One transaction that sees the tables as they were when it began; after an error another.

    `lists` are Parquet files of ids that queries may read, by name: they become temporary
    tables of the transaction.
    """

    dialect = "postgresql"

    def __init__(
        self,
        url: str,
        *,
        time_limit: float,
        memory_limit: str = "2GB",
        threads: int = 2,
        lists: Mapping[str, Path] | None = None,
    ) -> None:
        self._url = url
        self._interruption = Interruption(time_limit)
        self._most = {"memory": bytes_of(memory_limit), "helpers": max(0, threads - 1)}
        self._lists = lists or {}
        self._connection: psycopg.Connection[TupleRow] | None = None

    def __enter__(self) -> Self:
        try:
            self._connection = psycopg.connect(
                self._url,
                connect_timeout=_CONNECT_TIMEOUT,
                client_encoding="utf8",
                application_name="cohorts",
            )
        except (psycopg.Error, ValueError) as error:
            raise opening_error(error) from None
        self._connection.adapters.register_loader("numeric", FloatLoader)
        try:
            if self._connection.info.server_version < OLDEST:
                raise WarehouseError("source", "The warehouse must be PostgreSQL 15 or later.")
            with self._limited():
                pass
        except WarehouseError:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def interrupt(self) -> None:
        """Stop what is running, or what would start next. May be called from any thread."""
        self._interruption.interrupt()

    def batches(self, sql: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Through a cursor on the server, so that neither side holds the whole answer."""
        with self._limited() as connection, connection.cursor(name="answer") as cursor:
            cursor.execute(_checked(sql))
            schema = _schema(cursor, connection)
            while batch := cursor.fetchmany(rows):
                columns = zip(*batch, strict=True)
                arrays = [
                    pa.array(values, each.type)
                    for values, each in zip(columns, schema, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._limited() as connection, connection.cursor() as cursor:
            return cursor.execute(_checked(sql)).fetchall()

    def _begin(self, connection: psycopg.Connection[TupleRow]) -> None:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # A temporary table is a change, though of nothing that anybody else sees.
        connection.read_only = not self._lists
        milliseconds = math.ceil(self._interruption.time_limit * 1000)
        settings = _SETTINGS | {"statement_timeout": f"{milliseconds}"}
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        connection.execute(_NO_MORE_THAN, self._most)
        for name, path in self._lists.items():
            _copy_list(connection, name, path)
        if self._lists:
            connection.execute("SET TRANSACTION READ ONLY")

    @contextmanager
    def _limited(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """Run a query under the time limit; every error leaves as a `WarehouseError`."""
        connection = self._connection
        if connection is None:
            raise WarehouseError("query", "The dataset is not open.")

        def stop() -> None:
            # Where the server cannot be reached for it, its own limit ends the query.
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=_CONNECT_TIMEOUT)

        with self._interruption.watching(stop, every=_CANCEL_EVERY):
            try:
                if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                    self._begin(connection)
                yield connection
            except (psycopg.Error, pa.ArrowException) as error:
                is_late = self._interruption.is_late
                with suppress(psycopg.Error):
                    connection.rollback()
                raise query_error(error, self._interruption, is_late=is_late) from None


def _checked(sql: str) -> bytes:
    """The protocol ends a statement at NUL; no text of PostgreSQL holds one, nor half a pair."""
    try:
        encoded = sql.encode()
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise WarehouseError(
            "query",
            "PostgreSQL cannot compare with a text that holds the character NUL "
            "or half of a surrogate pair.",
        )
    return encoded


def _schema(cursor: psycopg.ServerCursor, connection: psycopg.Connection[TupleRow]) -> pa.Schema:
    fields = []
    for column in cursor.description or ():
        known = connection.adapters.types.get(column.type_code)
        fields.append((column.name, _ARROW.get(known.name if known else "", pa.string())))
    return pa.schema(fields)


def _copy_list(connection: psycopg.Connection[TupleRow], name: str, path: Path) -> None:
    identifier = psycopg.sql.Identifier(name)
    create = psycopg.sql.SQL("CREATE TEMPORARY TABLE {} (id text NOT NULL) ON COMMIT DROP")
    connection.execute(create.format(identifier))
    copy = psycopg.sql.SQL("COPY {} (id) FROM STDIN").format(identifier)
    try:
        with connection.cursor().copy(copy) as copying, pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["id"]):
                for user in batch.column(0).to_pylist():
                    # A text with NUL is the id of nobody in PostgreSQL.
                    if "\0" not in user:
                        copying.write_row((user,))
    except (OSError, pa.ArrowException):
        raise missing_list() from None
    connection.execute(psycopg.sql.SQL("ANALYZE {}").format(identifier))
