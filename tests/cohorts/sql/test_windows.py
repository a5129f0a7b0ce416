"""Windows against a calculation that walks the calendar day by day."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.definitions.parse import parse_definition
from cohorts.sql.windows import Interval, number_unit, resolve_window, shift_back

ZONES = (
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Argentina/San_Luis",
    "America/Caracas",
    "America/Chicago",
    "America/Halifax",
    "America/Havana",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Dhaka",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Tongatapu",
)
UNITS = ("day", "week", "month", "quarter", "year")
zones = st.sampled_from(ZONES)
# Many of them near a clock change somewhere: around 2 in the night in March and October.
instants = st.integers(1_104_537_600, 2_082_758_400).map(
    lambda second: datetime.fromtimestamp(second, UTC)
) | st.builds(
    lambda year, month, day, minute: (
        datetime(year, month, day, tzinfo=UTC) + timedelta(minutes=minute)
    ),
    st.integers(2005, 2035),
    st.sampled_from((3, 4, 9, 10, 11, 12)),
    st.integers(24, 30),
    st.integers(0, 1439),
)


def find_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks show the wall time; if it is skipped, what they
    would show without the change."""
    around = (wall - timedelta(days=2), wall + timedelta(days=2))
    offsets = [t.replace(tzinfo=UTC).astimezone(zone).utcoffset() for t in around]
    found = []
    for offset in offsets:
        t = (wall - (offset or timedelta())).replace(tzinfo=UTC)
        if t.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            found.append(t)
    return min(found) if found else (wall - (offsets[0] or timedelta())).replace(tzinfo=UTC)


def begins(day: date, unit: str) -> bool:
    match unit:
        case "week":
            return day.weekday() == 0
        case "month":
            return day.day == 1
        case "quarter":
            return day.day == 1 and day.month % 3 == 1
        case "year":
            return (day.month, day.day) == (1, 1)
        case _:
            return True


def walk_to_start(day: date, unit: str, times: int) -> date:
    """Back to the start of the unit, and then over that many whole units."""
    while not begins(day, unit):
        day -= timedelta(days=1)
    for _ in range(times):
        day -= timedelta(days=1)
        while not begins(day, unit):
            day -= timedelta(days=1)
    return day


def walk_back(day: date, n: int, unit: str) -> date:
    """The same day of the month, or the last one there is, that many units earlier."""
    if unit in ("day", "week"):
        for _ in range(n if unit == "day" else 7 * n):
            day -= timedelta(days=1)
        return day
    number, first = day.day, day.replace(day=1)
    for _ in range(n * {"month": 1, "quarter": 3, "year": 12}[unit]):
        first = (first - timedelta(days=1)).replace(day=1)
    return first.replace(day=min(number, calendar.monthrange(first.year, first.month)[1]))


def resolve(window: dict[str, Any], as_of: datetime, zone: ZoneInfo) -> Interval:
    condition = {"type": "performed", "event": "*", "window": window}
    data = {"version": 1, "match": "all", "conditions": [condition]}
    (parsed,) = parse_definition(data).conditions
    overall = Interval(None, as_of)
    return resolve_window(parsed.window, as_of=as_of, zone=zone, overall=overall)  # type: ignore[union-attr, arg-type]


@settings(deadline=None, max_examples=400)
@given(instants, zones, st.sampled_from(UNITS), st.integers(1, 60))
def test_it_counts_units_back_on_the_wall_clock(
    as_of: datetime, zone_name: str, unit: str, n: int
) -> None:
    zone = ZoneInfo(zone_name)
    wall = as_of.astimezone(zone)
    day = walk_back(wall.date(), n, unit)
    expected = find_instant(datetime.combine(day, wall.time().replace(tzinfo=None)), zone)
    assert resolve({"last": n, "unit": unit}, as_of, zone) == Interval(expected, as_of)
    assert resolve({"ago": [n + 7, n], "unit": unit}, as_of, zone).end == min(expected, as_of)


@settings(deadline=None, max_examples=400)
@given(instants, zones, st.sampled_from(UNITS), st.integers(1, 30))
def test_it_finds_whole_calendar_units(as_of: datetime, zone_name: str, unit: str, n: int) -> None:
    zone = ZoneInfo(zone_name)
    today = as_of.astimezone(zone).date()
    start, end = (
        find_instant(datetime.combine(walk_to_start(today, unit, back), time()), zone)
        for back in (n, 0)
    )
    assert resolve({"full": n, "unit": unit}, as_of, zone) == Interval(start, min(end, as_of))
    assert resolve({"this": unit}, as_of, zone).start == end


