"""What an upload is read as, row by row."""

from __future__ import annotations

import io
from typing import Any

import pytest

from cohorts import list_reading
from cohorts.list_reading import IdReader, ListError


def read(content: str | bytes, **options: Any) -> tuple[list[str], IdReader]:
    data = content.encode() if isinstance(content, str) else content
    reader = IdReader(file=io.BytesIO(data), **{"is_csv": False} | options)
    return [each for batch in reader.batches() for each in batch.column(0).to_pylist()], reader


def refusal(content: str | bytes, **options: Any) -> str:
    with pytest.raises(ListError) as refused:
        read(content, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "options", "ids", "header"),
    [
        ("ann\nbob\n", {}, ["ann", "bob"], ""),
        ("ann\r\nbob", {}, ["ann", "bob"], ""),
        ("user_id\nann\n", {}, ["ann"], "user_id"),
        ("User ID\nann\n", {}, ["ann"], "User ID"),
        ("user_id\nann\n", {"header": "no"}, ["user_id", "ann"], ""),
        ("ann\nbob\n", {"header": "yes"}, ["bob"], "ann"),
        ("a,b\n", {}, ["a,b"], ""),
        ("\ufeffuser_id\nann\n", {}, ["ann"], "user_id"),
        ("PK1\n", {}, ["PK1"], ""),
        ("", {}, [], ""),
        ("", {"is_csv": True}, [], ""),
        ("ann\nbob\n", {"is_csv": True}, ["ann", "bob"], ""),
        ("user_id\nann\n", {"is_csv": True}, ["ann"], "user_id"),
        ("name,user_id\nAnn,a1\nBob,b2\n", {"is_csv": True}, ["a1", "b2"], "user_id"),
        ("name;user_id\nAnn;a1\n", {"is_csv": True}, ["a1"], "user_id"),
        ("name\tcode\nAnn\ta1\n", {"is_csv": True, "column": "code"}, ["a1"], "code"),
        ("name,Code\nAnn,a1\n", {"is_csv": True, "column": "code"}, ["a1"], "Code"),
        ("Ann,a1\nBob,b2\n", {"is_csv": True, "column": "2"}, ["a1", "b2"], ""),
        ("x,code\nAnn,a1\n", {"is_csv": True, "column": "2", "header": "yes"}, ["a1"], "code"),
        ('id\n"a,1"\n"b""2"\n', {"is_csv": True}, ["a,1", 'b"2'], "id"),
    ],
)
def test_it_reads(content: str, options: dict[str, Any], ids: list[str], header: str) -> None:
    found, reader = read(content, **options)
    assert (found, reader.found_header) == (ids, header)


def test_it_drops_spaces_and_counts_what_it_leaves_out() -> None:
    found, reader = read(f" ann \n\n\t\nann\n{'x' * 1001}\na\0b\n")
    assert found == ["ann", "ann"]
    assert (reader.rows, reader.blank, reader.refused) == (6, 2, 2)


def test_a_short_row_is_blank() -> None:
    found, reader = read("name,user_id\nAnn\n\nBob,b2\n", is_csv=True)
    assert (found, reader.rows, reader.blank) == (["b2"], 3, 2)


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("ann\n".encode("utf-16"), {}, "UTF-16"),
        (b"PK\x03\x04zip", {}, "spreadsheet"),
        (b"\x1f\x8b\x08\x00", {}, "compressed"),
        (b"ann\nb\xff\n", {}, "Before row 3"),
        ("x" * 100_001, {}, "Line 1 is too long"),
        ('id\n"a"b\n', {"is_csv": True}, "Line 2 cannot be read as CSV"),
        ('id\n"a\n', {"is_csv": True}, "cannot be read as CSV"),
        ("a,b\n1,2\n", {"is_csv": True}, "The file has 2 columns. Say which one"),
        ("user_id,uid\n1,2\n", {"is_csv": True}, "The file has 2 columns. Say which one"),
        ("a,b\n1,2\n", {"is_csv": True, "column": "c"}, "no column “c”"),
        ("a,b\n1,2\n", {"is_csv": True, "column": "3"}, "no column “3”"),
        ("a,b\n1,2\n", {"is_csv": True, "column": "a", "header": "no"}, "Give the number"),
    ],
)
def test_it_refuses_with_what_to_do(content: Any, options: dict[str, Any], says: str) -> None:
    assert says in refusal(content, **options)


def test_it_stops_at_the_most_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_reading, "MOST_ROWS", 3)
    assert read("user_id\na\n\nb\n")[0] == ["a", "b"]
    assert "more than 3 rows" in refusal("a\nb\n\nc\n")
