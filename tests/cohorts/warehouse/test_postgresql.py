"""A connection to PostgreSQL: read-only, in time, stoppable, and silent about secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.postgresql import PostgreSQL
from tests.cohorts.warehouse.postgresql_world import as_user, run, warehouse_database

SLOW = "SELECT sum(a::float8 * b) FROM generate_series(1, 30000) a, generate_series(1, 30000) b"


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with warehouse_database(postgres_url, "warehouse_connection") as url:
        run(url, "CREATE TABLE public.things (id int)", "INSERT INTO public.things VALUES (1)")
        yield url


@pytest.fixture
def warehouse(url: str) -> Iterator[PostgreSQL]:
    with PostgreSQL(url, time_limit=60) as warehouse:
        yield warehouse


def test_it_answers_rows_with_numbers_that_python_compares(warehouse: PostgreSQL) -> None:
    assert warehouse.rows("SELECT 1, 0.5::numeric, 'a%s'") == [(1, 0.5, "a%s")]


def test_it_streams_batches_of_the_size_asked_for(warehouse: PostgreSQL) -> None:
    sql = "SELECT n::text AS id, n / 2.0 AS half, NULL::bigint AS none FROM generate_series(1, 5) n"
    batches = list(warehouse.batches(sql, rows=2))
    assert [batch.num_rows for batch in batches] == [2, 2, 1]
    assert batches[0].schema.names == ["id", "half", "none"]
    assert batches[2].to_pylist() == [{"id": "5", "half": 2.5, "none": None}]


def test_it_sees_one_state_of_the_tables_throughout(url: str, warehouse: PostgreSQL) -> None:
    before = warehouse.rows("SELECT count(*) FROM public.things")
    run(url, "INSERT INTO public.things VALUES (2)")
    assert warehouse.rows("SELECT count(*) FROM public.things") == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO public.things VALUES (3)",
        "CREATE TABLE public.more (id int)",
        "DROP TABLE public.things",
        "SELECT nextval('public.numbers')",
    ],
)
def test_it_changes_nothing(url: str, warehouse: PostgreSQL, statement: str) -> None:
    run(url, "CREATE SEQUENCE IF NOT EXISTS public.numbers")
    with pytest.raises(WarehouseError):
        warehouse.rows(statement)


def test_a_query_is_stopped_when_its_time_is_up(url: str) -> None:
    with PostgreSQL(url, time_limit=0.3) as warehouse:
        with pytest.raises(WarehouseError) as stopped:
            warehouse.rows(SLOW)
        assert stopped.value.kind == "timeout"
        assert warehouse.rows("SELECT 1") == [(1,)]


def test_a_stream_is_stopped_when_its_time_is_up(url: str) -> None:
    sql = "SELECT n FROM generate_series(1, 1000000000) n"
    with PostgreSQL(url, time_limit=0.5) as warehouse:
        with pytest.raises(WarehouseError) as stopped:
            for _batch in warehouse.batches(sql):
                pass
        assert stopped.value.kind == "timeout"


@pytest.mark.parametrize(
    ("memory_limit", "threads", "expected"),
    [
        # A step that hashes may take twice as much, so half of it.
        ("1MiB", 1, ("512kB", "0")),
        ("6MiB", 2, ("3MB", "1")),
        ("2GB", 64, ("5MB", "3")),
        ("1kB", 1, ("64kB", "0")),
    ],
)
def test_its_bounds_are_those_given_and_never_above_the_servers(
    memory_limit: str, threads: int, expected: tuple[str, str], url: str
) -> None:
    names = ("work_mem", "max_parallel_workers_per_gather")
    run(url, *(set_for_all(url, *each) for each in zip(names, ("'5MB'", "3"), strict=True)))
    asked = ", ".join(f"current_setting('{name}')" for name in names)
    with PostgreSQL(url, time_limit=60, memory_limit=memory_limit, threads=threads) as warehouse:
        assert warehouse.rows(f"SELECT {asked}") == [expected]
        with pytest.raises(WarehouseError):
            warehouse.rows("SELECT 1 / 0")
        # The next transaction has them, too.
        assert warehouse.rows(f"SELECT {asked}") == [expected]


def test_a_query_keeps_to_its_memory_and_its_workers(url: str) -> None:
    run(
        url,
        "CREATE TABLE public.many AS SELECT n FROM generate_series(1, 50000) n",
        "ALTER TABLE public.many SET (parallel_workers = 2)",
        "ANALYZE public.many",
        set_for_all(url, "work_mem", "'64MB'"),
        set_for_all(url, "parallel_setup_cost", "0"),
        set_for_all(url, "max_parallel_workers_per_gather", "2"),
    )
    counting = "SELECT count(*) FROM public.many"
    sorting = "SELECT n FROM public.many ORDER BY n DESC"
    with PostgreSQL(url, time_limit=60, memory_limit="1MiB", threads=2) as bounded:
        assert steps(bounded, counting, "Workers Planned") == [1]
    with PostgreSQL(url, time_limit=60, memory_limit="1MiB", threads=1) as alone:
        assert steps(alone, counting, "Workers Planned") == []
        # What does not fit is sorted on disk.
        assert steps(alone, sorting, "Sort Space Type") == ["Disk"]
    with PostgreSQL(url, time_limit=60, memory_limit="1GiB", threads=1) as generous:
        assert steps(generous, sorting, "Sort Space Type") == ["Memory"]


def set_for_all(url: str, name: str, value: str) -> str:
    """For every later connection to the database."""
    database = urlsplit(url).path.strip("/")
    return f'ALTER DATABASE "{database}" SET {name} = {value}'


def steps(warehouse: PostgreSQL, sql: str, name: str) -> list[Any]:
    """What the steps of the executed plan that have this value say of it."""
    ((plans,),) = warehouse.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
    found, left = [], [plans[0]["Plan"]]
    while left:
        step = left.pop()
        left += step.get("Plans", [])
        found += [step[name]] if name in step else []
    return found


def test_it_can_be_interrupted_from_another_thread(warehouse: PostgreSQL) -> None:
    timer = threading.Timer(0.3, warehouse.interrupt)
    timer.start()
    with pytest.raises(WarehouseError) as stopped:
        warehouse.rows(SLOW)
    timer.join()
    assert stopped.value.kind == "canceled"


def test_an_interrupt_before_the_query_is_not_forgotten(warehouse: PostgreSQL) -> None:
    warehouse.interrupt()
    with pytest.raises(WarehouseError) as stopped:
        warehouse.rows("SELECT 1")
    assert stopped.value.kind == "canceled"


def test_names_of_others_do_not_replace_the_servers_functions(url: str) -> None:
    run(
        url,
        "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''fake'''",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', "
        "current_database()); END $$",
    )
    with PostgreSQL(url, time_limit=60) as warehouse:
        assert warehouse.rows("SELECT lower('A'::text)") == [("a",)]


def test_stored_lists_are_tables_of_the_transaction(url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pq.write_table(pa.table({"id": ["a\tb", "ü", "\\N", "bad\0id"]}), path)
    with PostgreSQL(url, time_limit=60, lists={"list_1": path}) as warehouse:
        found = warehouse.rows('SELECT "l"."id" FROM "list_1" AS "l" ORDER BY 1')
        assert sorted(found) == [("\\N",), ("a\tb",), ("ü",)]
        with pytest.raises(WarehouseError):
            warehouse.rows("DELETE FROM list_1")
    with PostgreSQL(url, time_limit=60) as warehouse, pytest.raises(WarehouseError):
        warehouse.rows('SELECT * FROM "list_1"')


def test_a_missing_list_says_so(url: str, tmp_path: Path) -> None:
    lists = {"list_1": tmp_path / "gone.parquet"}
    with pytest.raises(WarehouseError, match="stored list is missing"):
        PostgreSQL(url, time_limit=60, lists=lists).__enter__()


def test_an_error_holds_no_value_of_the_data(warehouse: PostgreSQL) -> None:
    with pytest.raises(WarehouseError) as refused:
        warehouse.rows("SELECT 'secret-member'::int")
    assert "secret-member" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_no_column_holds_is_refused(text: str, warehouse: PostgreSQL) -> None:
    with pytest.raises(WarehouseError, match="NUL"):
        warehouse.rows(f"SELECT '{text}'")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("postgresql://anna:hush@127.0.0.1:1/shop", "Nothing answers"),
        ("postgresql://anna:hush@127.0.0.1:hush/shop", "cannot be read"),
        ("postgresql://anna:hush@[::1/shop", "cannot be read"),
    ],
)
def test_what_cannot_be_reached_is_told_without_the_url(wrong: str, words: str) -> None:
    with pytest.raises(WarehouseError, match=words) as refused:
        PostgreSQL(wrong, time_limit=60).__enter__()
    assert refused.value.kind == "source"
    assert "hush" not in str(refused.value)
    assert "anna" not in str(refused.value)


def test_an_unknown_database_or_user_is_told(url: str) -> None:
    for wrong in (
        urlunsplit(urlsplit(url)._replace(path="/nowhere")),
        as_user(url, "anna", "hush"),
    ):
        with pytest.raises(WarehouseError) as refused:
            PostgreSQL(wrong, time_limit=60).__enter__()
        assert "of this name" in str(refused.value) or "refused the user" in str(refused.value)
        assert "hush" not in str(refused.value)


def test_a_connection_that_breaks_is_told(url: str, warehouse: PostgreSQL) -> None:
    ((pid,),) = warehouse.rows("SELECT pg_backend_pid()")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(WarehouseError, match="connection to the warehouse was lost"):
        warehouse.rows("SELECT 1")


def test_a_table_that_is_gone_is_told(warehouse: PostgreSQL) -> None:
    with pytest.raises(WarehouseError, match=r"gone.*public\.other.*--replace") as refused:
        warehouse.rows("SELECT * FROM public.other")
    assert refused.value.kind == "source"
