"""A DuckDB that works on Parquet files within a limit of memory and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from cohorts.warehouse.scratch_folder import scratch_folder


@contextmanager
def scratch_database(memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """In memory, spilling to a folder of its own. Raises what DuckDB raises."""
    with scratch_folder() as folder:
        connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": "2",
                "temp_directory": str(folder),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        try:
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()
