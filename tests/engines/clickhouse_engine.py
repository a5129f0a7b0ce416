"""Tables of worlds in ClickHouse: made by an administrator's client, asked by the product's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cohorts.warehouse.clickhouse import ClickHouse
from tests.engines.stores import Columns, Engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
TYPES = {
    "key": "UInt32",
    "string": "LowCardinality(Nullable(String))",
    "number": "Nullable(Float64)",
    "whole": "Nullable(Int64)",
    "boolean": "Nullable(Bool)",
    # Parts of a time must not be read in the zone of its column.
    "time": "Nullable(DateTime64(6, 'America/New_York'))",
    "json": "Nullable(String)",
}


@contextmanager
def clickhouse_server(folder: Path) -> Iterator[str]:
    """The URL of a server with chDB behind it, for a user that may not write."""
    command = [sys.executable, "-m", "tests.engines.clickhouse_server", str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield f"clickhouse://reader:p%40ss%20word@127.0.0.1:{port}/default"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(30)


class Administrator:
    """Writes what the tests read."""

    def __init__(self, url: str) -> None:
        import clickhouse_connect

        place = urlsplit(url)
        self._client = clickhouse_connect.get_client(
            host=place.hostname,
            port=place.port,
            dedicated_pool=True,
            settings={"allow_suspicious_low_cardinality_types": 1},
        )

    def close(self) -> None:
        self._client.close()

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._client.command(statement)

    def fill(self, name: str, columns: dict[str, str], rows: list[tuple]) -> None:
        """Makes the table anew, of these types."""
        declared = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns.items())
        self.run(
            f"DROP TABLE IF EXISTS {name}",
            f"CREATE TABLE {name} ({declared}) ENGINE = MergeTree ORDER BY tuple()",
        )
        lines = [json.dumps([_written(value) for value in row], ensure_ascii=False) for row in rows]
        if lines:
            self._client.raw_insert(name, None, "\n".join(lines), fmt="JSONCompactEachRow")


class ClickHouseEngine(Engine):
    dialect = "clickhouse"
    schema = ("shop",)

    def __init__(self, url: str) -> None:
        self.url = url
        self.administrator = Administrator(url)
        self.administrator.run(f"CREATE DATABASE IF NOT EXISTS {self.schema[0]}")
        self._warehouse = ClickHouse(url, time_limit=60).__enter__()

    def close(self) -> None:
        self._warehouse.close()
        self.administrator.close()

    def fill(self, table: tuple[str, ...], columns: Columns, rows: list[tuple]) -> None:
        types = {column: TYPES[kind] for column, kind in columns.items()}
        self.administrator.fill(".".join(table), types, rows)

    def require_values(self, table: str, column: str, kind: str) -> None:
        """Makes the column one that holds no NULL."""
        self.administrator.run(f"ALTER TABLE {table} MODIFY COLUMN {column} {kind} DEFAULT 0")

    def ask(self, sql: str) -> Iterator[Any]:
        return self._warehouse.batches(sql, rows=7)


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        seconds, rest = divmod(value - EPOCH, timedelta(seconds=1))
        return f"{seconds}.{rest // timedelta(microseconds=1):06}"
    return value


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
