"""Datasets on ClickHouse and Spark serve as those loaded from files do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from cohorts import evaluation, value_search
from cohorts.builder_preview import count_draft, read_draft
from cohorts.datasets import add_warehouse
from cohorts.explaining import explain_member
from cohorts.models import Dataset
from cohorts.value_search import search_values
from cohorts.warehouse import table_profile
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.tables import TableSet
from tests.cohorts.loaded import all_of, performed
from tests.engines.clickhouse_engine import ClickHouseEngine
from tests.engines.spark_engine import SparkEngine

pytestmark = [pytest.mark.engines, pytest.mark.django_db]
AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
TABLES = TableSet("store.events", "user_id", "event", "at", "store.users", "user_id")
SINGERS = all_of(performed("SING"))
NOON = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
EVENTS = [
    ("ann", "SING", NOON, None, None),
    ("ann", "SING", NOON + dt.timedelta(days=1), None, '{"a": {"b": 1}}'),
    ("bob", "SING", NOON + dt.timedelta(days=1), 3.0, None),
    ("bob", "PURCHASE", NOON + dt.timedelta(days=2), 20.5, '{"a": {"b": 2}}'),
    ("cas", "OPEN", NOON + dt.timedelta(days=2), None, None),
    ("", "OPEN", NOON, None, None),
]
USERS = [
    ("ann", "gold", True, NOON),
    ("bob", "free", False, None),
    ("eve", "gold", None, None),
    ("eve", "zinc", None, None),
]
EVENT_COLUMNS = {"user_id": "string", "event": "string", "at": "time", "amount": "number"}
EVENT_COLUMNS |= {"cart": "json"}
USER_COLUMNS = {"user_id": "string", "plan": "string", "vip": "boolean", "joined": "time"}


@pytest.fixture(scope="module", params=["clickhouse", "spark"])
def url(request: pytest.FixtureRequest) -> str:
    engine: ClickHouseEngine | SparkEngine = request.getfixturevalue(request.param)
    if isinstance(engine, ClickHouseEngine):
        engine.administrator.run("CREATE DATABASE IF NOT EXISTS store")
        engine.fill(("store", "events"), EVENT_COLUMNS, EVENTS)
        engine.fill(("store", "users"), USER_COLUMNS, USERS)
    else:
        engine.run("CREATE SCHEMA IF NOT EXISTS store")
        engine.store("store.events", EVENT_COLUMNS, EVENTS)
        engine.store("store.users", USER_COLUMNS, USERS)
    return engine.url


@pytest.fixture
def dataset(url: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    # What comes later than a person waits for is left out: no concern of these tests.
    monkeypatch.setattr(value_search, "TIME_LIMIT", 60.0)
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    return add_warehouse("store", url, TABLES)[0]


def test_a_dataset_is_read_asked_and_explained(dataset: Dataset, url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT url, sources, catalog FROM cohorts_dataset")
        assert url not in str(cursor.fetchall())
    assert (dataset.event_count, dataset.user_count) == (5, 4)
    assert (dataset.first_event_at, dataset.last_event_at) == (NOON, NOON + dt.timedelta(days=2))
    catalog = dataset.catalog
    assert [(each["name"], each["count"]) for each in catalog["events"]] == [
        ("SING", 3), ("OPEN", 1), ("PURCHASE", 1),
    ]  # fmt: skip
    kinds = {each["name"]: each["type"] for each in catalog["event_properties"]}
    assert kinds == {"amount": "number", "cart": "json"}
    (amount, cart) = catalog["event_properties"]
    assert sorted(count for _value, count in amount["top_values"]) == [1, 1]
    assert [*cart["json_paths"]] == ["a.b"]
    kinds = {each["name"]: each["type"] for each in catalog["user_properties"]}
    assert kinds == {"plan": "string", "vip": "boolean", "joined": "time"}

    prepared = evaluation.prepare(dataset, SINGERS)
    assert evaluation.count_members(prepared, as_of=AS_OF) == 2
    assert members(dataset, performed("SING")) == ["ann", "bob"]
    inside = performed("*", where=[{"property": "cart.a.b", "op": "=", "value": 2}])
    gold = {"type": "property", "property": "plan", "op": "=", "value": "gold"}
    assert members(dataset, inside) == ["bob"]
    # Of two rows of one id the one whose values sort first counts.
    assert members(dataset, gold) == ["ann", "eve"]
    draft = read_draft(dataset, all_of(performed("SING"), gold), slug=None)
    answer = count_draft(draft, as_of=AS_OF)
    assert [step["count"] for step in answer["steps"]] == [4, 2, 1]
    explained = explain_member(evaluation.prepare(dataset, all_of(gold)), "bob", as_of=AS_OF)
    assert not explained.member
    found = search_values(dataset, "event", "cart.a.b", "2")
    assert [(each.value, each.count) for each in found] == [("2", 1)]


def members(dataset: Dataset, *conditions: dict[str, Any]) -> list[str]:
    prepared = evaluation.prepare(dataset, all_of(*conditions))
    batches = evaluation.stream_members(prepared, as_of=AS_OF)
    return [user for batch in batches for user in batch.column("id").to_pylist()]


@pytest.fixture
def _no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those to choose from take most of a survey's time."""
    monkeypatch.setattr(table_profile, "_BUDGET", -1.0)


# usefixtures comes before what the test names.
@pytest.mark.usefixtures("_no_values")
def test_a_stored_list_is_asked_for_beside_the_tables(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "vips.csv"
    path.write_text("ann\ncas\nnobody\n")
    call_command("save_list", "vips", str(path), dataset="store")
    listed = {"type": "cohort", "cohort": "vips"}
    assert members(dataset, listed) == ["ann", "cas"]
    assert members(dataset, listed, performed("SING")) == ["ann"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"events": "store.evnts"}, "--events-table: there is no table “store.evnts”.*events"),
        ({"events": "nowhere.events"}, "--events-table: there is no"),
        ({"user_id": "usr_id"}, "--user-id: .*has no column “usr_id”. It has “user_id”"),
        ({"time": "amount"}, "--time: .*amount is of type"),
        ({"event": "at"}, "--event: .*at is of type"),
    ],
)
def test_what_a_person_mistyped_is_told(url: str, given: dict[str, str], words: str) -> None:
    named = {"events": "store.events", "user_id": "user_id", "event": "event", "time": "at"}
    with pytest.raises(LoadError, match=words):
        add_warehouse("other", url, TableSet(**(named | given)))
