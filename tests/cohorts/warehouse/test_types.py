"""Property types are read from all non-empty values of a file."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cohorts.warehouse.loading import Folder, at, event_property


def shown(value: object) -> str:
    return str(value)[:40]


CSV = [
    # cells → type, values
    (["1", "22", "-3", ""], "number", [1, 22, -3, None]),
    (["1.5", "2", ""], "number", [1.5, 2.0, None]),
    (["007", "08"], "number", [7, 8]),
    (["+1", " 12 ", ".5", "3."], "number", [1.0, 12.0, 0.5, 3.0]),
    (["1e5", "2.5E-3"], "number", [100000.0, 0.0025]),
    (["9223372036854775807"], "number", [9223372036854775807]),
    (["9223372036854775808"], "number", [9223372036854775808.0]),
    (["1", "NaN"], "string", ["1", "NaN"]),
    (["1", "inf"], "string", ["1", "inf"]),
    (["1", "1e999"], "string", ["1", "1e999"]),
    (["1", "1_000"], "string", ["1", "1_000"]),
    (["1", "0x10"], "string", ["1", "0x10"]),
    (['"1,000"'], "string", ["1,000"]),
    (["1", "-"], "string", ["1", "-"]),
    (["true", "False", "TRUE", '""'], "boolean", [True, False, True, None]),
    (["true", "1"], "string", ["true", "1"]),
    (["yes", "no"], "string", ["yes", "no"]),
    (["2026-01-31", ""], "time", [at("2026-01-31"), None]),
    (["2026-01-31T09:30:00Z"], "time", [at("2026-01-31T09:30")]),
    (["2026-01-31 09:30"], "time", [at("2026-01-31T09:30")]),
    (["2026-01-31T09:30:00+02:00"], "time", [at("2026-01-31T07:30")]),
    (["2026-01-31T09:30:00-0530"], "time", [at("2026-01-31T15:00")]),
    (["2026-01-31T00:30:00+01"], "time", [at("2026-01-30T23:30")]),
    (["2026-01-31T09:30:00.1234567Z"], "time", [at("2026-01-31T09:30:00.123456")]),
    (["2026-01-31", "2026-02-30"], "string", ["2026-01-31", "2026-02-30"]),
    (["2026-01-31", "2026-13-01"], "string", ["2026-01-31", "2026-13-01"]),
    (["2026-01-31T25:00:00"], "string", ["2026-01-31T25:00:00"]),
    (["2026/01/31"], "string", ["2026/01/31"]),
    (["infinity", "epoch"], "string", ["infinity", "epoch"]),
    (["1699999999"], "number", [1699999999]),
    (['"{""a"": 1}"', ""], "json", ['{"a": 1}', None]),
    (['"[1, 2]"'], "string", ["[1, 2]"]),
    (['"{""a"": 1}"', "{broken"], "string", ['{"a": 1}', "{broken"]),
    (["", '""'], "string", [None, None]),
    (["a", " b ", "NULL", "NA", "#x"], "string", ["a", " b ", "NULL", "NA", "#x"]),
    (['"two\nlines"', '"say ""hi"""'], "string", ["two\nlines", 'say "hi"']),
    (["naïve", "日本", "🎤"], "string", ["naïve", "日本", "🎤"]),
]


@pytest.mark.parametrize(("cells", "type_", "values"), CSV, ids=shown)
def test_it_types_csv_cells(
    folder: Folder, cells: list[str], type_: str, values: list[Any]
) -> None:
    loaded = folder.load_values(cells)
    found = event_property(loaded)
    assert found.type == type_
    read = folder.rows(loaded, f"SELECT {found.column} FROM events ORDER BY uid")
    assert [value for (value,) in read] == values
    assert found.filled == sum(value is not None for value in values)


def test_it_looks_at_every_value_not_only_at_the_first_ones(folder: Folder) -> None:
    loaded = folder.load_values([str(n) for n in range(5000)] + ["n/a"])
    assert event_property(loaded).type == "string"


JSON_LINES = [
    ([1, 2.5, None], "number", [1.0, 2.5, None]),
    ([1, 2], "number", [1, 2]),
    (["1", "2"], "string", ["1", "2"]),
    ([1, "2"], "string", ["1", "2"]),
    ([1.0, "x"], "string", ["1.0", "x"]),
    ([12345678901234567890123, "x"], "string", ["12345678901234567890123", "x"]),
    ([True, False], "boolean", [True, False]),
    ([True, "x"], "string", ["true", "x"]),
    (["2026-01-31T09:30:00+01:00", ""], "time", [at("2026-01-31T08:30"), None]),
    ([{"a": [1, {"b": None}]}, None], "json", ['{"a":[1,{"b":null}]}', None]),
    ([[1, 2], {"a": 1}], "json", ["[1,2]", '{"a":1}']),
    ([{"a": 1}, 7], "string", ['{"a":1}', "7"]),
    (["", "x"], "string", ["", "x"]),
    (["null", None, 'a "b" \\ \u00e9\n'], "string", ["null", None, 'a "b" \\ \u00e9\n']),
    ([None, None], "string", [None, None]),
]


