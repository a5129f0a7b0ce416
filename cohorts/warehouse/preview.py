"""The first rows of a file, and which of its columns are likely which, before it is loaded."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.source_errors import file_error
from cohorts.warehouse.sources import exact_pattern, format_of, open_source, open_text

_ROWS = 8
# Of JSON lines: keys that come later only are not offered, though they are loaded.
_LINES = 200
_LONGEST_LINE = 1 << 20
_LONGEST_CELL = 80

_LIKELY = {
    "user_id": re.compile(
        r"(external|internal|customer|member|account|distinct|profile)?_?(user)?_?(id|uid|uuid)"
        r"|user|distinct_id|customer|member"
    ),
    "event": re.compile(r"event(_?(name|type))?|action|activity|name|type"),
    "time": re.compile(
        r"((event|client|server|created|occurred|received|sent)_?)?(time|timestamp|ts|at|date)"
    ),
}


@dataclass(frozen=True)
class Preview:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def preview_file(path: Path) -> Preview:
    """Raises LoadError for a file that could not be loaded anyway."""
    format_ = format_of(path)
    with duckdb.connect() as connection:
        source = open_source(connection, path)
        if format_ == "parquet":
            return _parquet(connection, path, source.names)
    return _csv(path) if format_ == "csv" else _lines(path)


def guess_columns(columns: Sequence[str], roles: Sequence[str]) -> dict[str, str]:
    """A different column for each role, blank where none looks like it."""
    guessed: dict[str, str] = {}
    for role in roles:
        pattern = _LIKELY[role]
        fitting = [
            name
            for name in columns
            if name not in guessed.values() and pattern.fullmatch(_plain(name))
        ]
        # The longest says most: `user_id` rather than `id`, `event_name` rather than `name`.
        guessed[role] = max(fitting, key=lambda name: len(_plain(name)), default="")
    return guessed


def _plain(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s.\-]+", "_", spaced).lower()


def _csv(path: Path) -> Preview:
    with open_text(path) as text:
        rows = list(islice(csv.reader(text), _ROWS + 1))
    header = [name.strip() for name in rows[0]]
    kept = [number for number, name in enumerate(header) if name]
    return Preview(
        tuple(header[number] for number in kept),
        tuple(
            tuple(_cell(row[number] if number < len(row) else "") for number in kept)
            for row in rows[1:]
        ),
    )


def _lines(path: Path) -> Preview:
    objects: list[dict[str, Any]] = []
    with open_text(path) as text:
        for number in range(1, _LINES + 1):
            line = text.readline(_LONGEST_LINE)
            if not line:
                break
            if line.strip():
                objects.append(_object(path, line, number))
    columns = tuple(dict.fromkeys(key for each in objects for key in each if key))
    if not columns:
        raise LoadError(f"{path}: has no JSON object in it.")
    rows = tuple(tuple(_cell(each.get(key)) for key in columns) for each in objects[:_ROWS])
    return Preview(columns, rows)


def _object(path: Path, line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise LoadError(
            f"{path}, line {number}: is not a JSON object. Each line must hold one, "
            'as in {"user_id": "7", …}.'
        )
    return found


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str]) -> Preview:
    try:
        rows = connection.execute(
            f"SELECT * FROM read_parquet(?, binary_as_string = true) LIMIT {_ROWS}",  # noqa: S608
            [exact_pattern(path)],
        ).fetchall()
    except duckdb.Error as error:
        raise file_error(path, error) from None
    return Preview(tuple(columns), tuple(tuple(map(_cell, row)) for row in rows))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
