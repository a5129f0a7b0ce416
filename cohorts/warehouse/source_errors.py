"""The engine's complaints about a file, as one line that says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from cohorts.warehouse.errors import LoadError

_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FIELDS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


def file_error(path: Path, error: duckdb.Error) -> LoadError:
    text = str(error)
    line = _LINE.search(text)
    place = f"{path}, line {line[1]}" if line else f"{path}"
    return LoadError(f"{place}: {_complaint(text)}")


def _complaint(text: str) -> str:
    fields = _FIELDS.search(text)
    if fields:
        return (
            f"has {fields[2]} fields where the first line names {fields[1]} columns. "
            "Correct the line; a field with a comma in it needs double quotes."
        )
    for sign, complaint in _COMPLAINTS:
        if sign in text:
            return complaint
    return f"cannot be read: {text.splitlines()[0][:200]}"


_COMPLAINTS = (
    ("unterminated quote", "a double quote is opened and not closed, or closed too early."),
    ("Invalid unicode", "is not UTF-8 text. Save the file as UTF-8."),
    ("not utf-8", "is not UTF-8 text. Save the file as UTF-8."),
    ("Invalid UTF8", "holds text that is not UTF-8. Write the file again with UTF-8 text."),
    ("Maximum line size", "is longer than 16 MB. Shorten the line."),
    ("maximum_line_size", "is longer than 16 MB. Shorten the line."),
    ("GZIP", "is not a whole gzip file. Copy or compress it again."),
    (
        "state machine",
        "has quotes that do not match, or lines that end in different ways (LF here, CRLF there).",
    ),
    ("No magic bytes", "is not a whole Parquet file. Copy or export it again."),
    ("too small to be a Parquet", "is not a whole Parquet file. Copy or export it again."),
    ("arquet", "is a damaged Parquet file. Copy or export it again."),
    ("Permission denied", "may not be read. Check the file's permissions."),
    ("No space left", "the disk of the data folder is full."),
)
