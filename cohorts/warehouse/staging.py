"""Files of one kind of row, read once into a staging table, united by column name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from cohorts.definitions.problems import find_nearest
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.infer import SQL_TYPES, Staged, text_of, time_of, to_timestamp
from cohorts.warehouse.source_errors import file_error
from cohorts.warehouse.sources import (
    Source,
    SourceColumn,
    checked_names,
    exact_pattern,
    find_files,
    open_source,
)

# How a column that stands for more than itself is read. `None` in place of a file's column
# means the column as such.
Reading = Callable[[str, Staged], str]


@dataclass(frozen=True)
class StagedTable:
    """`properties` maps a property's name to its column in `table` and how it is staged."""

    table: str
    properties: Mapping[str, tuple[str, Staged]]
    unnamed: tuple[str, ...] = ()


def stage_events(
    connection: duckdb.DuckDBPyConnection,
    patterns: Sequence[str],
    *,
    user_id: str,
    event: str,
    time: str,
) -> StagedTable:
    roles = {"--user-id": user_id, "--event": event, "--time": time}
    if len(set(roles.values())) < len(roles):
        raise LoadError("arguments: --user-id, --event and --time must name three columns.")
    readings: dict[str, tuple[str, str, Reading]] = {
        "id": (user_id, "VARCHAR", _filled_text),
        "event": (event, "VARCHAR", _filled_text),
        "time": (time, "TIMESTAMP", time_of),
        # Kept to show an example when no time at all can be read.
        "time_text": (time, "VARCHAR", _unreadable_time),
    }
    return _stage(connection, "event_rows", patterns, roles, readings)


def stage_users(
    connection: duckdb.DuckDBPyConnection, patterns: Sequence[str], *, users_id: str
) -> StagedTable:
    readings: dict[str, tuple[str, str, Reading]] = {"id": (users_id, "VARCHAR", _filled_text)}
    return _stage(connection, "user_rows", patterns, {"--users-id": users_id}, readings)


def _stage(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    patterns: Sequence[str],
    roles: Mapping[str, str],
    readings: Mapping[str, tuple[str, str, Reading]],
) -> StagedTable:
    sources = [_opened(connection, path, n) for n, path in enumerate(find_files(patterns))]
    _check_formats(sources)
    for source in sources:
        _check_roles(source, roles)
    properties = _united(sources, leave_out=set(roles.values()))
    columns = {column: SQL_TYPES[staged] for column, staged in properties.values()}
    layout = {name: sql_type for name, (_, sql_type, _) in readings.items()} | columns
    connection.execute(
        f"CREATE TABLE {table} ({', '.join(f'{name} {type_}' for name, type_ in layout.items())})"
    )
    for number, source in enumerate(sources):
        _insert(connection, table, source, number, readings, properties)
    unnamed = tuple(
        f"{source.path}: a column without a name is left out."
        for source in sources
        if None in source.columns
    )
    return StagedTable(table, properties, unnamed)


def _opened(connection: duckdb.DuckDBPyConnection, path: Path, number: int) -> Source:
    source = open_source(connection, path)
    if source.format != "jsonl":
        return source
    names = _stage_lines(connection, source.path, number)
    checked_names(source.path, names)
    return replace(source, columns=tuple(SourceColumn(name, "json") for name in names if name))


def _stage_lines(connection: duckdb.DuckDBPyConnection, path: Path, number: int) -> list[str]:
    """Bring the lines of a JSON-lines file in, check each, and give the keys in order."""
    lines = f"lines_{number}"
    # Read as CSV of one column whose separator cannot occur in JSON: so the engine tells
    # lines apart as the format does, and counts them.
    reader = (
        f"read_csv({_quoted(exact_pattern(path))}, auto_detect=false, header=false, "
        f"columns={{'line': 'VARCHAR'}}, delim='\x1f', quote='', escape='', new_line='\\n', "
        f"strict_mode=false, {_COMMON}, {_compression(path)})"
    )
    try:
        connection.execute(f"CREATE TABLE {lines} AS SELECT line FROM {reader}")  # noqa: S608
    except duckdb.Error as error:
        raise file_error(path, error) from None
    bad = connection.execute(
        f"SELECT min(rowid) + 1 FROM {lines} WHERE trim(line, ' \t\r') <> '' "  # noqa: S608
        "AND NOT CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"
    ).fetchall()[0][0]
    if bad is not None:
        raise LoadError(
            f"{path}, line {bad}: is not a JSON object. Each line must hold one, "
            'as in {"user_id": "7", …}.'
        )
    keys = connection.execute(
        "SELECT key, min(line_number) AS first FROM (SELECT rowid AS line_number, "  # noqa: S608
        f"unnest(json_keys(line)) AS key FROM {lines} WHERE trim(line, ' \t\r') <> '') "
        "GROUP BY key ORDER BY first, key"
    ).fetchall()
    return [key for key, _ in keys]


