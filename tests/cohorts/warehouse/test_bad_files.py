"""Every kind of bad file is told in one line that names the file, the row and what to do."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.warehouse.errors import LoadError
from tests.cohorts.warehouse.loading import Folder

HEAD = "user_id,event,time\n"
GOOD = f"{HEAD}u,e,2026-01-01\n"
LINE = '{"user_id": "u", "event": "e", "time": "2026-01-01"}\n'


def parquet_of(**columns: list[object]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


PARQUET = parquet_of(user_id=["u"], event=["e"], time=["2026-01-01"])
PACKED = gzip.compress((GOOD + "u,e,2026-01-01\n" * 9999).encode())

BAD = [
    # name, content → what the line says
    ("empty.csv", b"", ["empty.csv: the file is empty"]),
    ("blank.csv", b"\n\n", ["blank.csv, line 1: is empty", "column names"]),
    ("long.csv", f"{GOOD}u,e,2026-01-01,x\n", ["long.csv, line 3: has 4 fields", "3 columns"]),
    ("short.csv", f"{GOOD}u,e\n", ["short.csv, line 3: has 2 fields", "3 columns"]),
    ("open.csv", f'{GOOD}u,"e,2026-01-01\n', ["open.csv, line 3: a double quote"]),
    ("quote.csv", f'{GOOD}"u"x,e,2026-01-01\n', ["quote.csv, line 3: a double quote"]),
    (
        "latin.csv",
        b"user_id,event,time\nu,caf\xe9,2026-01-01\n",
        ["latin.csv, line 2: is not UTF-8"],
    ),
    ("head.csv", b"user_id,caf\xe9,time\n", ["head.csv, line 1: is not UTF-8"]),
    ("utf16.csv", GOOD.encode("utf-16"), ["utf16.csv: is written in UTF-16"]),
    (
        "ends.csv",
        f"{HEAD}u,e,2026-01-01\r\nu,e,2026-01-01\n",
        ["ends.csv", "end in different ways"],
    ),
    ("twice.csv", "user_id,event,time,x,x\n", ["twice.csv: has two columns called", "x"]),
    ("nul.csv", "user_id,event,time,a\0b\n", ["nul.csv: has a column name with a NUL"]),
    ("semicolon.csv", "user_id;event;time\nu;e;2026-01-01\n", ["semicolon.csv", "commas"]),
    ("typo.csv", "userid,event,time\nu,e,2026-01-01\n", ["typo.csv", '"user_id"', "userid"]),
    ("epoch.csv", f"{HEAD}u,e,1767225600\n", ["epoch.csv", '"time"', "1767225600", "ISO"]),
    ("no_time.csv", f"{HEAD}u,e,\n", ["no_time.csv", '"time"', "empty", "ISO"]),
    ("no_id.csv", f"{HEAD},e,2026-01-01\n", ["no_id.csv", '"user_id"', "empty"]),
    ("half.jsonl", f'{LINE}{{"user_id":\n{LINE}', ["half.jsonl, line 2: is not a JSON object"]),
    ("list.jsonl", f"{LINE}\n[1]\n", ["list.jsonl, line 3: is not a JSON object"]),
    ("text.jsonl", "hello\n", ["text.jsonl, line 1: is not a JSON object"]),
    ("latin.jsonl", b'{"user_id": "caf\xe9"}\n', ["latin.jsonl, line 1: is not UTF-8"]),
    ("key.jsonl", '{"user_id": "u", "event": "e"}\n', ["key.jsonl", '"time"', "--time"]),
    ("epoch.jsonl", LINE.replace('"2026-01-01"', "1767225600"), ["1767225600", "ISO"]),
    ("text.parquet", GOOD, ["text.parquet: is not a whole Parquet file"]),
    ("cut.parquet", PARQUET[:-20], ["cut.parquet: is not a whole Parquet file"]),
    ("tiny.parquet", b"PAR1", ["tiny.parquet: is not a whole Parquet file"]),
    ("key.parquet", parquet_of(user_id=["u"]), ["key.parquet", '"event"', "--event"]),
    ("epoch.parquet", parquet_of(user_id=["u"], event=["e"], time=[1767225600]), ["1767225600"]),
    ("notes.txt", GOOD, ["notes.txt", ".csv", ".parquet"]),
    ("notes", GOOD, ["notes", ".csv", ".parquet"]),
]


@pytest.mark.parametrize(("name", "content", "says"), BAD, ids=[name for name, *_ in BAD])
def test_it_refuses_a_bad_file_in_one_line(
    folder: Folder, name: str, content: str | bytes, says: list[str]
) -> None:
    path = folder.write(name, content)
    with pytest.raises(LoadError) as refused:
        folder.load(path)
    message = str(refused.value)
    assert "\n" not in message
    assert all(part in message for part in says), message
    assert files_in(folder) == []


BAD_GZIP = [
    ("cut.csv.gz", PACKED[: len(PACKED) // 2], ["cut.csv.gz: is not a whole gzip file"]),
    ("no_end.csv.gz", PACKED[:-6], ["no_end.csv.gz: is not a whole gzip file"]),
    ("plain.csv.gz", GOOD.encode(), ["plain.csv.gz: is not a whole gzip file"]),
    ("plain.jsonl.gz", LINE.encode(), ["plain.jsonl.gz: is not a whole gzip file"]),
]


@pytest.mark.parametrize(("name", "content", "says"), BAD_GZIP, ids=[name for name, *_ in BAD_GZIP])
def test_it_refuses_a_bad_gzip_file(
    folder: Folder, name: str, content: bytes, says: list[str]
) -> None:
    path = folder.path / name
    path.write_bytes(content)
    with pytest.raises(LoadError) as refused:
        folder.load(path)
    assert all(part in str(refused.value) for part in says), str(refused.value)
    assert files_in(folder) == []


def test_it_refuses_names_that_lead_nowhere(folder: Folder) -> None:
    for pattern, says in [
        (folder.path / "missing.csv", "there is no such file"),
        (folder.path / "*.csv", "no file matches"),
        (folder.path, "is a folder"),
        ("nul\0.csv", "there is no such file"),
    ]:
        with pytest.raises(LoadError, match=says):
            folder.load(pattern)


def test_it_names_the_file_among_several(folder: Folder) -> None:
    folder.write("1.csv", GOOD)
    folder.write("2.csv", f"{GOOD}u\n")
    with pytest.raises(LoadError, match=r"2\.csv, line 3: has 1 fields"):
        folder.load(folder.path / "*.csv")


def test_it_refuses_files_of_two_kinds(folder: Folder) -> None:
    with pytest.raises(LoadError, match=r"b\.jsonl: is jsonl while .*a\.csv is csv"):
        folder.load(folder.write("a.csv", GOOD), folder.write("b.jsonl", LINE))


def test_it_refuses_a_bad_users_file(folder: Folder) -> None:
    events, users = folder.write("e.csv", GOOD), folder.write("u.csv", "userid,plan\nu,pro\n")
    with pytest.raises(LoadError, match=r"u\.csv: has no column \"user_id\" \(--users-id\)"):
        folder.load(events, users=(str(users),))


def test_it_refuses_one_column_for_two_roles(folder: Folder) -> None:
    with pytest.raises(LoadError, match="three columns"):
        folder.load(folder.write("e.csv", GOOD), event="user_id")


def files_in(folder: Folder) -> list[str]:
    """What a load left behind, but for the lock."""
    return [path.name for path in folder.datasets.iterdir() if path.name != ".load.lock"]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("fuzz"))


SUFFIXES = st.sampled_from([".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"])
STARTS = st.sampled_from(
    [b"", GOOD.encode(), LINE.encode(), PARQUET[:200], PACKED[:300], b"\x1f\x8b"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(suffix=SUFFIXES, start=STARTS, rest=st.binary(max_size=300))
def test_any_bytes_load_or_are_refused(
    scratch: Folder, suffix: str, start: bytes, rest: bytes
) -> None:
    path = scratch.path / f"fuzz{suffix}"
    path.write_bytes(start + rest)
    assert_loaded_or_refused(scratch, path)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=6))
def test_any_cells_load_or_are_refused(scratch: Folder, rows: list[list[str]]) -> None:
    text = "".join(",".join(row) + "\n" for row in rows)
    path = scratch.write("cells.csv", f"user_id,event,time,value\n{text}")
    assert_loaded_or_refused(scratch, path)


def assert_loaded_or_refused(scratch: Folder, path: Path) -> None:
    refusal = ""
    try:
        Path(scratch.datasets / scratch.load(path).file).unlink()
    except LoadError as refused:
        refusal = str(refused)
    assert refusal == "" or str(path) in refusal
    assert files_in(scratch) == []
