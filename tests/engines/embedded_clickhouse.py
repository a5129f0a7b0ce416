"""ClickHouse inside the process: chDB."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.engines.stores import Columns, Engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
# A list of 20,000 ids is a long text.
SETTINGS = ("max_query_size = 100000000", "max_ast_elements = 10000000")
SETTINGS += ("max_expanded_ast_elements = 10000000", "allow_suspicious_low_cardinality_types = 1")


class EmbeddedClickHouse(Engine):
    dialect = "clickhouse"
    schema = ("shop",)

    def __init__(self, folder: Path) -> None:
        from chdb.session import Session

        self._session = Session(str(folder))
        for setting in SETTINGS:
            self._session.query(f"SET {setting}")
        self._session.query(f"CREATE DATABASE {self.schema[0]}")

    def close(self) -> None:
        self._session.close()

    def fill(self, table: tuple[str, ...], columns: Columns, rows: list[tuple]) -> None:
        name = ".".join(table)
        declared = ", ".join(f"{_quoted(column)} {TYPES[kind]}" for column, kind in columns.items())
        self._session.query(f"DROP TABLE IF EXISTS {name}")
        self._session.query(f"CREATE TABLE {name} ({declared}) ENGINE = MergeTree ORDER BY tuple()")
        lines = [json.dumps([_written(value) for value in row], ensure_ascii=False) for row in rows]
        if lines:
            text = "\n".join(lines)
            self._session.query(f"INSERT INTO {name} FORMAT JSONCompactEachRow\n{text}")

    def require_values(self, table: str, column: str, kind: str) -> None:
        """Makes the column one that holds no NULL."""
        self._session.query(f"ALTER TABLE {table} MODIFY COLUMN {column} {kind} DEFAULT 0")

    def query(self, sql: str) -> tuple[list[str], list[tuple]]:
        answer = str(self._session.query(sql, "JSONCompactEachRowWithNames"))
        names, *rows = [json.loads(line) for line in answer.splitlines()]
        return names, [tuple(row) for row in rows]


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        seconds, rest = divmod(value - EPOCH, timedelta(seconds=1))
        return f"{seconds}.{rest // timedelta(microseconds=1):06}"
    return value


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"
