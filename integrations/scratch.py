"""A DuckDB that works on Parquet files within a limit of memory and leaves nothing behind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

# A process needs about 220 MB more; sorting ten million ids spills to disk.
MEMORY_LIMIT = "256MB"


@contextmanager
def scratch_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that spills to a folder of its own and is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="plan-")
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": "2",
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def view_of(
    db: duckdb.DuckDBPyConnection, name: str, path: Path | None, empty_columns: str
) -> None:
    if path is None:
        db.execute(f"CREATE TEMP VIEW {name} AS SELECT {empty_columns} WHERE false")
    else:
        # A view cannot take a parameter; the relation API quotes the path instead.
        db.read_parquet(str(path)).create_view(name)
