"""The DuckDB that plans and ledgers are worked out in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cohorts.warehouse import scratch

# A process needs about 220 MB more; sorting ten million ids spills to disk.
MEMORY_LIMIT = "256MB"


@contextmanager
def scratch_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """For files in any order. Raises what DuckDB raises."""
    with scratch.scratch_database(MEMORY_LIMIT) as connection:
        connection.execute("SET preserve_insertion_order = false")
        yield connection


def view_of(
    db: duckdb.DuckDBPyConnection, name: str, path: Path | None, empty_columns: str
) -> None:
    if path is None:
        db.execute(f"CREATE TEMP VIEW {name} AS SELECT {empty_columns} WHERE false")
    else:
        # A view cannot take a parameter; the relation API quotes the path instead.
        db.read_parquet(str(path)).create_view(name)
