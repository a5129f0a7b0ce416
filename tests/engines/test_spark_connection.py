"""A connection to Spark: in UTC, within its time, stoppable, and silent about secrets."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.spark import Spark

pytestmark = pytest.mark.engines
SLOW = "SELECT sum(sin(a.id * b.id)) FROM range(0, 1000000) AS a, range(0, 1000000) AS b"


@pytest.fixture
def warehouse(spark_url: str) -> Iterator[Spark]:
    with Spark(spark_url, time_limit=300) as warehouse:
        yield warehouse


def refused(warehouse: Spark, sql: str) -> WarehouseError:
    with pytest.raises(WarehouseError) as refusal:
        warehouse.rows(sql)
    assert refusal.value.__cause__ is None
    return refusal.value


def test_it_answers_in_utc_with_values_that_python_compares(warehouse: Spark) -> None:
    row = warehouse.rows("SELECT 1, CAST(0.5 AS DOUBLE), 'a%s', NULL, current_timezone()")
    assert row == [(1, 0.5, "a%s", None, "UTC")]


def test_it_streams_batches_of_the_size_asked_for(warehouse: Spark) -> None:
    sql = "SELECT CAST(id AS STRING) AS id FROM range(5) ORDER BY id"
    batches = list(warehouse.batches(sql, rows=2))
    assert max(batch.num_rows for batch in batches) <= 2
    assert [user for batch in batches for user in batch.column("id").to_pylist()] == [*"01234"]


def test_many_ids_pass_through_little_memory(
    warehouse: Spark, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT lpad(CAST(id AS STRING), 200, '0') AS id FROM range(0, {}, 1, 2)"
    list(warehouse.batches(sql.format(20_000)))
    before, most, total = psutil.Process().memory_info().rss, 0, 0
    for batch in warehouse.batches(sql.format(400_000)):
        total += batch.num_rows
        most = max(most, psutil.Process().memory_info().rss)
    assert total == 400_000
    with capsys.disabled():
        grown = (most - before) / 1_000_000
        sys.stdout.write(f"\n{total} ids of Spark passed through {grown:.1f} MB\n")
    # They are 80 MB all together.
    assert most - before < 48 << 20


def test_only_questions_are_asked(warehouse: Spark) -> None:
    assert refused(warehouse, "CREATE TABLE more (id STRING) USING parquet").kind == "query"


def test_a_query_is_stopped_when_its_time_is_up(spark_url: str) -> None:
    with Spark(spark_url, time_limit=2) as warehouse:
        assert refused(warehouse, SLOW).kind == "timeout"


def test_a_canceled_query_stops_using_the_processor(
    warehouse: Spark, capsys: pytest.CaptureFixture[str]
) -> None:
    if not _processes():
        pytest.skip("The server of TEST_SPARK_URL runs elsewhere.")
    timer = threading.Timer(1.5, warehouse.interrupt)
    timer.start()
    assert refused(warehouse, SLOW).kind == "canceled"
    timer.join()
    time.sleep(1.0)
    before = _used()
    time.sleep(1.0)
    used = _used() - before
    with capsys.disabled():
        sys.stdout.write(f"\nA canceled query of Spark used {used:.2f} s of the next second\n")
    assert used < 0.8


def _processes() -> list[psutil.Process]:
    """The driver and what it has started."""
    children = psutil.Process().children(recursive=True)
    return [each for each in children if each.name() == "java"]


def _used() -> float:
    times = [each.cpu_times() for each in _processes()]
    return sum(each.user + each.system for each in times)


def test_stored_lists_are_views_of_the_session(spark_url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"id": ["a\tb", "ü", "\\N", "nul\0"]}), path)
    with Spark(spark_url, time_limit=60, lists={"list_1": path}) as warehouse:
        found = warehouse.rows("SELECT `l`.`id` FROM `list_1` AS `l` ORDER BY 1")
        assert [user for (user,) in found] == ["\\N", "a\tb", "nul\0", "ü"]
    with Spark(spark_url, time_limit=60) as warehouse:
        assert refused(warehouse, "SELECT * FROM list_1").kind == "source"


def test_a_stored_list_may_hold_nobody(spark_url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    with Spark(spark_url, time_limit=60, lists={"list_1": path}) as warehouse:
        assert warehouse.rows("SELECT id FROM list_1") == []


def test_an_error_holds_no_value_of_the_data(
    warehouse: Spark, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for sql in (
        "SELECT CAST('secret-member' AS INT)",
        "SELECT 1 FROM nowhere WHERE id = 'secret-member'",
        "SELECT nothing FROM range(1) WHERE id = 'secret-member'",
        "SELECT 'secret-member' FROM FROM FROM",
    ):
        assert "secret-member" not in str(refused(warehouse, sql))
    assert "secret-member" not in caplog.text
    assert "secret-member" not in "".join(capfd.readouterr())


def test_a_table_that_is_gone_is_told(warehouse: Spark) -> None:
    error = refused(warehouse, "SELECT 1 FROM shop.nowhere")
    assert (error.kind, "gone: shop.nowhere" in error.message) == ("source", True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("sc://127.0.0.1:1/;token=hush", "Nothing answers"),
        ("sc://host.invalid/;token=hush", "host is unknown"),
        ("sc://127.0.0.1:hush/", "cannot be read"),
        ("sc://anna:hush@127.0.0.1/", "cannot be read"),
    ],
)
def test_what_cannot_be_opened_is_told_without_the_url(wrong: str, words: str) -> None:
    with pytest.raises(WarehouseError, match=words) as refusal:
        Spark(wrong, time_limit=60).__enter__()
    assert refusal.value.kind == "source"
    assert "hush" not in str(refusal.value)
    assert "anna" not in str(refusal.value)
