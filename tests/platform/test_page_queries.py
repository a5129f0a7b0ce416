"""No list page asks the database more than twelve times, however many rows it shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from cohorts.models import Favorite
from cohorts.preferences import change_preferences
from cohorts.tags import add_tag
from integrations.models import WorkerSeen
from tests.factories import (
    make_cohort,
    make_connection,
    make_run,
    make_schedule,
    make_snapshot,
    make_user,
)

pytestmark = pytest.mark.django_db
MOST = 12
PAGES = [
    "/",
    "/?days=90",
    "/cohorts/",
    "/cohorts/?q=bulk&import=imported&sort=-imported&tag=core&show=mine",
    "/cohorts/?sort=-users",
    "/cohorts/export.csv",
    "/schedule/",
    "/schedule/calendar/",
    "/schedule/calendar/?view=week",
    "/imports/",
    "/imports/?state=failed",
    "/notices/",
    "/search/?q=bulk",
    "/data/",
    "/data/?show=user_property&q=a&hidden=yes",
]


@pytest.fixture
def user(db: None) -> User:
    """With rows of every kind around."""
    user, now = make_user(), timezone.now()
    make_connection()
    WorkerSeen.objects.create(keeper="one", seen_at=now)
    states = ["succeeded", "failed", "held", "partial", "sending", "canceled"]
    cohorts = [make_cohort(f"Bulk {number:02}", size=number, owner=user) for number in range(24)]
    for number, cohort in enumerate(cohorts):
        make_snapshot(cohort, as_of=now - timedelta(days=1))
        if number % 2:
            make_schedule(cohort, created_by=user, paused_at=now if number % 5 == 0 else None)
        make_run(cohort, states[number % 6], queued_at=now, requested_by=user)
        if number % 3 == 0:
            Favorite.objects.create(user=user, cohort=cohort)
    add_tag("core", cohorts)
    add_tag("revenue", cohorts[::2])
    change_preferences(user, timezone="Asia/Tokyo")
    return user


@pytest.mark.parametrize("url", PAGES)
def test_it_asks_at_most_twelve_times(
    client: Client, user: User, url: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(user)
    with django_assert_max_num_queries(MOST):
        response = client.get(url)
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code == 200
