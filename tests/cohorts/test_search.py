from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cohorts.models import Dataset
from cohorts.search import Found, search
from tests.factories import make_cohort, make_dataset, make_user
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db
CATALOG: dict[str, Any] = {
    "timezone": "UTC",
    "events": [
        {"name": "SING", "count": 12_345_678},
        {"name": "STOP_SINGING", "count": 7},
        {"name": "<b>歌う</b>", "count": 0},
    ],
    "event_properties": [{"name": "singer", "column": "singer", "type": "string"}],
    "user_properties": [{"name": "can_sing", "column": "can_sing", "type": "boolean"}],
}


@pytest.fixture
def dataset(db: None) -> Dataset:
    return make_dataset(catalog=CATALOG)


def names(found: Found) -> dict[str, list[str]]:
    return {
        kind: [each.name for each in getattr(found, kind)]
        for kind in ("cohorts", "events", "fields")
    }


def test_it_finds_cohorts_events_and_fields(dataset: Dataset) -> None:
    make_cohort("Frequent Singers")
    make_cohort("Whales", description="Sing and pay")
    make_cohort("Gone singers", disabled_at=dataset.loaded_at)
    assert names(search("sing", dataset=None, most=5)) == {
        "cohorts": ["Frequent Singers", "Whales"],
        "events": ["SING", "STOP_SINGING"],
        "fields": ["singer", "can_sing"],
    }


@pytest.mark.parametrize("words", ["", "   "])
def test_it_finds_nothing_for_nothing(dataset: Dataset, words: str) -> None:
    assert not search(words, dataset=None, most=5)


def test_it_puts_first_what_begins_with_the_text(dataset: Dataset) -> None:
    for number in range(6):
        make_cohort(f"A singer {number}")
    make_cohort("Singers")
    assert names(search("sing", dataset=None, most=3))["cohorts"][0] == "Singers"


def test_it_keeps_to_the_chosen_schema(dataset: Dataset) -> None:
    other = make_dataset(name="Android")
    make_cohort("Singers", dataset=dataset)
    assert not search("sing", dataset=other, most=5)


def test_it_shows_results_and_suggestions_with_markup_inert(
    client: Client, dataset: Dataset
) -> None:
    client.force_login(make_user())
    whole = client.get("/search/", {"q": "歌"})
    assert "&lt;b&gt;歌う&lt;/b&gt;" in whole.content.decode()
    part = client.get("/search/", {"q": "sing"}, headers=PART)
    assert "12,345,678" in text(part)
    assert "<html" not in part.content.decode()
    assert "Nothing matches “<wales>”" in text(client.get("/search/", {"q": "<wales>"}))
    assert "<wales>" not in client.get("/search/", {"q": "<wales>"}).content.decode()


def test_it_lists_what_there_is_to_build_on(client: Client, dataset: Dataset) -> None:
    client.force_login(make_user("Viewer"))
    shown = text(client.get("/data/"))
    assert "SING 12,345,678" in shown
    assert "can_sing boolean" in text(client.get("/data/", {"show": "user_property"}))


def test_it_says_how_to_load_events_when_there_are_none(client: Client) -> None:
    client.force_login(make_user("Viewer"))
    assert "No schema yet" in text(client.get("/data/"))
