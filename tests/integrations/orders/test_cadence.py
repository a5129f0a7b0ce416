from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.cadence import (
    BadCadence,
    Cadence,
    describe_cadence,
    describe_time,
    next_after,
    next_times,
    slots_between,
)


def rule(**changes: object) -> Cadence:
    values = {
        "unit": "day",
        "every": 1,
        "weekdays": (),
        "month_day": "",
        "at": time(8, 0),
        "timezone": "UTC",
        "starts_on": date(2026, 1, 1),
    }
    return Cadence(**(values | changes))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "after", "expected"),
    [
        (rule(), "2026-03-01 08:00", ["2026-03-02 08:00", "2026-03-03 08:00"]),
        (rule(every=7), "2026-01-01 08:01", ["2026-01-08 08:00", "2026-01-15 08:00"]),
        (rule(timezone="Asia/Tokyo"), "2026-03-01 00:00", ["2026-03-01 23:00"]),
        # The 1st of January 2026 is a Thursday; its week began on 29 December.
        (
            rule(unit="week", every=2, weekdays=(0, 4)),
            "2025-12-01 00:00",
            ["2026-01-02 08:00", "2026-01-12 08:00", "2026-01-16 08:00", "2026-01-26 08:00"],
        ),
        (
            rule(unit="month", month_day="31"),
            "2026-01-15 00:00",
            ["2026-01-31 08:00", "2026-02-28 08:00", "2026-03-31 08:00", "2026-04-30 08:00"],
        ),
        (
            rule(unit="month", every=12, month_day="29", starts_on=date(2027, 2, 1)),
            "2026-01-01 00:00",
            ["2027-02-28 08:00", "2028-02-29 08:00", "2029-02-28 08:00"],
        ),
        (
            rule(unit="month", every=3, month_day="last"),
            "2026-01-31 08:00",
            ["2026-04-30 08:00", "2026-07-31 08:00"],
        ),
        # Started on the 15th for the 10th: the first is in the next month of the rule.
        (
            rule(unit="month", month_day="10", starts_on=date(2026, 5, 15)),
            "2026-01-01 00:00",
            ["2026-06-10 08:00"],
        ),
        # The first of the month at 00:30 stays the first, east of Greenwich too.
        (
            rule(unit="month", month_day="1", at=time(0, 30), timezone="Europe/Berlin"),
            "2026-02-10 00:00",
            ["2026-02-28 23:30", "2026-03-31 22:30", "2026-04-30 22:30"],
        ),
        # 02:30 is skipped on 29 March, and is 02:30 again on the day after.
        (
            rule(at=time(2, 30), timezone="Europe/Berlin"),
            "2026-03-28 12:00",
            ["2026-03-29 01:00", "2026-03-30 00:30"],
        ),
        # 02:30 comes twice on 25 October: the first counts.
        (
            rule(at=time(2, 30), timezone="Europe/Berlin"),
            "2026-10-24 12:00",
            ["2026-10-25 00:30", "2026-10-26 01:30"],
        ),
        # Half an hour of daylight saving: 02:15 is skipped until 02:30.
        (
            rule(at=time(2, 15), timezone="Australia/Lord_Howe"),
            "2026-10-03 00:00",
            ["2026-10-03 15:30", "2026-10-04 15:15"],
        ),
        # Samoa had no 30 December 2011. Its slot and the one of the 31st at midnight are one.
        (
            rule(at=time(0, 0), timezone="Pacific/Apia", starts_on=date(2011, 12, 1)),
            "2011-12-28 12:00",
            ["2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00"],
        ),
    ],
)
def test_it_gives_the_slots_of_the_rule(cadence: Cadence, after: str, expected: list[str]) -> None:
    assert next_times(cadence, utc(after), len(expected)) == [utc(each) for each in expected]


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (rule(every=7), "Every 7 days"),
        (rule(), "Every 1 day"),
        (rule(unit="week", every=2, weekdays=(0, 6, 1)), "Every 2 weeks, S, M, T"),
        (rule(unit="week", weekdays=(2, 3, 4, 5)), "Every 1 week, W, TH, F, SA"),
        (rule(unit="month", month_day="31"), "Every 1 month, day 31"),
        (rule(unit="month", every=2, month_day="last"), "Every 2 months, last day"),
    ],
)
def test_it_says_the_rule_as_lists_show_it(cadence: Cadence, words: str) -> None:
    assert describe_cadence(cadence) == words


