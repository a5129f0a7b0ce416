"""Tables of worlds in Spark: as files that executors read, or as views of one session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cohorts.warehouse.spark import Spark
from tests.engines.stores import Columns, Engine

TYPES = {
    "key": pa.int32(),
    "string": pa.string(),
    "number": pa.float64(),
    "whole": pa.int64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}


class SparkEngine(Engine):
    dialect = "spark"
    slowness = 2

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._warehouse = Spark(url, time_limit=120).__enter__()
        self._session: Any = self._warehouse._session
        # For what is found in views of this session. What is asked of tables has the server's two.
        self._session.conf.set("spark.sql.shuffle.partitions", "1")

    def close(self) -> None:
        self._warehouse.close()

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._session.sql(statement).collect()

    def fill(self, table: tuple[str, ...], columns: Columns, rows: list[tuple]) -> None:
        from pyspark.sql.pandas.types import from_arrow_schema

        held = _held(columns, rows)
        # Of a table without rows the client does not read the columns.
        schema = from_arrow_schema(held.schema)
        self._session.createDataFrame(held, schema).createOrReplaceTempView(table[-1])

    def store(self, table: str, columns: Columns, rows: list[tuple]) -> None:
        """A table of two files, so that two tasks read it."""
        folder = self._folder / table
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        held = _held(columns, rows)
        half = held.num_rows // 2
        pq.write_table(held.slice(0, half), folder / "1.parquet")
        pq.write_table(held.slice(half), folder / "2.parquet")
        self.run(
            f"DROP TABLE IF EXISTS {table}",
            f"CREATE TABLE {table} USING parquet LOCATION '{folder}'",
        )

    def ask(self, sql: str) -> Iterator[Any]:
        return self._warehouse.batches(sql, rows=7)


def _held(columns: Columns, rows: list[tuple]) -> pa.Table:
    arrays = [
        pa.array([_written(row[index]) for row in rows], TYPES[kind])
        for index, kind in enumerate(columns.values())
    ]
    return pa.table(arrays, names=list(columns))


def _written(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