@settings(deadline=None, max_examples=300)
@given(instants, zones, st.integers(0, 20), st.integers(0, 20))
def test_dates_are_whole_days_of_the_zone(
    as_of: datetime, zone_name: str, before: int, length: int
) -> None:
    zone = ZoneInfo(zone_name)
    first = as_of.date() - timedelta(days=before + length)
    last = first + timedelta(days=length)
    found = resolve({"from": first.isoformat(), "to": last.isoformat()}, as_of, zone)
    after = datetime.combine(last + timedelta(days=1), time())
    assert found.start == find_instant(datetime.combine(first, time()), zone)
    assert found.end == min(find_instant(after, zone), as_of)


@given(instants, zones, st.integers(1, 10_000))
def test_hours_are_elapsed_hours(as_of: datetime, zone_name: str, n: int) -> None:
    zone = ZoneInfo(zone_name)
    found = resolve({"last": n, "unit": "hour"}, as_of, zone)
    assert found == Interval(as_of - timedelta(hours=n), as_of)


@settings(deadline=None)
@given(instants, zones, st.integers(0, 100))
def test_units_are_numbered_without_gaps(instant: datetime, zone_name: str, days: int) -> None:
    zone = ZoneInfo(zone_name)
    later = instant + timedelta(days=days)
    first, last = (t.astimezone(zone).date() for t in (instant, later))
    between = [first + timedelta(days=n + 1) for n in range((last - first).days)]
    for unit in ("day", "week", "month"):
        begun = sum(begins(day, unit) for day in between)
        assert number_unit(later, unit, zone) - number_unit(instant, unit, zone) == begun


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ({"last": 1, "unit": "month"}, "2026-02-28T12:00", "2026-03-31T12:00"),
        ({"last": 1, "unit": "year"}, "2025-03-31T12:00", "2026-03-31T12:00"),
        # Clocks went forward on 29 March: the day before at noon is 23 hours ago.
        ({"last": 3, "unit": "day"}, "2026-03-28T12:00", "2026-03-31T12:00"),
        ({"ago": [2, 0], "unit": "week"}, "2026-03-17T12:00", "2026-03-31T12:00"),
        ({"full": 1, "unit": "week"}, "2026-03-23T00:00", "2026-03-30T00:00"),
        ({"full": 2, "unit": "hour"}, "2026-03-31T10:00", "2026-03-31T12:00"),
        ({"this": "quarter"}, "2026-01-01T00:00", "2026-03-31T12:00"),
        ({"from": "2026-03-29", "to": "2026-03-29"}, "2026-03-29T00:00", "2026-03-30T00:00"),
        ({"from": "2026-03-29T02:30", "to": "2027-01-01"}, "2026-03-29T03:30", "2026-03-31T12:00"),
        ({"from": "2026-03-29T02:30Z"}, "2026-03-29T04:30", "2026-03-31T12:00"),
    ],
)
def test_it_resolves_in_berlin(window: dict[str, Any], start: str, end: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    expected = [datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end)]
    found = resolve(window, expected[1].replace(year=2026, month=3, day=31, hour=12), zone)
    assert [found.start, found.end] == [instant.astimezone(UTC) for instant in expected]


def test_the_instant_itself_is_kept_in_a_doubled_hour() -> None:
    """Half past one for the second time: nothing ago is now, not an hour earlier."""
    zone = ZoneInfo("America/New_York")
    as_of = datetime(2026, 11, 1, 1, 30, tzinfo=zone, fold=1).astimezone(UTC)
    assert resolve({"ago": [1, 0], "unit": "day"}, as_of, zone).end == as_of


def test_before_the_calendar_there_is_no_bound() -> None:
    as_of = datetime(2026, 5, 1, tzinfo=UTC)
    for unit in ("hour", *UNITS):
        assert shift_back(as_of, 10**300, unit, ZoneInfo("Asia/Tokyo")) is None
        window = {"ago": [10**300, 10**200], "unit": unit}
        found = resolve(window, as_of, ZoneInfo("Asia/Tokyo"))
        assert found.start is None
        assert found.end.year == 1
