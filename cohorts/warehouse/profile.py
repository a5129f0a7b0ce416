"""What is in a dataset file: its events, and its properties with their frequent values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from cohorts.definitions.catalog import MOST_DIGITS, Event, Property

_MOST_EVENTS = 5_000
_MOST_TOP_VALUES = 50
# Above this a column holds ids rather than values to choose from.
_MOST_DISTINCT = 100_000
_LONGEST_VALUE = 200
_DECIMALS = (0, 2, 4)
_JSON_ROWS = 20_000
_JSON_PATHS = 300
_JSON_DEPTH = 6
_ISO = "'%Y-%m-%dT%H:%M:%SZ'"


def profile_events(connection: duckdb.DuckDBPyConnection) -> tuple[Event, ...]:
    rows = connection.execute(
        f"SELECT event, count(*), strftime(min(time), {_ISO}), strftime(max(time), {_ISO}) "  # noqa: S608
        "FROM dataset.events WHERE event IS NOT NULL AND NOT contains(event, chr(0)) "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_EVENTS}"
    ).fetchall()
    return tuple(
        Event(name, count, first, last, _pairs(connection, name))
        for name, count, first, last in rows
    )


def _pairs(connection: duckdb.DuckDBPyConnection, event: str) -> int:
    """One event at a time: its rows lie together, and all at once would need much memory."""
    ((pairs,),) = connection.execute(
        "SELECT sum(n * n) FROM (SELECT count(*) AS n FROM dataset.events WHERE event = ? "
        "GROUP BY uid)",
        [event],
    ).fetchall()
    return int(pairs)


def profile_properties(
    connection: duckdb.DuckDBPyConnection, table: str, properties: Sequence[Property]
) -> tuple[Property, ...]:
    if not properties:
        return ()
    figures = ", ".join(
        f"count({each.column}), approx_count_distinct({each.column})" for each in properties
    )
    (row,) = connection.execute(f"SELECT {figures} FROM {table}").fetchall()  # noqa: S608
    return tuple(
        replace(
            each,
            filled=row[2 * n],
            top_values=_top_values(connection, table, each, distinct=row[2 * n + 1]),
            json_paths=_json_paths(connection, table, each),
            decimals=_decimals(connection, table, each),
        )
        for n, each in enumerate(properties)
    )


def _decimals(connection: duckdb.DuckDBPyConnection, table: str, each: Property) -> int | None:
    """None also where a value is too large to be told apart from its neighbours with so many."""
    if each.type != "number":
        return None
    tests = ", ".join(
        f"bool_and(TRY_CAST(TRY_CAST({each.column} AS DECIMAL({MOST_DIGITS}, {n})) AS DOUBLE) "
        f"IS NOT DISTINCT FROM {each.column} AND abs({each.column}) < 9e15 / 1e{n}) "
        f"FILTER (WHERE {each.column} IS NOT NULL)"
        for n in _DECIMALS
    )
    (answers,) = connection.execute(f"SELECT {tests} FROM {table}").fetchall()  # noqa: S608
    return next((n for n, holds in zip(_DECIMALS, answers, strict=True) if holds), None)


def _top_values(
    connection: duckdb.DuckDBPyConnection, table: str, each: Property, *, distinct: int
) -> tuple[tuple[str, int], ...]:
    if each.type in ("json", "time") or distinct > _MOST_DISTINCT:
        return ()
    rows = connection.execute(
        f"SELECT {each.column}, count(*) FROM {table} "  # noqa: S608
        f"WHERE {each.column} IS NOT NULL AND length(CAST({each.column} AS VARCHAR)) "
        f"<= {_LONGEST_VALUE} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_MOST_TOP_VALUES}"
    ).fetchall()
    spelled = ((_spelled(value), count) for value, count in rows)
    # The catalog is kept in a database, and none takes a NUL character.
    return tuple((text, count) for text, count in spelled if "\0" not in text)


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _json_paths(
    connection: duckdb.DuckDBPyConnection, table: str, each: Property
) -> tuple[str, ...]:
    if each.type != "json":
        return ()
    rows = connection.execute(
        f"SELECT DISTINCT {each.column} FROM {table} "  # noqa: S608
        f"WHERE length({each.column}) < 100_000 "
        f"USING SAMPLE reservoir({_JSON_ROWS} ROWS) REPEATABLE (1)"
    ).fetchall()
    return find_json_paths(sorted(text for (text,) in rows))


def find_json_paths(texts: Iterable[str]) -> tuple[str, ...]:
    """Paths to leaves; every list is shown by item 0."""
    seen: dict[str, None] = {}
    for text in texts:
        try:
            for path in _leaves(json.loads(text), ()):
                seen.setdefault(path)
        except (ValueError, RecursionError):
            continue
        if len(seen) >= _JSON_PATHS:
            break
    return tuple(path for path in sorted(seen) if "\0" not in path)[:_JSON_PATHS]


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    if len(path) >= _JSON_DEPTH or not isinstance(value, dict | list):
        if path:
            yield ".".join(path)
        return
    items = value.items() if isinstance(value, dict) else (("0", item) for item in value)
    for key, item in items:
        yield from _leaves(item, (*path, key))