def _check_formats(sources: Sequence[Source]) -> None:
    for source in sources[1:]:
        if source.format != sources[0].format:
            raise LoadError(
                f"{source.path}: is {source.format} while {sources[0].path} is "
                f"{sources[0].format}. Give files of one kind, or load them as two datasets."
            )


def _check_roles(source: Source, roles: Mapping[str, str]) -> None:
    for option, column in roles.items():
        if column not in source.names:
            raise LoadError(_missing_column(source, option, column))


def _missing_column(source: Source, option: str, column: str) -> str:
    names = source.names
    near = find_nearest(column, names)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(names[:20])}."
    if len(names) == 1 and any(separator in names[0] for separator in ";\t|"):
        hint = "Its columns seem not to be separated by commas; CSV with commas is needed."
    return f'{source.path}: has no column "{column}" ({option}). {hint}'


def _united(sources: Sequence[Source], leave_out: set[str]) -> dict[str, tuple[str, Staged]]:
    """Every property of any file, with one way of staging that holds what all files have."""
    kinds: dict[str, set[Staged]] = {}
    for source in sources:
        for column in source.columns:
            if column is not None and column.name not in leave_out:
                kinds.setdefault(column.name, set()).add(column.staged)
    return {
        name: (f"c{number}", _common(found)) for number, (name, found) in enumerate(kinds.items())
    }


def _common(kinds: set[Staged]) -> Staged:
    if len(kinds) == 1:
        return next(iter(kinds))
    return "number" if kinds == {"integer", "number"} else "text"


def _insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    source: Source,
    number: int,
    readings: Mapping[str, tuple[str, str, Reading]],
    properties: Mapping[str, tuple[str, Staged]],
) -> None:
    physical = {
        column.name: (f"n{position}", column.staged)
        for position, column in enumerate(source.columns)
        if column is not None
    }
    values = [reading(*physical[name]) for name, _, reading in readings.values()]
    for name, (_, wanted) in properties.items():
        values.append(_as_staged(*physical[name], wanted) if name in physical else "NULL")
    try:
        connection.execute(
            f"INSERT INTO {table} SELECT {', '.join(values)} "  # noqa: S608
            f"FROM {_reader(source, number)}"
        )
        connection.execute(f"DROP TABLE IF EXISTS lines_{number}")
    except duckdb.Error as error:
        raise file_error(source.path, error) from None


def _as_staged(column: str, staged: Staged, wanted: Staged) -> str:
    if staged == "object":
        return f"CASE WHEN {column} IS NOT NULL THEN CAST(to_json({column}) AS VARCHAR) END"
    if staged == wanted == "time":
        return to_timestamp(column)
    if staged == wanted:
        return f"CAST({column} AS {SQL_TYPES[wanted]})"
    if wanted == "number":
        return f"CAST({column} AS DOUBLE)"
    return text_of(column, staged)


def _filled_text(column: str, staged: Staged) -> str:
    if staged == "object":
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"nullif({text_of(column, staged)}, '')"


def _unreadable_time(column: str, staged: Staged) -> str:
    text = _filled_text(column, staged)
    return f"CASE WHEN ({time_of(column, staged)}) IS NULL THEN {text}[:60] END"


_MOST_LINE = 16 << 20
_COMMON = f"nullstr='', max_line_size={_MOST_LINE}, buffer_size={_MOST_LINE * 2}"


def _reader(source: Source, number: int) -> str:
    """What to read the file's rows from, with columns n0, n1, …"""
    path = _quoted(exact_pattern(source.path))
    match source.format:
        case "csv":
            columns = ", ".join(f"'n{n}': 'VARCHAR'" for n in range(len(source.columns)))
            return (
                f"read_csv({path}, auto_detect=false, header=true, delim=',', quote='\"', "
                f"escape='\"', allow_quoted_nulls=true, columns={{{columns}}}, {_COMMON}, "
                f"{_compression(source.path)})"
            )
        case "parquet":
            names = ", ".join(f"n{n}" for n in range(len(source.columns)))
            return f"read_parquet({path}, binary_as_string=true) AS file({names})"
        case "jsonl":
            pointers = ", ".join(_quoted(_pointer(name)) for name in source.names)
            values = ", ".join(
                f"nullif(CAST(v[{n + 1}] AS VARCHAR), 'null') AS n{n}"
                for n in range(len(source.names))
            )
            return (
                f"(SELECT {values} FROM (SELECT json_extract(line, [{pointers}]) AS v "  # noqa: S608
                f"FROM lines_{number} WHERE trim(line, ' \t\r') <> ''))"
            )


def _compression(path: Path) -> str:
    return "compression='gzip'" if path.suffix.lower() == ".gz" else "compression='none'"


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