def test_it_says_the_time_with_its_zone() -> None:
    assert describe_time(rule(at=time(18, 5), timezone="Asia/Tokyo")) == "06:05 PM Asia/Tokyo"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "year"}, "unit"),
        ({"every": 0}, "every"),
        ({"every": 366}, "every"),
        ({"unit": "week"}, "weekdays"),
        ({"unit": "week", "weekdays": (7,)}, "weekdays"),
        ({"unit": "month"}, "month_day"),
        ({"unit": "month", "month_day": "32"}, "month_day"),
        ({"unit": "month", "month_day": "0"}, "month_day"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "/etc/passwd"}, "timezone"),
    ],
)
def test_it_refuses_a_rule_that_makes_no_sense(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadCadence) as refused:
        rule(**changes)
    assert refused.value.field == field


ZONES = [
    "UTC",
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "America/Asuncion",
    "Antarctica/Troll",
]


@st.composite
def rules(draw: st.DrawFn) -> Cadence:
    starts_on = draw(st.dates(date(2010, 1, 1), date(2012, 12, 31)))
    return Cadence(
        unit=draw(st.sampled_from(["day", "week", "month"])),
        every=draw(st.integers(1, 5)),
        weekdays=tuple(draw(st.sets(st.integers(0, 6), min_size=1))),
        month_day=draw(st.sampled_from(["1", "15", "28", "29", "30", "31", "last"])),
        at=time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30, 45]))),
        timezone=draw(st.sampled_from(ZONES)),
        starts_on=starts_on,
    )


def falls_on(cadence: Cadence, day: date) -> bool:
    """The rule again, said for one day alone."""
    if day < cadence.starts_on:
        return False
    start = cadence.starts_on
    if cadence.unit == "day":
        return (day - start).days % cadence.every == 0
    if cadence.unit == "week":
        monday = day - timedelta(days=day.weekday())
        anchor = start - timedelta(days=start.weekday())
        weeks = (monday - anchor).days // 7
        return day.weekday() in cadence.weekdays and weeks % cadence.every == 0
    months = (day.year - start.year) * 12 + day.month - start.month
    last = calendar.monthrange(day.year, day.month)[1]
    wanted = last if cadence.month_day == "last" else min(int(cadence.month_day), last)
    return day.day == wanted and months % cadence.every == 0


def first_quarter_at_or_past(wall: datetime, zone: ZoneInfo) -> datetime:
    """What a person watching the clock on the wall would say, quarter by quarter."""
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while moment.astimezone(zone).replace(tzinfo=None) < wall:
        moment += timedelta(minutes=15)
    return moment


def enumerate_slots(cadence: Cadence, after: datetime, until: datetime) -> list[datetime]:
    zone = ZoneInfo(cadence.timezone)
    day, found = after.date() - timedelta(days=3), set()
    while day <= until.date() + timedelta(days=3):
        if falls_on(cadence, day):
            found.add(first_quarter_at_or_past(datetime.combine(day, cadence.at), zone))
        day += timedelta(days=1)
    return sorted(slot for slot in found if after < slot <= until)


@settings(max_examples=300, deadline=None)
@given(cadence=rules(), shift=st.integers(-20, 900), hours=st.integers(0, 23))
def test_it_agrees_with_a_person_who_watches_the_clock(
    cadence: Cadence, shift: int, hours: int
) -> None:
    start = datetime.combine(cadence.starts_on, time(hours), tzinfo=UTC)
    after = start + timedelta(days=shift)
    until = after + timedelta(days=70)
    assert slots_between(cadence, after, until) == enumerate_slots(cadence, after, until)


@settings(max_examples=200, deadline=None)
@given(cadence=rules(), cuts=st.lists(st.integers(0, 200 * 24), max_size=6))
def test_it_gives_each_slot_once_however_often_one_looks(cadence: Cadence, cuts: list[int]) -> None:
    start = datetime.combine(cadence.starts_on, time(0), tzinfo=UTC)
    edges = [start + timedelta(hours=hours) for hours in sorted({0, *cuts, 200 * 24})]
    pieces = [
        slot for after, until in pairwise(edges) for slot in slots_between(cadence, after, until)
    ]
    assert pieces == slots_between(cadence, edges[0], edges[-1])


@settings(max_examples=200, deadline=None)
@given(cadence=rules(), shift=st.integers(-50, 3000))
def test_the_next_slot_is_the_first_of_those_that_follow(cadence: Cadence, shift: int) -> None:
    after = datetime.combine(cadence.starts_on, time(12), tzinfo=UTC) + timedelta(hours=shift)
    upcoming = next_after(cadence, after)
    assert slots_between(cadence, after, upcoming) == [upcoming]
