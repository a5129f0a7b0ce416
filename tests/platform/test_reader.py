"""Time zone and schema of the reader, and what the shell lists beside every page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cohorts.models import Favorite
from cohorts.preferences import change_preferences
from tests.factories import make_cohort, make_dataset, make_run, make_user
from tests.integrations.pages.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db: None) -> User:
    return make_user()


@pytest.fixture
def page(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/\\evil"])
def test_it_leads_nowhere_else(page: Client, next_page: str) -> None:
    assert page.post("/schema/", {"schema": "", "next": next_page})["Location"] == "/"


@pytest.mark.parametrize(
    ("of_account", "of_browser", "shown"),
    [
        ("", "Asia/Tokyo", "11/23/2026 2:00 PM"),
        ("America/New_York", "Asia/Tokyo", "11/23/2026 12:00 AM"),
        ("", "", "11/23/2026 5:00 AM"),
        ("", "../../etc/passwd", "11/23/2026 5:00 AM"),
        ("", "America", "11/23/2026 5:00 AM"),
        ("", "x" * 5000, "11/23/2026 5:00 AM"),
    ],
)
def test_it_writes_times_in_the_readers_zone(
    page: Client, user: User, of_account: str, of_browser: str, shown: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("integrations.notices.NEWS", timedelta(days=9999))
    make_run(make_cohort(owner=user))
    change_preferences(user, timezone=of_account)
    page.cookies["timezone"] = of_browser
    assert shown in text(page.get("/notices/"))


def test_it_limits_lists_to_the_chosen_schema(page: Client) -> None:
    ios, android = make_dataset(name="iOS"), make_dataset(name="Android")
    make_run(make_cohort("Of iOS", dataset=ios), "failed")
    make_cohort("Of Android", dataset=android)
    page.post("/schema/", {"schema": str(android.pk), "next": "/cohorts/"})
    shown = text(page.get("/cohorts/"))
    assert "Of Android" in shown
    assert "Of iOS" not in shown
    assert "Failed 0" in shown
    # What needs attention is never hidden.
    assert "1 import needs attention" in page.get("/cohorts/").content.decode()
    page.post("/schema/", {"schema": "", "next": "/cohorts/"})
    assert "Of iOS" in text(page.get("/cohorts/"))


def test_it_keeps_favorites_of_each_person(page: Client, user: User) -> None:
    make_cohort("Whales")
    page.post("/cohorts/whales/star/", {"next": "/cohorts/"})
    page.post("/cohorts/whales/star/", {"next": "/cohorts/"})
    assert Favorite.objects.filter(user=user).count() == 1
    assert "Favorites Whales" in text(page.get("/search/"))
    other = Client()
    other.force_login(make_user())
    assert "Favorites" not in text(other.get("/cohorts/"))
    page.post("/cohorts/whales/star/", {"starred": "no"})
    assert not Favorite.objects.exists()


def test_it_costs_the_shell_six_queries(
    page: Client, user: User, django_assert_max_num_queries: Any
) -> None:
    make_dataset()
    change_preferences(user, timezone="Asia/Tokyo")
    # Session, user, rights, imports, worker and news, menu; and the page's own none.
    with django_assert_max_num_queries(6):
        page.get("/search/")
