"""Property types, read from all non-empty values of a column; and the values as that type.

A staged column is `text` (as in CSV), `json` (one JSON value as text, as in JSON lines) or
already of a type (as in Parquet). Everything here is SQL text over a column name of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from cohorts.definitions.catalog import PropertyType

Staged = Literal["text", "json", "integer", "number", "boolean", "time", "object"]

_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_INTEGER = r"[+-]?\d+"
_DATE = r"(000[1-9]|00[1-9]\d|0[1-9]\d{2}|[1-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?"
_OFFSET = r"[Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?"
_TIME = rf"{_DATE}([Tt ]{_CLOCK}({_OFFSET})?)?"

SQL_TYPES: dict[Staged, str] = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time": "TIMESTAMP",
    "object": "VARCHAR",
}
_SAMPLE_ROWS = 2_000


@dataclass(frozen=True)
class Typed:
    """What a column turned out to be: the type, its SQL type and the converting expression."""

    type: PropertyType
    sql_type: str
    expression: str


def time_of(column: str, staged: Staged) -> str:
    """The instant in UTC, or NULL where it cannot be read."""
    match staged:
        case "time":
            return _within_years(to_timestamp(column))
        case "text":
            return _time_of_text(column)
        case "json":
            return f"CASE WHEN {_is_quoted(column)} THEN {_time_of_text(_unquoted(column))} END"
        case _:
            return "CAST(NULL AS TIMESTAMP)"


def to_timestamp(column: str) -> str:
    """A date or time of any unit, in microseconds of UTC, the zone of the loading session.

    One in nanoseconds cannot be compared with the last of the years, and is cast from a time
    with a zone only by way of such a one in microseconds.
    """
    return f"CAST(CAST({column} AS TIMESTAMPTZ) AS TIMESTAMP)"


def text_of(column: str, staged: Staged) -> str:
    if staged == "json":
        return f"CASE WHEN {_is_quoted(column)} THEN {_unquoted(column)} ELSE {column} END"
    return column if staged in ("text", "object") else f"CAST({column} AS VARCHAR)"


def infer_types(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[tuple[str, Staged]]
) -> list[Typed]:
    """The type of each column of `table`, after looking at every value."""
    open_columns = [each for each in columns if each[1] in ("text", "json")]
    candidates = {column: set(_TESTS) for column, _ in open_columns}
    # Most columns lose most candidates within a few rows; only the rest is checked on all rows.
    for source in (f"(FROM {table} LIMIT {_SAMPLE_ROWS})", table):
        _keep_true(connection, source, open_columns, candidates)
    return [_typed(column, staged, candidates.get(column, set())) for column, staged in columns]


def _keep_true(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[tuple[str, Staged]],
    candidates: dict[str, set[str]],
) -> None:
    wanted = [
        (column, staged, test) for column, staged in columns for test in sorted(candidates[column])
    ]
    if not wanted:
        return
    tests = ", ".join(
        f"bool_and(coalesce({_TESTS[test](column, staged)}, false)) "
        f"FILTER (WHERE {_is_filled(column, staged)})"
        for column, staged, test in wanted
    )
    answers = connection.execute(f"SELECT {tests} FROM {source}").fetchall()[0]  # noqa: S608
    for (column, _, test), answer in zip(wanted, answers, strict=True):
        # NULL: the column is empty, here or altogether.
        if answer is False:
            candidates[column].discard(test)


def _typed(column: str, staged: Staged, candidates: set[str]) -> Typed:
    text = text_of(column, staged)
    match staged:
        case "integer":
            return Typed("number", "BIGINT", column)
        case "number":
            # NaN is how some writers say "missing"; neither it nor infinity is a decimal number.
            return Typed("number", "DOUBLE", f"CASE WHEN isfinite({column}) THEN {column} END")
        case "boolean":
            return Typed("boolean", "BOOLEAN", column)
        case "time":
            return Typed("time", "TIMESTAMP", time_of(column, staged))
        case "object":
            return Typed("json", "VARCHAR", column)
    if len(candidates) == len(_TESTS):  # nothing spoke against anything: no value at all
        return Typed("string", "VARCHAR", text)
    if "integer" in candidates:
        return Typed("number", "BIGINT", f"TRY_CAST({text} AS BIGINT)")
    if "number" in candidates:
        return Typed("number", "DOUBLE", f"TRY_CAST({text} AS DOUBLE)")
    if "boolean" in candidates:
        return Typed("boolean", "BOOLEAN", f"TRY_CAST(nullif(trim({text}), '') AS BOOLEAN)")
    if "time" in candidates:
        return Typed("time", "TIMESTAMP", time_of(column, staged))
    if "json" in candidates:
        return Typed("json", "VARCHAR", f"nullif({text}, '')")
    return Typed("string", "VARCHAR", text)


def _is_filled(column: str, staged: Staged) -> str:
    if staged == "json":
        return f"{column} <> '\"\"'"
    return f"{column} <> ''"


def _is_number(column: str, staged: Staged) -> str:
    return (
        f"(regexp_full_match(trim({column}), '{_NUMBER}') "
        f"AND isfinite(TRY_CAST({column} AS DOUBLE)))"
    )


def _is_integer(column: str, staged: Staged) -> str:
    return (
        f"(regexp_full_match(trim({column}), '{_INTEGER}') "
        f"AND TRY_CAST({column} AS BIGINT) IS NOT NULL)"
    )


def _is_boolean(column: str, staged: Staged) -> str:
    return f"(lower(trim({text_of(column, staged)})) IN ('true', 'false'))"


def _is_time(column: str, staged: Staged) -> str:
    return f"(({time_of(column, staged)}) IS NOT NULL)"


def _is_json(column: str, staged: Staged) -> str:
    text = text_of(column, staged)
    is_object = f"(starts_with(ltrim({text}), '{{') AND json_valid({text}))"
    return f"({is_object} OR starts_with({column}, '['))" if staged == "json" else is_object


_TESTS = {
    "integer": _is_integer,
    "number": _is_number,
    "boolean": _is_boolean,
    "time": _is_time,
    "json": _is_json,
}


def _is_quoted(column: str) -> str:
    return f"starts_with({column}, '\"')"


def _unquoted(column: str) -> str:
    return f"json_extract_string({column}, '$')"


def _time_of_text(text: str) -> str:
    # The engine's cast to TIMESTAMP drops an offset silently; the one to TIMESTAMPTZ reads it,
    # and reads a time without one as UTC, the zone of the loading session.
    instant = f"TRY_CAST(replace(upper(trim({text})), ',', '.') AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    is_iso = f"regexp_full_match(trim({text}), '{_TIME}')"
    return f"CASE WHEN {is_iso} THEN {_within_years(f'({instant})')} END"


def _within_years(instant: str) -> str:
    return (
        f"CASE WHEN {instant} BETWEEN TIMESTAMP '0001-01-01' "
        f"AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN {instant} END"
    )
