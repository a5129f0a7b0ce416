"""Sets of ids as Parquet files with one text column `id`, worked out within a memory limit.

Results are sorted by code point and hold each id once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.scratch import scratch_database

MEMORY_LIMIT = "128MB"
_JOIN = (
    "FROM read_parquet($one) AS one {kind} JOIN read_parquet($other) AS other ON one.id = other.id"
)


def write_distinct(ids: Path, target: Path) -> None:
    _write("SELECT DISTINCT id FROM read_parquet($one)", target, one=ids)


def write_union(one: Path, other: Path, target: Path) -> None:
    query = "SELECT id FROM read_parquet($one) UNION SELECT id FROM read_parquet($other)"
    _write(query, target, one=one, other=other)


def write_difference(one: Path, other: Path, target: Path) -> None:
    query = f"SELECT one.id {_JOIN.format(kind='ANTI')}"
    _write(query, target, one=one, other=other)


def count_common(one: Path, other: Path) -> int:
    query = f"SELECT count(*) {_JOIN.format(kind='SEMI')}"
    with _scratch() as connection:
        row = connection.execute(query, {"one": str(one), "other": str(other)}).fetchone()
    return int(row[0]) if row else 0


def find_present(ids: Sequence[str], file: Path) -> set[str]:
    """Which of a few ids are in the file."""
    query = "SELECT id FROM read_parquet($file) WHERE id IN (SELECT unnest($ids))"
    with _scratch() as connection:
        rows = connection.execute(query, {"file": str(file), "ids": list(ids)}).fetchall()
    return {row[0] for row in rows}


def _write(query: str, target: Path, **files: Path) -> None:
    with _scratch() as connection:
        connection.execute(
            f"COPY (SELECT id FROM ({query}) ORDER BY id) TO $target "  # noqa: S608
            "(FORMAT parquet, COMPRESSION zstd)",
            {name: str(path) for name, path in files.items()} | {"target": str(target)},
        )


@contextmanager
def _scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with scratch_database(MEMORY_LIMIT) as connection:
            yield connection
    except duckdb.Error as error:
        raise WarehouseError(
            "memory", f"Sorting the list failed: {type(error).__name__}. Is the disk full?"
        ) from None
