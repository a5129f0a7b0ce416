"""Datasets that live in a PostgreSQL warehouse serve as those loaded from files do."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import call_command
from django.db import connection

from cohorts import evaluation, membership
from cohorts.builder_preview import count_draft, read_draft
from cohorts.builder_sample import sample_context
from cohorts.datasets import add_warehouse
from cohorts.explaining import explain_member, explanation_as_json
from cohorts.models import Dataset
from cohorts.saving import save_cohort
from cohorts.snapshots import record_count, take_snapshot
from cohorts.value_search import search_values
from cohorts.warehouse.errors import LoadError, WarehouseError
from cohorts.warehouse.tables import TableSet
from tests.cohorts.loaded import all_of, in_cohort, load, performed
from tests.cohorts.warehouse.postgresql_world import run, warehouse_database

AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
TABLES = TableSet("shop.events", "user_id", "event", "time", "shop.users")
SINGERS = all_of(performed("SING"))
DEEP = {"match": "all", "conditions": [performed("SING", times={"op": ">=", "value": 1})]}


@pytest.fixture(scope="module")
def url(postgres_url: str) -> Iterator[str]:
    with warehouse_database(postgres_url, "warehouse_datasets") as url:
        run(
            url,
            "CREATE SCHEMA shop",
            "CREATE TABLE shop.users (user_id text PRIMARY KEY, plan text, traits jsonb)",
            "INSERT INTO shop.users VALUES ('ann', 'gold', '{\"lang\": \"ja\"}'), "
            "('bob', 'free', '{\"lang\": \"en\"}'), ('eve', 'gold', NULL)",
            "CREATE TABLE shop.events (user_id text, event text, time timestamptz, amount int)",
            "INSERT INTO shop.events VALUES ('ann', 'SING', '2026-01-10 10:00Z', NULL), "
            "('ann', 'SING', '2026-01-11 10:00Z', NULL), ('bob', 'SING', '2026-01-11 11:00Z', 3), "
            "('bob', 'PURCHASE', '2026-01-12 09:00Z', 20), ('cas', 'OPEN', '2026-01-12Z', NULL)",
        )
        yield url


@pytest.fixture
def dataset(db: None, url: str, tmp_path: Path, settings: Any) -> Dataset:
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    return add_warehouse("shop", url, TABLES)[0]


def test_the_url_is_encrypted_at_rest(dataset: Dataset, url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, sources, catalog FROM cohorts_dataset")
        (row,) = cursor.fetchall()
    assert url not in str(row)
    assert "warehouse_datasets" not in str(row)
    assert Dataset.objects.get().url == url


def test_counts_samples_and_streams_come_from_the_warehouse(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    assert evaluation.count_members(prepared, as_of=AS_OF) == 2
    (batch,) = evaluation.stream_members(prepared, as_of=AS_OF)
    assert batch.to_pydict() == {"id": ["ann", "bob"]}
    nested: dict[str, Any] = DEEP
    for _ in range(6):
        nested = {"match": "all", "conditions": [nested]}
    deep = evaluation.prepare(dataset, {"version": 1, **nested})
    # Longer than a name can be in PostgreSQL.
    path = ".".join(["conditions[0]"] * 7)
    assert evaluation.count_conditions(deep, as_of=AS_OF)[path] == 2
    sample = evaluation.sample_members(deep, as_of=AS_OF)
    assert (sample.columns, sample.rows) == (("id", path), (("ann", 2), ("bob", 1)))
    assert 'FROM "shop"."events"' in evaluation.compiled_sql(prepared, as_of=AS_OF)


def test_cohorts_refer_to_each_other_and_are_kept(dataset: Dataset) -> None:
    save_cohort(slug="singers", dataset=dataset, data=SINGERS)
    gold = {"type": "property", "property": "plan", "op": "=", "value": "gold"}
    both = all_of(in_cohort("singers"), gold, performed("SING"))
    cohort = save_cohort(slug="golden", dataset=dataset, data=both)
    assert cohort.current_version is not None
    snapshot = take_snapshot(cohort.current_version, as_of=AS_OF)
    assert pq.read_table(membership.path_of(snapshot.file)).to_pydict() == {"id": ["ann"]}
    assert snapshot.dataset_file == ""
    assert record_count(cohort.current_version, as_of=AS_OF).size == 1
    sample = evaluation.sample_members(evaluation.prepare(dataset, both), as_of=AS_OF)
    assert [row[0] for row in sample.rows] == ["ann"]


def test_the_builder_counts_samples_and_suggests(dataset: Dataset) -> None:
    spending = {
        "type": "measure", "event": "*", "function": "sum", "property": "amount",
        "op": ">", "value": 0,
    }  # fmt: skip
    draft = read_draft(dataset, all_of(performed("SING"), spending), slug=None)
    answer = count_draft(draft, as_of=AS_OF)
    assert [step["count"] for step in answer["steps"]] == [4, 2, 1]
    assert draft.prepared is not None
    context = sample_context(draft.prepared, as_of=AS_OF)
    assert context["rows"] == [["bob", "1", "23.0"]]
    found = search_values(dataset, "user", "traits.lang", "J")
    assert [(each.value, each.count) for each in found] == [("ja", 1)]
    found = search_values(dataset, "user", "plan", "")
    assert [(each.value, each.count) for each in found] == [("gold", 2), ("free", 1)]


def test_a_member_is_explained(dataset: Dataset) -> None:
    gold = {"type": "property", "property": "plan", "op": "=", "value": "gold"}
    prepared = evaluation.prepare(dataset, all_of(performed("SING"), gold))
    told = {
        user: explanation_as_json(explain_member(prepared, user, as_of=AS_OF), "golden")
        for user in ("ann", "bob", "nobody")
    }
    assert [told[user]["member"] for user in told] == [True, False, False]
    assert told["bob"]["conditions"][1]["measured"] == {"properties": {"plan": "free"}}
    assert told["nobody"]["reason"] == "not in this dataset"


def test_a_running_query_can_be_stopped(dataset: Dataset, url: str) -> None:
    stopped = threading.Event()

    def stop(warehouse: Any) -> None:
        warehouse.interrupt()
        stopped.set()

    prepared = evaluation.prepare(dataset, SINGERS)
    with pytest.raises(WarehouseError) as canceled:
        evaluation.count_members(prepared, as_of=AS_OF, on_connection=stop)
    assert canceled.value.kind == "canceled"
    assert stopped.is_set()


def test_new_rows_count_at_once_and_a_new_column_after_replace(dataset: Dataset, url: str) -> None:
    run(
        url,
        "INSERT INTO shop.events VALUES ('dan', 'SING', '2026-01-13', NULL)",
        "ALTER TABLE shop.users ADD COLUMN city text DEFAULT 'Kobe'",
    )
    try:
        prepared = evaluation.prepare(dataset, SINGERS)
        assert evaluation.count_members(prepared, as_of=AS_OF) == 3
        with pytest.raises(LoadError, match="Use --replace"):
            add_warehouse("shop", url, TABLES)
        replaced, _found = add_warehouse("shop", url, TABLES, timezone="Asia/Tokyo", replace=True)
        assert (replaced.pk, replaced.timezone, replaced.event_count) == (
            dataset.pk,
            "Asia/Tokyo",
            6,
        )
        kobe = {"type": "property", "property": "city", "op": "=", "value": "Kobe"}
        prepared = evaluation.prepare(replaced, all_of(kobe))
        assert evaluation.count_members(prepared, as_of=AS_OF) == 3
    finally:
        run(
            url,
            "DELETE FROM shop.events WHERE user_id = 'dan'",
            "ALTER TABLE shop.users DROP COLUMN city",
        )


def test_a_dataset_may_move_between_files_and_a_warehouse(
    dataset: Dataset, url: str, tmp_path: Path
) -> None:
    load(tmp_path, "shop", replace=True)
    dataset.refresh_from_db()
    assert (dataset.engine, dataset.url, dataset.sources) == ("duckdb", "", {})
    assert evaluation.count_members(evaluation.prepare(dataset, SINGERS), as_of=AS_OF) == 2
    moved, _found = add_warehouse("shop", url, TABLES, replace=True)
    assert (moved.engine, moved.file) == ("postgresql", "")


def test_a_url_whose_key_is_gone_says_what_to_do(dataset: Dataset, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["8" * 43 + "="]
    unreadable = Dataset.objects.get()
    with pytest.raises(WarehouseError, match="FIELD_ENCRYPTION_KEYS"):
        evaluation.count_members(evaluation.prepare(unreadable, SINGERS), as_of=AS_OF)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_the_commands_work_over_it(
    db: None, url: str, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    columns = ["--user-id", "user_id", "--event", "event", "--time", "time"]
    tables = ["--events-table", "shop.events", "--users-table", "shop.users"]
    told = command("add_dataset", "shop", "--url", url, *tables, *columns)
    assert told == "shop: 5 events of 4 users, 2026-01-10 to 2026-01-12\n"
    path = tmp_path / "definition.json"
    path.write_text(json.dumps(SINGERS))
    given = ["--dataset", "shop", "--as-of", "2026-01-20"]
    told = command("evaluate_cohort", str(path), *given, "--format", "count")
    told += capsys.readouterr().out
    assert told.strip() == "2"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--events-table", "shop.events"], "--url: say which warehouse"),
        ([], "--events: give files, or --url and --events-table"),
        (["--url", "postgresql://x"], "--events-table: say which table"),
        (["--url", "postgresql://x", "--events", "f.csv"], "files or a warehouse, not both"),
        (["--url", "oracle://anna:hush@x", "--events-table", "t"], "begins with one of"),
    ],
)
def test_the_command_wants_either_files_or_tables(
    db: None, options: list[str], words: str, tmp_path: Path, settings: Any
) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    with pytest.raises(Exception, match=words) as refused:
        command("add_dataset", "n", *options, "--user-id", "u", "--event", "e", "--time", "t")
    assert "hush" not in str(refused.value)
