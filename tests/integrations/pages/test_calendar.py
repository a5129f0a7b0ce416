from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from integrations.calendar import Calendar, Day, read_calendar
from integrations.models import ImportRun
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


@pytest.mark.database_both
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_it_shows_the_first_past_imports_of_each_day_and_counts_the_rest(zone: str) -> None:
    cohort, midnight = make_cohort("Whales"), datetime(2026, 11, 20, tzinfo=ZoneInfo(zone))
    for hours in (-1, 0, 1, 2, 23, 24):
        at = midnight + timedelta(hours=hours)
        make_run(cohort, "succeeded", queued_at=at, finished_at=at)
    found = read("week", NOW.date() - timedelta(days=7), zone, most=2)
    days = {day.date.day: day for day in found.days if day.count}
    assert {day: (held.count, held.more) for day, held in days.items()} == {
        19: (1, 0),
        20: (4, 2),
        21: (1, 0),
    }
    assert [entry.at for entry in days[20].shown] == [midnight, midnight + timedelta(hours=1)]
    assert [entry.address for entry in days[21].shown] == [entry_address(days[21])]


def entry_address(day: Day) -> str:
    run = ImportRun.objects.get(queued_at=day.entries[0].at)
    return run.get_absolute_url()


def test_a_day_of_past_and_coming_imports_counts_both(daily: None) -> None:
    cohort = make_cohort("Whales")
    for minutes in range(3):
        at = NOW - timedelta(minutes=minutes)
        make_run(cohort, "succeeded", queued_at=at, finished_at=at)
    (day,) = read("day", NOW.date(), most=2).days
    assert (day.count, len(day.shown), day.more) == (4, 2, 2)
    (day,) = read("day", NOW.date(), most=9).days
    assert [entry.name for entry in day.shown] == ["Whales", "Whales", "Whales", "Daily"]


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
