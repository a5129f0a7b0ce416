from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from integrations.calendar import Calendar, read_calendar
from tests.factories import make_cohort, make_run, make_schedule
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db
# A Monday, 14:00 in Tokyo.
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def read(view: Any, on: date, zone: str = "Asia/Tokyo", most: int = 9) -> Calendar:
    with timezone.override(ZoneInfo(zone)):
        return read_calendar(view, on, now=NOW, most=most)


def shown(found: Calendar) -> dict[int, list[str]]:
    return {day.date.day: [entry.name for entry in day.shown] for day in found.days if day.entries}


@pytest.fixture
def daily(db: None) -> None:
    rule = {"unit": "day", "every": 1, "weekdays": [], "starts_on": date(2026, 11, 1)}
    make_schedule(make_cohort("Daily"), **rule, at=time(23, 30))


def test_it_shows_what_comes_not_what_would_have_been(daily: None) -> None:
    assert list(shown(read("week", NOW.date()))) == [23, 24, 25, 26, 27, 28, 29]
    assert shown(read("week", NOW.date() - timedelta(days=7))) == {}


def test_it_stands_on_the_readers_day(daily: None) -> None:
    # 23:30 in Tokyo is 15:30 in Lisbon, and half past midnight of the next day in Sydney.
    assert list(shown(read("week", NOW.date(), "Australia/Sydney"))) == [24, 25, 26, 27, 28, 29]


def test_it_shows_whole_weeks_around_a_month(daily: None) -> None:
    found = read("month", NOW.date())
    assert (found.first, found.last) == (date(2026, 10, 26), date(2026, 12, 6))
    assert [day.date.day for day in found.days if day.is_today] == [23]
    assert (found.previous, found.following) == (date(2026, 10, 1), date(2026, 12, 1))


def test_it_shows_seven_days_from_today_on(daily: None) -> None:
    found = read("next", date(2026, 11, 26))
    assert (found.first, found.last) == (date(2026, 11, 26), date(2026, 12, 2))


def test_it_shows_what_became_of_past_imports() -> None:
    cohort = make_cohort("Whales")
    make_run(cohort, "failed", queued_at=NOW - timedelta(hours=1))
    make_run(cohort, "sending", queued_at=NOW - timedelta(minutes=1))
    (day,) = read("day", NOW.date()).days
    assert [(entry.tone, entry.is_under_way) for entry in day.entries] == [
        ("bad", False),
        ("", True),
    ]


def test_it_counts_what_does_not_fit(daily: None) -> None:
    for number in range(5):
        make_schedule(
            make_cohort(f"Weekly {number}"), unit="week", weekdays=[1], starts_on=NOW.date()
        )
    found = read("week", NOW.date(), most=4)
    assert [(len(day.shown), day.more) for day in found.days][:3] == [(1, 0), (4, 2), (1, 0)]


@pytest.mark.parametrize("state", ["paused", "deleted", "broken", "disabled cohort"])
def test_it_leaves_out_what_will_not_run(state: str) -> None:
    cohort = make_cohort(disabled_at=NOW if state == "disabled cohort" else None)
    changes: dict[str, Any] = {
        "paused": {"paused_at": NOW},
        "deleted": {"deleted_at": NOW, "next_due_at": None},
        "broken": {"timezone": "Mars/Olympus"},
    }.get(state, {})
    make_schedule(cohort, starts_on=date(2026, 11, 1), **changes)
    assert shown(read("month", NOW.date())) == {}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "view=week",
        "view=day&on=2026-11-24",
        "view=nonsense&on=nonsense",
        "on=9999-12-31",
        "on=0001-01-01&view=week",
    ],
)
def test_any_query_string_gives_a_calendar_that_names_its_zone(
    page: Client, daily: None, query: str
) -> None:
    page.cookies["timezone"] = "Asia/Tokyo"
    assert "Times in Asia/Tokyo" in text(page.get(f"/schedule/calendar/?{query}"))


def test_it_answers_htmx_with_the_calendar_alone(page: Client, daily: None) -> None:
    part = page.get("/schedule/calendar/", headers=PART).content.decode()
    assert part.strip().startswith('<section class="card" id="calendar"')
