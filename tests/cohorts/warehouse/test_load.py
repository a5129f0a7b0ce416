"""What a dataset file holds after a load."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from cohorts.warehouse.columns import physical_names
from tests.cohorts.warehouse.loading import Folder, at, event_property, user_property

EVENTS = """user_id,event,time,amount
b,Sing,2026-01-02T10:00:00Z,1
a,Purchase,2026-01-03T10:00:00+02:00,9.5
,Sing,2026-01-01,1
b,,2026-01-04,
c,Sing,yesterday,1
b,Sing,2026-01-01,2
b,Sing,2026-01-01,2
"""
USERS = """id,plan
z,free
b,pro
b,free
,team
"""


def test_it_numbers_users_of_both_files_in_order_of_id(folder: Folder) -> None:
    loaded = folder.load(
        folder.write("events.csv", EVENTS),
        users=(str(folder.write("users.csv", USERS)),),
        users_id="id",
    )
    assert folder.rows(loaded, "SELECT * FROM users ORDER BY uid") == [
        (0, "a", False, at("2026-01-03T08:00"), None),
        (1, "b", True, at("2026-01-01"), "pro"),
        (2, "z", True, None, "free"),
    ]
    assert loaded.user_count == 3


def test_it_sorts_events_and_keeps_repeated_rows(folder: Folder) -> None:
    loaded = folder.load(folder.write("events.csv", EVENTS))
    assert folder.rows(loaded, "SELECT event, time, uid, amount FROM events") == [
        ("Purchase", at("2026-01-03T08:00"), 0, 9.5),
        ("Sing", at("2026-01-01"), 1, 2.0),
        ("Sing", at("2026-01-01"), 1, 2.0),
        ("Sing", at("2026-01-02T10:00"), 1, 1.0),
        (None, at("2026-01-04"), 1, None),
    ]
    assert loaded.event_count == 5


def test_it_tells_which_rows_are_ignored(folder: Folder) -> None:
    loaded = folder.load(
        folder.write("events.csv", EVENTS),
        users=(str(folder.write("users.csv", USERS)),),
        users_id="id",
    )
    assert loaded.notes == (
        "1 of 7 event rows have no user id and are ignored.",
        "1 of 7 event rows have no readable time, such as 'yesterday', and are ignored.",
        "1 of 4 user rows have no user id and are ignored.",
        "1 user rows repeat an id; the first of each counts.",
    )


def test_the_catalog_describes_events_and_properties(folder: Folder) -> None:
    loaded = folder.load(
        folder.write("events.csv", EVENTS),
        users=(str(folder.write("users.csv", USERS)),),
        users_id="id",
        timezone="Asia/Tokyo",
    )
    assert [
        (each.name, each.count, each.first_at, each.last_at) for each in loaded.catalog.events
    ] == [
        ("Sing", 3, "2026-01-01T00:00:00Z", "2026-01-02T10:00:00Z"),
        ("Purchase", 1, "2026-01-03T08:00:00Z", "2026-01-03T08:00:00Z"),
    ]
    assert event_property(loaded, "amount").top_values == (("2", 2), ("1", 1), ("9.5", 1))
    assert user_property(loaded, "plan").top_values == (("free", 1), ("pro", 1))
    assert loaded.catalog.timezone == "Asia/Tokyo"
    assert loaded.first_event_at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert loaded.last_event_at == dt.datetime(2026, 1, 4, tzinfo=dt.UTC)


def test_the_catalog_lists_json_paths(folder: Folder) -> None:
    loaded = folder.load_values(['"{""cart"": {""items"": [{""sku"": ""x""}, {""n"": 1}]}}"'])
    assert event_property(loaded).json_paths == ("cart.items.0.n", "cart.items.0.sku")


NAMES = [
    ["Plan", "plan", "PLAN"],
    ["uid", "id", "first_event_at", "listed"],
    ["select", "order", "group"],
    ["日本", "née", "a b", "a-b", "1st", '"quoted"', "a.b", "x'y"],
]


@pytest.mark.parametrize("names", NAMES)
def test_any_column_name_becomes_a_property(folder: Folder, names: list[str]) -> None:
    header = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)
    values = ",".join(f"v{n}" for n in range(len(names)))
    loaded = folder.load(
        folder.write("e.csv", f"user_id,event,time,{header}\nu,e,2026-01-01,{values}\n"),
        users=(str(folder.write("u.csv", f"user_id,{header}\nu,{values}\n")),),
    )
    for table, properties in (
        ("events", loaded.catalog.event_properties),
        ("users", loaded.catalog.user_properties),
    ):
        assert [each.name for each in properties] == names
        columns = ", ".join(each.column for each in properties)
        assert folder.rows(loaded, f"SELECT {columns} FROM {table}") == [tuple(values.split(","))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.csv", b"\xef\xbb\xbfuser_id,event,time\nu,e,2026-01-01\n"),
        ("crlf.csv", b"user_id,event,time\r\nu,e,2026-01-01\r\n"),
        ("cr.csv", b"user_id,event,time\ru,e,2026-01-01\r"),
        ("no_last_newline.csv", b"user_id,event,time\nu,e,2026-01-01"),
        ("blank_lines.csv", b"user_id,event,time\n\nu,e,2026-01-01\n\n"),
        ("quoted.csv", b'"user_id","event","time"\n"u","e","2026-01-01"\n'),
        ("packed.csv.gz", b"user_id,event,time\nu,e,2026-01-01\n"),
        ("UPPER.CSV", b"user_id,event,time\nu,e,2026-01-01\n"),
        ("it's [1] *.csv", b"user_id,event,time\nu,e,2026-01-01\n"),
        ("lines.jsonl", b'{"user_id":"u","event":"e","time":"2026-01-01"}\n'),
        ("bom.csv.gz", b"\xef\xbb\xbfuser_id,event,time\nu,e,2026-01-01\n"),
        ("bom.jsonl", b'\xef\xbb\xbf{"user_id":"u","event":"e","time":"2026-01-01"}\n'),
        ("crlf.jsonl", b'{"user_id":"u","event":"e","time":"2026-01-01"}\r\n\r\n'),
        ("packed.jsonl.gz", b'{"user_id":"u","event":"e","time":"2026-01-01"}'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_reads_files_as_they_come(folder: Folder, name: str, content: bytes) -> None:
    loaded = folder.load(folder.write(name, content))
    assert folder.rows(loaded, "SELECT id, event, time FROM events JOIN users USING (uid)") == [
        ("u", "e", at("2026-01-01"))
    ]


def test_it_reads_cells_of_a_megabyte(folder: Folder) -> None:
    loaded = folder.load_values(["x" * 1_000_000, "y"])
    assert folder.rows(loaded, "SELECT length(value) FROM events ORDER BY uid") == [
        (1_000_000,),
        (1,),
    ]
    assert event_property(loaded).top_values == (("y", 1),)


def test_a_column_without_a_name_is_left_out_and_told(folder: Folder) -> None:
    loaded = folder.load(folder.write("e.csv", ",user_id,event,time\n0,u,e,2026-01-01\n"))
    assert loaded.catalog.event_properties == ()
    assert "without a name" in loaded.notes[0]


def test_several_files_are_one_dataset_each_once(folder: Folder) -> None:
    folder.write("a.csv", "user_id,event,time,x\nu,e,2026-01-01,1\n")
    folder.write("b.csv", "time,user_id,y,event\n2026-01-02,v,2,e\n")
    loaded = folder.load(folder.path / "a.csv", folder.path / "*.csv")
    assert folder.rows(
        loaded, "SELECT id, x, y FROM events JOIN users USING (uid) ORDER BY id"
    ) == [
        ("u", 1, None),
        ("v", None, 2),
    ]


def test_a_file_of_a_header_alone_is_an_empty_dataset(folder: Folder) -> None:
    loaded = folder.load(folder.write("e.csv", "user_id,event,time\n"))
    assert (loaded.event_count, loaded.user_count, loaded.first_event_at) == (0, 0, None)
    assert "has no rows" in loaded.notes[0]


def test_json_lines_need_not_have_the_same_keys(folder: Folder) -> None:
    rows = [
        {"user_id": "u", "event": "e", "time": "2026-01-01", "a/b": 1, "~": "x"},
        {"time": "2026-01-02", "event": None, "user_id": "v", "A/B": [1]},
    ]
    loaded = folder.load(folder.write_jsonl("e.jsonl", rows))
    assert [(each.name, each.type) for each in loaded.catalog.event_properties] == [
        ("a/b", "number"),
        ("~", "string"),
        ("A/B", "json"),
    ]
    assert folder.rows(loaded, "SELECT * EXCLUDE (time) FROM events ORDER BY uid") == [
        (0, "e", 1, "x", None),
        (1, None, None, None, "[1]"),
    ]


def test_nul_characters_are_data_but_not_in_the_catalog(folder: Folder) -> None:
    text = "user_id,event,time,value\nu,a\0b,2026-01-01,x\0y\nu,e,2026-01-01,z\n"
    loaded = folder.load(folder.write("e.csv", text))
    assert folder.rows(loaded, "SELECT event, value FROM events") == [("a\0b", "x\0y"), ("e", "z")]
    assert [event.name for event in loaded.catalog.events] == ["e"]
    assert event_property(loaded).top_values == (("z", 1),)


def test_no_column_is_called_like_a_word_that_sql_keeps() -> None:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT DISTINCT keyword_name FROM duckdb_keywords()")
        names = physical_names([word for (word,) in found.fetchall()])
        columns = ", ".join(f"{name} INTEGER" for name in names)
        connection.execute(f"CREATE TABLE words ({columns})")
        connection.execute(f"SELECT {', '.join(f'words.{n} + {n}' for n in names)} FROM words")
