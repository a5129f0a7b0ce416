"""Cells that a spreadsheet would run are quoted; everything else is CSV as usual."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.csv_lines import write_line


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        (-1, "-1"),
        (None, ""),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_what_begins_a_formula_is_quoted(cell: Any, written: str) -> None:
    assert write_line([cell, "end"]) == f"{written},end\r\n"


def test_raw_cells_stay_as_they_are() -> None:
    assert write_line(["=1+1"], raw=True) == "=1+1\r\n"


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(TEXTS, min_size=2))
def test_a_raw_line_reads_back(cells: list[str]) -> None:
    line = write_line(cells, raw=True)
    assert list(csv.reader(io.StringIO(line, newline=""), strict=True)) == [cells]
