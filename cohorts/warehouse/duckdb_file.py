"""The embedded engine: one DuckDB file per dataset, opened read-only and locked down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.interruption import Interruption, canceled, missing_list
from cohorts.warehouse.scratch_folder import unused_path

_INTERRUPT_EVERY = 0.05

# In this order: the last one forbids every later change.
_SETTINGS = (
    # The bar would be drawn on standard output.
    "SET enable_progress_bar = false",
    "SET TimeZone = 'UTC'",
    # Otherwise an unknown table name would be looked up among Python's variables.
    "SET GLOBAL python_enable_replacements = false",
    "SET GLOBAL autoinstall_known_extensions = false",
    "SET GLOBAL autoload_known_extensions = false",
    "SET GLOBAL enable_external_access = false",
    "SET GLOBAL lock_configuration = true",
)


class DuckDBFile:
    """A read-only connection to one dataset file, for one evaluation and one thread.

    `lists` are Parquet files of ids that queries may read beside it, by the name of the table
    each is to be; they are read where they lie, and nothing else outside of the dataset is.

    Each has an engine of its own, with its own limits: connections opened by path would share
    one, and some settings could then be made for the first of them only. Open it after a fork,
    never before, since the engine's threads do not survive one.
    """

    dialect = "duckdb"

    def __init__(
        self,
        path: Path | str,
        *,
        time_limit: float,
        memory_limit: str = "2GB",
        threads: int = 2,
        lists: Mapping[str, Path] | None = None,
    ) -> None:
        self.path = Path(path)
        self._lists = lists or {}
        self._interruption = Interruption(time_limit)
        self._memory_limit = memory_limit
        self._threads = threads
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        if not self.path.is_file():
            raise WarehouseError(
                "source",
                "The file of this dataset is missing. Load the dataset again with "
                "add_dataset … --replace.",
            )
        if not all(path.is_file() for path in self._lists.values()):
            raise missing_list()
        try:
            self._connection = duckdb.connect(
                config={
                    "memory_limit": self._memory_limit,
                    "threads": str(self._threads),
                    "temp_directory": str(unused_path()),
                },
            )
            _attach(self._connection, self.path)
            _offer(self._connection, self._lists)
            for setting in _SETTINGS:
                self._connection.execute(setting)
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
        self._interruption.interrupt()

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
        with self._interruption.watching(connection.interrupt, every=_INTERRUPT_EVERY):
            try:
                yield connection
            except (duckdb.Error, RuntimeError, pa.ArrowException, OSError) as error:
                raise self._query_error(error) from None

    def _query_error(self, error: Exception) -> WarehouseError:
        text = str(error)
        if self._interruption.is_asked_for:
            return canceled()
        if self._interruption.is_late and "nterrupt" in text:
            return self._interruption.timeout()
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


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"ATTACH {_quoted(path)} AS dataset (READ_ONLY)")
    connection.execute("USE dataset")


def _offer(connection: duckdb.DuckDBPyConnection, lists: Mapping[str, Path]) -> None:
    """These files stay readable when external access is off."""
    connection.execute(f"SET allowed_paths = [{', '.join(map(_quoted, lists.values()))}]")
    for name, path in lists.items():
        connection.execute(
            f'CREATE TEMP VIEW "{name}" AS SELECT id FROM read_parquet({_quoted(path)})'  # noqa: S608
        )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _opening_error(error: duckdb.Error) -> WarehouseError:
    text = str(error)
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
