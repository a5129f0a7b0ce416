"""The embedded engine: one DuckDB file per dataset, opened read-only and locked down."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from cohorts.warehouse.errors import WarehouseError

# An interrupt that arrives just before a query starts is forgotten by the engine, so a
# query that is to stop is interrupted again until it has.
_INTERRUPT_EVERY = 0.05

# In this order: the last one forbids every later change.
_LOCKED_DOWN = (
    "TimeZone = 'UTC'",
    # Otherwise an unknown table name would be looked up among Python's variables.
    "python_enable_replacements = false",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "enable_external_access = false",
    "lock_configuration = true",
)
_opening = threading.Lock()
os.register_at_fork(after_in_child=lambda: globals().update(_opening=threading.Lock()))


class DuckDBFile:
    """A read-only connection to one dataset file, for one evaluation and one thread.

    Open it after a fork, never before: the engine's threads do not survive one. All
    connections of a process to one file share its cache and its memory limit.
    """

    def __init__(
        self, path: Path | str, *, time_limit: float, memory_limit: str = "2GB", threads: int = 2
    ) -> None:
        self.path = Path(path)
        self.time_limit = time_limit
        self._memory_limit = memory_limit
        self._threads = threads
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._interrupted = threading.Event()
        self._wake = threading.Event()

    def __enter__(self) -> Self:
        if not self.path.is_file():
            raise WarehouseError(
                "source",
                "The file of this dataset is missing. Load the dataset again with "
                "add_dataset … --replace.",
            )
        try:
            self._connection = duckdb.connect(
                str(self.path),
                read_only=True,
                config={
                    "memory_limit": self._memory_limit,
                    "threads": str(self._threads),
                    "temp_directory": str(spill_directory(self.path.parent)),
                },
            )
            _lock_down(self._connection)
        except duckdb.Error as error:
            self.close()
            raise _opening_error(error) from None
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
        self._interrupted.set()
        self._wake.set()

    def batches(self, sql: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """The answer piece by piece: what was given out is not kept."""
        with self._limited() as connection:
            yield from connection.sql(sql).to_arrow_reader(rows)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._limited() as connection:
            return connection.execute(sql).fetchall()

    @contextmanager
    def _limited(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run a query under the time limit; every engine error leaves as a `WarehouseError`."""
        connection = self._connection
        if connection is None:
            raise WarehouseError("query", "The dataset is not open.")
        if self._interrupted.is_set():
            raise WarehouseError("canceled", "The query was canceled.")
        done = threading.Event()
        deadline = time.monotonic() + self.time_limit
        watch = threading.Thread(
            target=self._watch, args=(connection, done, deadline), name="query-watch", daemon=True
        )
        watch.start()
        try:
            yield connection
        except (duckdb.Error, RuntimeError, pa.ArrowException, OSError) as error:
            raise self._query_error(error, deadline) from None
        finally:
            done.set()
            self._wake.set()
            watch.join()
            if not self._interrupted.is_set():
                self._wake.clear()

    def _watch(
        self, connection: duckdb.DuckDBPyConnection, done: threading.Event, deadline: float
    ) -> None:
        self._wake.wait(max(0.0, deadline - time.monotonic()))
        while not done.is_set():
            connection.interrupt()
            done.wait(_INTERRUPT_EVERY)

    def _query_error(self, error: Exception, deadline: float) -> WarehouseError:
        text = str(error)
        if self._interrupted.is_set():
            return WarehouseError("canceled", "The query was canceled.")
        if time.monotonic() >= deadline and "nterrupt" in text:
            return WarehouseError(
                "timeout",
                f"The query was stopped after {self.time_limit:g} seconds. "
                "Narrow its time windows or ask for a longer time limit (QUERY_TIME_LIMIT).",
            )
        if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in text:
            return WarehouseError(
                "memory",
                f"The query needed more than {self._memory_limit} of memory. "
                "Narrow its time windows or raise QUERY_MEMORY_LIMIT.",
            )
        if isinstance(error, (duckdb.BinderException, duckdb.ParserException)):
            # These name columns and functions, never a value of the data.
            return WarehouseError("query", f"The engine refused the query: {_first_line(text)}")
        if isinstance(error, (duckdb.IOException, OSError)):
            return WarehouseError(
                "source", "The file of this dataset could not be read. Load the dataset again."
            )
        return WarehouseError("query", f"The query failed ({type(error).__name__}).")


def _lock_down(connection: duckdb.DuckDBPyConnection) -> None:
    """Once for all connections that share the process's instance of the file."""
    with _opening:
        if _is_locked(connection):
            return
        for setting in _LOCKED_DOWN:
            connection.execute(f"SET GLOBAL {setting}")


def _is_locked(connection: duckdb.DuckDBPyConnection) -> bool:
    (locked,) = connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0]
    return bool(locked)


def spill_directory(folder: Path) -> Path:
    """Where queries of this process spill. Two processes must not share one: the engine
    names its spill files alike in both."""
    return folder / f".spill-{os.getpid()}"


def _opening_error(error: duckdb.Error) -> WarehouseError:
    text = str(error)
    if isinstance(error, duckdb.ConnectionException):
        return WarehouseError("query", "The dataset is open with other limits in this process.")
    if "lock" in text:
        return WarehouseError(
            "source", "The file of this dataset is being written by another program."
        )
    return WarehouseError(
        "source",
        "The file of this dataset cannot be opened. Load the dataset again with "
        "add_dataset … --replace.",
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0][:300]
