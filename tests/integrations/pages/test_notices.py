from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort
from tests.factories import make_cohort, make_run, make_schedule, make_user
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db
NEW = "Notifications, new ones"


@pytest.fixture
def user(db: None) -> User:
    return make_user(email="mika@sing.example")


@pytest.fixture
def page(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def make_recent(cohort: Cohort, state: str = "succeeded", **changes: Any) -> None:
    make_run(cohort, state, queued_at=timezone.now() - timedelta(hours=1), **changes)


def is_new(page: Client) -> bool:
    return NEW in page.get("/search/").content.decode()


@pytest.mark.parametrize("reason", ["owner", "asked", "scheduled", "mailed"])
def test_it_tells_of_imports_that_concern_me(page: Client, user: User, reason: str) -> None:
    cohort = make_cohort(owner=user if reason == "owner" else None)
    changes: dict[str, Any] = {
        "owner": {},
        "asked": {"requested_by": user},
        "scheduled": {"schedule": make_schedule(cohort, created_by=user)},
        "mailed": {"recipients": ["a@sing.example", "mika@sing.example"]},
    }[reason]
    make_recent(cohort, "failed", **changes)
    assert is_new(page)
    assert "Dormant Users Failed" in text(page.get("/notices/", headers=PART))


@pytest.mark.parametrize("mail", ["tamika@sing.example", "mika@sing.example.org"])
def test_it_does_not_tell_of_others_imports(page: Client, mail: str) -> None:
    make_recent(make_cohort(owner=make_user()), recipients=[mail])
    assert not is_new(page)
    assert "No news" in text(page.get("/notices/"))


def test_it_tells_of_held_imports_but_not_of_those_under_way(page: Client, user: User) -> None:
    make_recent(make_cohort("Under way", owner=user), "sending")
    assert not is_new(page)
    make_recent(make_cohort("Held one", owner=user), "held")
    assert is_new(page)


def test_it_is_old_news_when_it_was_read_or_two_weeks_passed(page: Client, user: User) -> None:
    cohort = make_cohort(owner=user)
    make_run(cohort, queued_at=timezone.now() - timedelta(days=15))
    assert not is_new(page)
    make_recent(cohort)
    assert is_new(page)
    assert page.post("/notices/read/").status_code == 302
    assert not is_new(page)
    # It stays in the list, no longer marked.
    shown = text(page.get("/notices/"))
    assert "Success" in shown
    assert "new" not in shown.split("Notifications")[-1]