@pytest.mark.parametrize(("cells", "type_", "values"), JSON_LINES, ids=shown)
def test_it_types_json_values(
    folder: Folder, cells: list[Any], type_: str, values: list[Any]
) -> None:
    rows = [
        {"user_id": f"u{n}", "event": "e", "time": "2026-01-01", "value": cell}
        for n, cell in enumerate(cells)
    ]
    loaded = folder.load(folder.write_jsonl("events.jsonl", rows))
    found = event_property(loaded)
    assert found.type == type_
    read = folder.rows(loaded, f"SELECT {found.column} FROM events ORDER BY uid")
    assert [value for (value,) in read] == values


UTC = dt.UTC
PARQUET = [
    (pa.array([1, None], pa.int32()), "number", [1, None]),
    (pa.array([2**63, 1], pa.uint64()), "number", [float(2**63), 1.0]),
    (pa.array([1.5, float("nan"), float("inf")]), "number", [1.5, None, None]),
    (pa.array([Decimal("1.25")], pa.decimal128(9, 2)), "number", [1.25]),
    (pa.array([True, None]), "boolean", [True, None]),
    (pa.array(["1", "2"]), "number", [1, 2]),
    (pa.array(["a", ""]), "string", ["a", ""]),
    (pa.array([b"a", b"b"]), "string", ["a", "b"]),
    (pa.array(["a", "b"]).dictionary_encode(), "string", ["a", "b"]),
    (pa.array(['{"a": 1}']), "json", ['{"a": 1}']),
    (pa.array(["2026-01-31T01:00:00+02:00"]), "time", [at("2026-01-30T23:00")]),
    (pa.array([dt.date(2026, 1, 31)]), "time", [at("2026-01-31")]),
    (
        pa.array([at("2026-01-31T09:00")], pa.timestamp("ns")),
        "time",
        [at("2026-01-31T09:00")],
    ),
    (
        pa.array([dt.datetime(2026, 1, 31, 9, tzinfo=UTC)], pa.timestamp("ms", tz="Asia/Tokyo")),
        "time",
        [at("2026-01-31T09:00")],
    ),
    (pa.array([{"a": [1]}, None]), "json", ['{"a":[1]}', None]),
    (pa.array([[1, 2], None]), "json", ["[1,2]", None]),
    (pa.array([dt.time(9, 30)]), "string", ["09:30:00"]),
]


@pytest.mark.parametrize(("cells", "type_", "values"), PARQUET, ids=shown)
def test_it_types_parquet_columns(
    folder: Folder, cells: pa.Array, type_: str, values: list[Any]
) -> None:
    size = len(cells)
    table = pa.table(
        {
            "user_id": [f"u{n}" for n in range(size)],
            "event": ["e"] * size,
            "time": [dt.datetime(2026, 1, 1, tzinfo=UTC)] * size,
            "value": cells,
        }
    )
    path = folder.path / "events.parquet"
    pq.write_table(table, path)
    loaded = folder.load(path)
    found = event_property(loaded)
    assert found.type == type_
    read = folder.rows(loaded, f"SELECT {found.column} FROM events ORDER BY uid")
    assert [value for (value,) in read] == values


def test_user_ids_and_event_names_are_always_text(folder: Folder) -> None:
    rows = [
        {"user_id": 7, "event": 1, "time": "2026-01-01"},
        {"user_id": "007", "event": True, "time": "2026-01-01"},
        {"user_id": 1.0, "event": {"a": 1}, "time": "2026-01-01"},
    ]
    loaded = folder.load(folder.write_jsonl("events.jsonl", rows))
    read = folder.rows(loaded, "SELECT id, event FROM events JOIN users USING (uid) ORDER BY id")
    assert read == [("007", "true"), ("1.0", '{"a":1}'), ("7", "1")]


def test_parquet_integers_are_ids_in_their_usual_spelling(folder: Folder) -> None:
    table = pa.table({"user_id": [7, 2**40], "event": ["e", "f"], "time": ["2026-01-01"] * 2})
    pq.write_table(table, folder.path / "events.parquet")
    loaded = folder.load(folder.path / "events.parquet")
    assert folder.rows(loaded, "SELECT id FROM users ORDER BY uid") == [("1099511627776",), ("7",)]


def test_files_of_different_types_are_united_by_name(folder: Folder) -> None:
    head = {"user_id": ["a"], "event": ["e"], "time": ["2026-01-01"]}
    pq.write_table(pa.table(head | {"value": [1]}), folder.path / "1.parquet")
    pq.write_table(
        pa.table(head | {"value": [2.5], "extra": [json.dumps({"k": 1})]}),
        folder.path / "2.parquet",
    )
    pq.write_table(
        pa.table({"time": ["2026-01-02"], "user_id": ["b"], "event": ["e"]}),
        folder.path / "3.parquet",
    )
    loaded = folder.load(folder.path / "*.parquet")
    read = folder.rows(
        loaded, "SELECT id, value, extra FROM events JOIN users USING (uid) ORDER BY id, value"
    )
    assert read == [("a", 1.0, None), ("a", 2.5, '{"k": 1}'), ("b", None, None)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_it_reads_the_time_of_events_in_any_unit(
    folder: Folder, unit: str, zone: str | None
) -> None:
    time = pa.array([dt.datetime(2026, 1, 31, 9, tzinfo=UTC)], pa.timestamp(unit, zone))
    path = folder.path / "events.parquet"
    columns = {"user_id": ["u"], "event": ["e"], "time": time, "value": time}
    pq.write_table(pa.table(columns), path)
    rows = folder.rows(folder.load(path), "SELECT time, value FROM events")
    assert rows == [(at("2026-01-31T09:00"), at("2026-01-31T09:00"))]
