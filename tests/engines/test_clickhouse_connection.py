"""A connection to ClickHouse: read-only, within limits, stoppable, and silent about secrets."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts.warehouse.clickhouse import ClickHouse
from cohorts.warehouse.errors import WarehouseError
from tests.engines.clickhouse_engine import ClickHouseEngine

pytestmark = pytest.mark.engines
SLOW = "SELECT sum(number * number % 7) FROM numbers(100000000000)"
MANY = "SELECT leftPad(toString(number), 20, '0') AS id FROM numbers({}) ORDER BY id"


@pytest.fixture
def warehouse(clickhouse_url: str) -> Iterator[ClickHouse]:
    with ClickHouse(clickhouse_url, time_limit=60, memory_limit="200MB", threads=1) as warehouse:
        yield warehouse


def refused(warehouse: ClickHouse, sql: str) -> WarehouseError:
    with pytest.raises(WarehouseError) as refusal:
        warehouse.rows(sql)
    assert refusal.value.__cause__ is None
    return refusal.value


def test_it_answers_rows_with_values_that_python_compares(warehouse: ClickHouse) -> None:
    assert warehouse.rows("SELECT 1, 0.5, 'a%s', NULL") == [(1, 0.5, "a%s", None)]
    assert warehouse.rows("SELECT 1 WHERE 0") == []


def test_it_streams_batches_of_the_size_asked_for(warehouse: ClickHouse) -> None:
    sql = "SELECT toString(number) AS id, number / 2 AS half FROM numbers(5) ORDER BY id"
    batches = list(warehouse.batches(sql, rows=2))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert batches[2].to_pylist() == [{"id": "4", "half": 2.0}]


def test_a_million_ids_pass_through_little_memory(
    warehouse: ClickHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    list(warehouse.batches(MANY.format(10_000)))
    before, most, total = psutil.Process().memory_info().rss, 0, 0
    for batch in warehouse.batches(MANY.format(1_000_000)):
        total += batch.num_rows
        most = max(most, psutil.Process().memory_info().rss)
    assert total == 1_000_000
    with capsys.disabled():
        grown = (most - before) / 1_000_000
        sys.stdout.write(f"\n{total} ids of ClickHouse passed through {grown:.1f} MB\n")
    # They are 24 MB all together.
    assert most - before < 16 << 20


def test_every_query_carries_its_limits(warehouse: ClickHouse) -> None:
    names = ("max_execution_time", "max_memory_usage", "max_threads", "readonly", "limit")
    asked = ", ".join(f"getSetting('{name}')" for name in names)
    assert warehouse.rows(f"SELECT {asked}") == [(60, 200_000_000, 1, 2, 0)]
    assert warehouse.rows("SELECT getSetting('result_overflow_mode')") == [("throw",)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO shop.kept VALUES ('b')",
        "CREATE TABLE shop.more (id String) ENGINE = Memory",
        "DROP TABLE shop.kept",
        "ALTER TABLE shop.kept DELETE WHERE 1",
    ],
)
def test_it_changes_nothing(
    warehouse: ClickHouse, clickhouse: ClickHouseEngine, statement: str
) -> None:
    clickhouse.administrator.fill("shop.kept", {"id": "String"}, [("a",)])
    assert refused(warehouse, statement).kind == "query"
    assert warehouse.rows("SELECT id FROM shop.kept") == [("a",)]


def test_a_query_is_stopped_when_its_time_is_up(clickhouse_url: str) -> None:
    with ClickHouse(clickhouse_url, time_limit=1) as warehouse:
        assert refused(warehouse, SLOW).kind == "timeout"
        assert warehouse.rows("SELECT 1") == [(1,)]


def test_a_query_is_stopped_when_it_needs_too_much_memory(warehouse: ClickHouse) -> None:
    error = refused(warehouse, "SELECT length(groupArray(number)) FROM numbers(1000000000)")
    assert error.kind == "memory"
    assert "200MB" in error.message


def test_a_canceled_query_stops_using_the_processor(
    warehouse: ClickHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    server = next(
        each
        for each in psutil.Process().children(recursive=True)
        if "tests.engines.clickhouse_server" in " ".join(each.cmdline())
    )
    timer = threading.Timer(1.0, warehouse.interrupt)
    timer.start()
    assert refused(warehouse, SLOW).kind == "canceled"
    timer.join()
    time.sleep(1.0)
    before = server.cpu_times()
    time.sleep(1.0)
    after = server.cpu_times()
    used = after.user + after.system - before.user - before.system
    with capsys.disabled():
        sys.stdout.write(f"\nA canceled query of ClickHouse used {used:.2f} s of the next second\n")
    assert used < 0.5


def test_an_interrupt_before_the_query_is_not_forgotten(warehouse: ClickHouse) -> None:
    warehouse.interrupt()
    assert refused(warehouse, "SELECT 1").kind == "canceled"


def test_stored_lists_come_with_the_query(clickhouse_url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"id": ["a\tb", "ü", "\\N", "nul\0"]}), path)
    with ClickHouse(clickhouse_url, time_limit=60, lists={"list_1": path}) as warehouse:
        for _ in range(2):
            found = warehouse.rows('SELECT "l"."id" FROM "list_1" AS "l" ORDER BY 1')
            assert [user for (user,) in found] == ["\\N", "a\tb", "nul\0", "ü"]
        long = ", ".join(f"'{n}'" for n in range(5_000))
        assert warehouse.rows(f"SELECT count() FROM list_1 WHERE id NOT IN ({long})") == [(4,)]
    with ClickHouse(clickhouse_url, time_limit=60) as warehouse:
        assert refused(warehouse, "SELECT * FROM list_1").kind == "source"


def test_a_stored_list_may_hold_nobody(clickhouse_url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    with ClickHouse(clickhouse_url, time_limit=60, lists={"list_1": path}) as warehouse:
        assert warehouse.rows("SELECT id FROM list_1") == []


def test_a_missing_list_says_so(clickhouse_url: str, tmp_path: Path) -> None:
    lists = {"list_1": tmp_path / "gone.parquet"}
    with pytest.raises(WarehouseError, match="stored list is missing"):
        ClickHouse(clickhouse_url, time_limit=60, lists=lists).__enter__()


@pytest.mark.parametrize(("fault", "kind"), [("cut", "source"), ("error", "memory")])
def test_an_answer_that_breaks_off_is_never_taken_for_whole(
    fault: str, kind: str, warehouse: ClickHouse, clickhouse_folder: Path
) -> None:
    (clickhouse_folder / "fault").write_text(fault)
    with pytest.raises(WarehouseError) as broken:
        list(warehouse.batches(MANY.format(300_000)))
    assert broken.value.kind == kind
    assert "secret-member" not in str(broken.value)
    assert sum(batch.num_rows for batch in warehouse.batches(MANY.format(300_000))) == 300_000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT toInt32('secret-member')",
        "SELECT 1 FROM shop.nowhere WHERE id = 'secret-member'",
        "SELECT nothing FROM system.one WHERE dummy = 'secret-member'",
        "SELECT 'secret-member' FROM FROM",
    ],
)
def test_an_error_holds_no_value_of_the_data(
    sql: str, warehouse: ClickHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert "secret-member" not in str(refused(warehouse, sql))
    assert "secret-member" not in caplog.text


def test_a_table_that_is_gone_is_told(warehouse: ClickHouse) -> None:
    for sql, name in (
        ("SELECT 1 FROM nowhere", "nowhere"),
        ("SELECT nothing FROM system.one", "nothing"),
    ):
        error = refused(warehouse, sql)
        assert error.kind == "source"
        assert re.search(f"gone: {name}.*--replace", error.message)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_asked_for_is_refused(text: str, warehouse: ClickHouse) -> None:
    assert "NUL" in refused(warehouse, f"SELECT '{text}'").message


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("clickhouse://anna:hush@127.0.0.1:1/shop", "Nothing answers"),
        ("clickhouse://anna:hush@host.invalid/shop", "host is unknown"),
        ("clickhouse://anna:hush@127.0.0.1:hush/shop", "cannot be read"),
        ("clickhouse://anna:hush@[::1/shop", "cannot be read"),
        ("clickhouse:///shop", "cannot be read"),
        ("clickhouse://anna:hush@127.0.0.1/shop?sequre=1", "unknown options: sequre"),
        ("clickhouse://anna:hush@{place}/default", "refused the user or the password"),
        ("clickhouse://{place}/nowhere", "no database of this name"),
        ("clickhouse://anna:hush@{place}/shop?secure=1", "agree on TLS"),
    ],
)
def test_what_cannot_be_opened_is_told_without_the_url(
    wrong: str, words: str, clickhouse_url: str
) -> None:
    place = urlsplit(clickhouse_url).netloc.rpartition("@")[2]
    with pytest.raises(WarehouseError, match=words) as refusal:
        ClickHouse(wrong.format(place=place), time_limit=60).__enter__()
    assert refusal.value.kind == "source"
    assert "hush" not in str(refusal.value)
    assert "anna" not in str(refusal.value)


def test_a_user_whose_limits_are_fixed_is_told_what_to_change(clickhouse_url: str) -> None:
    place = urlsplit(clickhouse_url).netloc.rpartition("@")[2]
    with ClickHouse(f"clickhouse://fixed@{place}/default", time_limit=60) as warehouse:
        assert "readonly = 2" in refused(warehouse, "SELECT 1").message
