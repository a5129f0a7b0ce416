"""The engine stops when told, stays inside its limits, and gives nothing away."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.errors import WarehouseError

ENDLESS = "SELECT count(*) FROM ids a, ids b, ids c WHERE a.id < b.id AND b.id < c.id"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "ids.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE ids AS SELECT md5(i::VARCHAR) AS id FROM range(300000) t(i)"
        )
    return path


@pytest.fixture
def file(path: Path) -> Iterator[DuckDBFile]:
    with DuckDBFile(path, time_limit=60) as file:
        yield file


def test_it_answers_rows(file: DuckDBFile) -> None:
    assert file.rows("SELECT count(*), count(DISTINCT id) FROM ids") == [(300000, 300000)]


def test_it_streams_sorted_batches(file: DuckDBFile) -> None:
    batches = list(file.batches("SELECT id FROM ids ORDER BY id", rows=10_000))
    ids = [each for batch in batches for each in batch.column(0).to_pylist()]
    assert len(batches) > 10
    assert len(ids) == 300000
    assert ids == sorted(ids)


def test_it_stops_at_the_time_limit_and_can_go_on(path: Path) -> None:
    with DuckDBFile(path, time_limit=0.2) as file:
        with pytest.raises(WarehouseError) as stopped:
            file.rows(ENDLESS)
        assert stopped.value.kind == "timeout"
        assert file.rows("SELECT 1") == [(1,)]


def test_the_time_limit_holds_while_batches_are_read(path: Path) -> None:
    endless = "SELECT a.id FROM ids a, ids b"
    with DuckDBFile(path, time_limit=0.3) as file, pytest.raises(WarehouseError) as stopped:
        for _batch in file.batches(endless):
            pass
    assert stopped.value.kind == "timeout"


def test_it_can_be_interrupted_from_another_thread(file: DuckDBFile) -> None:
    threading.Timer(0.2, file.interrupt).start()
    with pytest.raises(WarehouseError) as stopped:
        file.rows(ENDLESS)
    assert stopped.value.kind == "canceled"


def test_an_interrupt_before_the_query_is_not_forgotten(file: DuckDBFile) -> None:
    file.interrupt()
    with pytest.raises(WarehouseError) as stopped:
        file.rows(ENDLESS)
    assert stopped.value.kind == "canceled"


def test_it_stops_at_the_memory_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE ids AS SELECT md5(i::VARCHAR) AS id FROM range(2000000) t(i)"
        )
    with DuckDBFile(path, time_limit=60, memory_limit="40MB") as file:
        with pytest.raises(WarehouseError) as stopped:
            file.rows("SELECT list(id) FROM ids")
        assert stopped.value.kind == "memory"
        assert "40MB" in str(stopped.value)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY ids TO '/tmp/never-written.csv'",
        "ATTACH '/tmp/never-written.duckdb'",
        "INSTALL httpfs",
        "SET memory_limit = '64GB'",
        "SET enable_external_access = true",
        "INSERT INTO ids VALUES ('x')",
        "CREATE TABLE other AS SELECT 1",
        "SELECT * FROM python_variable",
    ],
)
def test_it_reads_its_own_file_and_nothing_else(file: DuckDBFile, statement: str) -> None:
    python_variable = duckdb.sql("SELECT 'secret'").to_arrow_table()
    with pytest.raises(WarehouseError) as refused:
        file.rows(statement)
    assert refused.value.kind == "query"
    assert python_variable.num_rows == 1
    assert not Path("/tmp/never-written.csv").exists()


def test_a_second_connection_of_the_process_is_locked_down_too(
    path: Path, file: DuckDBFile
) -> None:
    with DuckDBFile(path, time_limit=60) as second:
        assert second.rows("SELECT current_setting('TimeZone')") == [("UTC",)]
        with pytest.raises(WarehouseError):
            second.rows("SELECT * FROM read_text('/etc/hostname')")


def test_an_error_holds_no_value_of_the_data(file: DuckDBFile) -> None:
    with pytest.raises(WarehouseError) as failed:
        file.rows("SELECT CAST(id AS INTEGER) FROM ids")
    assert str(failed.value) == "The query failed (ConversionException)."
    assert failed.value.__cause__ is None


def test_a_file_that_is_missing_or_broken_is_the_source(tmp_path: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database" * 1000)
    for path in (tmp_path / "missing.duckdb", broken):
        with pytest.raises(WarehouseError, match="Load the dataset again") as refused:
            DuckDBFile(path, time_limit=60).__enter__()
        assert refused.value.kind == "source"


READER = """
import sys
from benchmarks.memory import peak_memory
from cohorts.warehouse.duckdb_file import DuckDBFile
with DuckDBFile(sys.argv[1], time_limit=120, memory_limit="200MB") as file:
    rows = sum(batch.num_rows for batch in file.batches(sys.argv[2]))
print(rows, round(peak_memory()))
"""


def test_memory_stays_flat_over_millions_of_ids(tmp_path: Path) -> None:
    path = tmp_path / "many.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE ids AS SELECT md5(i::VARCHAR) AS id FROM range(6000000) t(i)"
        )
    # Run as `-c`, the engine thinks it is used by hand and would draw its progress.
    output = subprocess.run(
        [sys.executable, "-c", READER, str(path), "SELECT id FROM ids ORDER BY id"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(tmp_path.iterdir()) == [path]
    rows, megabytes = map(int, output.stdout.split())
    assert rows == 6000000
    # The engine may use 300 MB; the ids in a list would add 500 MB to what Python needs itself.
    assert megabytes < 600
