"""Spark inside the process, with two threads."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

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
# For many small queries: what makes large ones fast makes these slow.
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


class LocalSpark(Engine):
    dialect = "spark"

    def __init__(self, folder: Path) -> None:
        from pyspark.sql import SparkSession

        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        builder = SparkSession.builder.master("local[2]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        self._session = builder.config("spark.sql.warehouse.dir", str(folder)).getOrCreate()
        self._session.sparkContext.setLogLevel("OFF")

    def close(self) -> None:
        self._session.stop()

    def fill(self, table: tuple[str, ...], columns: Columns, rows: list[tuple]) -> None:
        arrays = [
            pa.array([_written(row[index]) for row in rows], TYPES[kind])
            for index, kind in enumerate(columns.values())
        ]
        held = pa.table(arrays, names=list(columns))
        self._session.createDataFrame(held).createOrReplaceTempView(table[-1])

    def query(self, sql: str) -> tuple[list[str], list[tuple]]:
        answer = self._session.sql(sql)
        return answer.columns, [tuple(row) for row in answer.collect()]


def _written(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
