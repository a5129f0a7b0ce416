"""Files that hold rows: finding them, and their columns."""

from __future__ import annotations

import csv
import glob
import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

import duckdb

from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.infer import Staged
from cohorts.warehouse.source_errors import file_error

Format = Literal["csv", "jsonl", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}
_MOST_COLUMNS = 2_000


@dataclass(frozen=True)
class SourceColumn:
    name: str
    staged: Staged


@dataclass(frozen=True)
class Source:
    """One file. `columns` are in the file's order; one without a name is None."""

    path: Path
    format: Format
    columns: tuple[SourceColumn | None, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns if column is not None]


def find_files(patterns: Sequence[str]) -> list[Path]:
    """The files meant, in order, each once. A name that exists is never taken as a pattern."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            found[path] = None
    return list(found)


def _matches(pattern: str) -> list[Path]:
    try:
        path = Path(pattern)
        if path.is_dir():
            raise LoadError(f'{pattern}: is a folder. Name its files, as in "{pattern}/*.csv".')
        if path.exists():
            return [path]
        matches = sorted(glob.glob(pattern, recursive=True))
    except ValueError:
        raise LoadError(f"{pattern!r}: is not a file name.") from None
    if not matches:
        what = "no file matches" if glob.has_magic(pattern) else "there is no such file"
        raise LoadError(f"{pattern}: {what}. Check the path.")
    return [Path(match) for match in matches if Path(match).is_file()]


def format_of(path: Path) -> Format:
    for suffix, format_ in _SUFFIXES.items():
        if path.name.lower().endswith(suffix):
            return format_
    raise LoadError(
        f"{path}: the kind of file is told by its ending, which must be one of "
        f"{', '.join(_SUFFIXES)}."
    )


def open_source(connection: duckdb.DuckDBPyConnection, path: Path) -> Source:
    """Look at a file's columns. JSON lines have none until they are staged."""
    format_ = format_of(path)
    if path.stat().st_size == 0:
        raise LoadError(f"{path}: the file is empty.")
    match format_:
        case "csv":
            columns: tuple[SourceColumn | None, ...] = _csv_columns(path)
        case "parquet":
            columns = _parquet_columns(connection, path)
        case "jsonl":
            columns = ()
    return Source(path, format_, columns)


def checked_names(path: Path, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise LoadError(f'{path}: has two columns called "{twice[0]}". Rename or drop one of them.')
    if any("\0" in name for name in names):
        raise LoadError(f"{path}: has a column name with a NUL character in it. Rename it.")
    if len(names) > _MOST_COLUMNS:
        raise LoadError(f"{path}: has {len(names)} columns; {_MOST_COLUMNS} is the most.")


def _csv_columns(path: Path) -> tuple[SourceColumn | None, ...]:
    names = _csv_header(path)
    checked_names(path, names)
    return tuple(SourceColumn(name, "text") if name else None for name in names)


def _csv_header(path: Path) -> list[str]:
    try:
        with _open_bytes(path) as file:
            start = file.read(4)
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise LoadError(f"{path}: is written in UTF-16. Save it as UTF-8.")
        with open_text(path) as text:
            csv.field_size_limit(1 << 20)
            header = next(csv.reader(text, strict=True), [])
        # Bytes that are not UTF-8 come as lone surrogates: the reader looks further ahead than
        # the first line, and only that one is judged here.
        "".join(header).encode()
    except UnicodeEncodeError:
        raise LoadError(f"{path}, line 1: is not UTF-8 text. Save the file as UTF-8.") from None
    except csv.Error:
        raise LoadError(f"{path}, line 1: the column names cannot be read as CSV.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise LoadError(f"{path}: is not a whole gzip file. Copy or compress it again.") from None
    names = [name.strip() for name in header]
    if not any(names):
        raise LoadError(f"{path}, line 1: is empty. The first line must hold the column names.")
    return names


def _open_bytes(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def open_text(path: Path) -> TextIO:
    return TextIOWrapper(
        _open_bytes(path), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )


def _parquet_columns(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[SourceColumn | None, ...]:
    try:
        rows = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?, binary_as_string = true)",
            [exact_pattern(path)],
        ).fetchall()
    except duckdb.Error as error:
        raise file_error(path, error) from None
    names = [name for name, *_ in rows]
    checked_names(path, names)
    return tuple(SourceColumn(name, _staged(type_)) for name, type_, *_ in rows)


def _staged(type_: str) -> Staged:
    """How a column of a Parquet type is staged."""
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION")) or type_ == "JSON":
        return "text" if type_ == "JSON" else "object"
    if type_.startswith("DECIMAL"):
        return "number"
    if type_ in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"):
        return "integer"
    if type_ in ("UBIGINT", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE"):
        return "number"
    if type_ == "BOOLEAN":
        return "boolean"
    if type_ == "DATE" or type_.startswith("TIMESTAMP"):
        return "time"
    return "text"


def exact_pattern(path: Path) -> str:
    """The path as the engine must be told it, since it reads every name as a pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
