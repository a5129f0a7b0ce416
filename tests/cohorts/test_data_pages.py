"""The dictionary of a schema: what its pages show, and what people say of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cohorts.builder_page import dataset_data
from cohorts.event_trends import count_events, find_trends
from cohorts.models import DataLabel, Dataset, EventTrend
from tests.cohorts.loaded import MORE_EVENTS, load
from tests.factories import make_dataset, make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
SAID = {"display_name": "Sang a song", "description": "<b>Once</b> a song ended.", "category": "歌"}
CATALOG: dict[str, Any] = {
    "timezone": "Asia/Tokyo",
    "events": [
        {"name": "<i>SING</i>", "count": 12_345_678, "last_at": "2026-11-20T03:04:05Z"},
        {"name": "OPEN", "count": 7},
    ],
    "event_properties": [
        {"name": "song", "column": "song", "type": "string", "filled": 40}
        | {"top_values": [["<u>wales</u>", 30], ["b", 10]]}
    ],
    "user_properties": [{"name": "plan", "column": "plan", "type": "string"}],
}


@pytest.fixture
def dataset(db: None) -> Dataset:
    return make_dataset(catalog=CATALOG, event_count=24_691_356)


def shown(client: Client, url: str, **query: str) -> str:
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def entry(name: str, kind: str = "event", schema: str = "Encore iOS") -> dict[str, str]:
    return {"schema": schema, "kind": kind, "name": name}


def say(client: Client, named: dict[str, str], **said: str) -> Any:
    return client.post("/data/entry/", said, query_params=named)


def test_it_lists_events_and_properties_with_markup_inert(client: Client, dataset: Dataset) -> None:
    client.force_login(make_user("Viewer"))
    events = shown(client, "/data/")
    assert "&lt;i&gt;SING&lt;/i&gt;" in events
    assert "12,345,678" in events
    assert "<i>SING" not in events
    properties = shown(client, "/data/", show="event_property")
    assert "&lt;u&gt;wales&lt;/u&gt; · b" in properties
    assert "plan" in shown(client, "/data/", show="user_property")


def test_it_keeps_what_people_say_through_a_reload(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    load(tmp_path)
    client.force_login(make_user("Governor"))
    assert say(client, entry("SING", schema="small"), **SAID).status_code == 302
    load(tmp_path, events=MORE_EVENTS, replace=True)
    page = shown(client, "/data/", schema="small")
    assert "Sang a song" in page
    assert "&lt;b&gt;Once&lt;/b&gt;" in page
    assert "歌" in page


def test_it_finds_by_what_was_said(client: Client, dataset: Dataset) -> None:
    client.force_login(make_user("Governor"))
    say(client, entry("OPEN"), **SAID)
    for query in ({"q": "song ended"}, {"category": "歌"}):
        found = client.get("/data/", query, headers=PART).content.decode()
        assert "Sang a song" in found
        assert "SING" not in found.replace("schema", "")
    assert "Nothing matches" in shown(client, "/data/", q="polka")


def test_it_forgets_a_label_that_says_nothing(client: Client, dataset: Dataset) -> None:
    client.force_login(make_user("Governor"))
    say(client, entry("OPEN"), **SAID)
    assert DataLabel.objects.count() == 1
    say(client, entry("OPEN"), display_name="", description="", category="")
    assert DataLabel.objects.count() == 0


@pytest.mark.parametrize("said", [{"display_name": "x" * 101}, {"description": "x" * 2001}])
def test_it_says_what_is_too_long(client: Client, dataset: Dataset, said: dict[str, str]) -> None:
    client.force_login(make_user("Governor"))
    response = say(client, entry("OPEN"), **said)
    assert response.status_code == 422
    assert "at most" in response.content.decode()
    assert DataLabel.objects.count() == 0


@pytest.mark.parametrize(("role", "status"), [("Viewer", 403), ("Creator", 403), ("Governor", 302)])
def test_it_lets_governors_describe(
    client: Client, dataset: Dataset, role: str, status: int
) -> None:
    client.force_login(make_user(role))
    assert say(client, entry("OPEN"), **SAID).status_code == status


@pytest.mark.parametrize(
    "named", [entry("GONE"), entry("OPEN", "polka"), entry("OPEN", schema="x"), {"schema": ""}]
)
def test_it_does_not_find_what_is_not_there(
    client: Client, dataset: Dataset, named: dict[str, str]
) -> None:
    client.force_login(make_user())
    assert client.get("/data/entry/", named).status_code == 404
    assert say(client, named, **SAID).status_code == 404


def test_it_offers_no_hidden_event_and_still_knows_it(client: Client, dataset: Dataset) -> None:
    client.force_login(make_user("Governor"))
    say(client, entry("OPEN"), is_hidden="on", description="An app start.")
    say(client, entry("plan", "user_property"), display_name="Tariff")
    page = client.get("/data/", headers=PART).content.decode()
    assert "OPEN" not in page
    assert "OPEN" in shown(client, "/data/", hidden="yes")
    catalog = dataset_data(dataset)["catalog"]
    assert catalog["events"][1] == {
        "name": "OPEN",
        "count": 7,
        "description": "An app start.",
        "hidden": True,
    }
    assert catalog["user_properties"][0]["label"] == "Tariff"


def test_it_counts_each_day_in_the_zone_once_for_each_load(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    dataset = load(tmp_path)
    assert find_trends(dataset, ["SING"]) is None
    count_events(dataset)
    trends = find_trends(dataset, ["SING", "PURCHASE"])
    assert trends is not None
    assert [point for point in trends["SING"].points if point[1]] == [
        (date(2026, 1, 10), 1),
        (date(2026, 1, 11), 2),
    ]
    assert trends["SING"].last == date(2026, 1, 12)
    assert trends["PURCHASE"].total == 1
    again = load(tmp_path, events=MORE_EVENTS, replace=True)
    assert find_trends(again, ["SING"]) is None
    client.force_login(make_user("Viewer"))
    page = shown(client, "/data/entry/", **entry("SING", schema="small"), count="yes")
    assert "3 in 90 days" not in page
    assert "4 in 90 days" in page
    assert EventTrend.objects.filter(event="SING").count() == 1


def test_it_counts_days_by_the_wall_clock(settings: Any, tmp_path: Path) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    dataset = load(tmp_path)
    # 20:00 UTC is the next day in Tokyo.
    events = "user_id,event,time\na,SING,2026-01-10T20:00:00Z\na,SING,2026-01-11T01:00:00Z\n"
    dataset = load(tmp_path, events=events, replace=True)
    dataset.timezone, dataset.catalog["timezone"] = "Asia/Tokyo", "Asia/Tokyo"
    count_events(dataset)
    trends = find_trends(dataset, ["SING"]) or {}
    assert [point for point in trends["SING"].points if point[1]] == [(date(2026, 1, 11), 2)]


def test_it_shows_the_page_when_the_days_cannot_be_counted(
    client: Client, dataset: Dataset
) -> None:
    client.force_login(make_user("Viewer"))
    page = shown(client, "/data/", count="yes")
    assert "The days could not be counted. The file of this dataset is missing." in page
    assert 'hx-trigger="load"' not in page.split('id="entries"')[1].split(">")[0]
