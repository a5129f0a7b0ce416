"""Reading an uploaded list: rows of CSV or lines of text, a few at a time, and counted.

Spaces around an id are dropped. Messages name rows, never what stands in them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import chain
from typing import BinaryIO, Literal, TextIO

import pyarrow as pa
from django.utils.translation import gettext as _

MOST_ROWS = 5_000_000
LONGEST_ID = 1000
_LONGEST_LINE = 100_000
_BATCH = 20_000
_DELIMITERS = (",", ";", "\t", "|")
# Names of columns, in lower case and without what is no letter or digit.
_ID_COLUMNS = re.compile(
    r"(external|internal|app|braze|customer|member|account|player|profile|subscriber|subject)?"
    r"(user|customer|member|account|player|profile|subscriber|subject)?(id|ids|uid|uids|uuid|uuids)"
    r"|users?|members?|customers?"
)

Header = Literal["detect", "yes", "no"]


class ListError(Exception):
    """The list cannot be saved; the message says why and what to do.

    `subject` is "slug" where it is the cohort that does not allow it, else blank: the upload.
    """

    def __init__(self, message: str, subject: str = "") -> None:
        super().__init__(message)
        self.subject = subject


@dataclass(kw_only=True)
class IdReader:
    """`column` is a name or a number from 1, needed when rows of CSV have several.

    The counts are complete when `batches` has ended.
    """

    file: BinaryIO
    is_csv: bool
    header: Header = "detect"
    column: str = ""
    rows: int = 0
    blank: int = 0
    refused: int = 0
    # The name in the first row, where that was taken for a header.
    found_header: str = field(default="", init=False)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Ids as they come, in a column `id`; not yet each once."""
        _check_kind(self.file)
        text = TextIOWrapper(
            self.file,
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="" if self.is_csv else None,
        )
        try:
            ids: list[str] = []
            for cell in self._cells(text):
                if self._accepts(cell):
                    ids.append(cell)
                if len(ids) >= _BATCH:
                    yield self._batch(ids)
                    ids = []
            if ids:
                yield self._batch(ids)
        finally:
            text.detach()

    def _accepts(self, cell: str) -> bool:
        self.rows += 1
        if self.rows > MOST_ROWS:
            message = _("There are more than %(most)s rows. Upload them in several parts.")
            raise ListError(message % {"most": f"{MOST_ROWS:,}"})
        if not cell:
            self.blank += 1
            return False
        if len(cell) > LONGEST_ID or "\0" in cell:
            self.refused += 1
            return False
        return True

    def _batch(self, ids: list[str]) -> pa.RecordBatch:
        try:
            return pa.record_batch([pa.array(ids, pa.string())], names=["id"])
        except UnicodeEncodeError:
            message = _("Before row %(row)s there is text that is not UTF-8. Save it as UTF-8.")
            raise ListError(message % {"row": f"{self.rows + 1:,}"}) from None

    def _cells(self, text: TextIO) -> Iterator[str]:
        lines = _lines(text)
        if not self.is_csv:
            yield from self._without_header(line.strip() for line in lines)
            return
        first = next(lines, "")
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        try:
            yield from self._column_of(reader)
        except csv.Error:
            message = _("Line %(line)s cannot be read as CSV. Check its quotes.")
            raise ListError(message % {"line": f"{reader.line_num:,}"}) from None

    def _without_header(self, cells: Iterator[str]) -> Iterator[str]:
        first = next(cells, None)
        if first is None:
            return
        if self._is_header(first):
            self.found_header = first
        else:
            yield first
        yield from cells

    def _is_header(self, cell: str) -> bool:
        return self.header == "yes" or (self.header == "detect" and _is_id_column(cell))

    def _column_of(self, rows: Iterator[list[str]]) -> Iterator[str]:
        first = [cell.strip() for cell in next(rows, [])]
        index, is_named = self._find_column(first)
        cells = (row[index].strip() if len(row) > index else "" for row in rows)
        start = first[index] if index < len(first) else ""
        if is_named:
            self.found_header = start
            yield from cells
        else:
            yield from self._without_header(chain([start], cells))

    def _find_column(self, first: list[str]) -> tuple[int, bool]:
        """Which column holds the ids, and whether the first row was found to name it."""
        wanted = self.column.strip()
        if self.header != "no":
            named = [i for i, name in enumerate(first) if name.lower() == wanted.lower() and wanted]
            if named:
                return named[0], True
        if wanted.isdecimal() and 1 <= int(wanted) <= len(first):
            return int(wanted) - 1, False
        if wanted:
            raise ListError(_no_column(wanted, first, has_names=self.header != "no"))
        likely = [i for i, name in enumerate(first) if _is_id_column(name)]
        if len(first) <= 1:
            return 0, False
        if len(likely) == 1 and self.header != "no":
            return likely[0], True
        message = _("The file has %(count)d columns. Say which one holds the ids.")
        raise ListError(message % {"count": len(first)})


def _no_column(wanted: str, first: list[str], *, has_names: bool) -> str:
    if not has_names:
        message = _("The file has %(count)d columns. Give the number of one of them.")
        return message % {"count": len(first)}
    message = _("The file has no column “%(name)s” in its first row of %(count)d columns.")
    return message % {"name": wanted[:60], "count": len(first)}


def _is_id_column(name: str) -> bool:
    return bool(_ID_COLUMNS.fullmatch(re.sub(r"[^a-z0-9]", "", name.lower())))


def _lines(text: TextIO) -> Iterator[str]:
    """Never more than a line in memory, and of that not more than is sensible."""
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            message = _("Line %(line)s is too long for a list of ids. Put one id on each line.")
            raise ListError(message % {"line": f"{number:,}"})
        yield line


def _check_kind(file: BinaryIO) -> None:
    start = file.read(4)
    file.seek(0)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ListError(_("The file is written in UTF-16. Save it as UTF-8."))
    if start == b"PK\x03\x04" or start[:2] == b"\x1f\x8b":
        raise ListError(
            _("The file is a spreadsheet or compressed. Upload it as CSV or as plain text.")
        )
