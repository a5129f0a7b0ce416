"""When a schedule recurs: from the rule to instants, and to words. Pure.

Instants come from the rule alone, never from the previous run, so nothing drifts. A wall time that
the clocks skip becomes the first instant after the gap; one that they repeat counts once, the
first time. Days 29 to 31 are the last day of shorter months.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from cohorts.dates import tell_time

Unit = Literal["day", "week", "month"]
LAST = "last"
MAX_EVERY = 365


class BadCadence(ValueError):
    """The rule makes no sense. `field` names the part to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Cadence:
    unit: Unit
    every: int
    # Monday is 0. For weeks only.
    weekdays: tuple[int, ...]
    # "1" to "31" or "last". For months only.
    month_day: str
    at: time
    timezone: str
    # Counting starts here: from this day, from the week it is in, or from its month.
    starts_on: date

    def __post_init__(self) -> None:
        if self.unit not in ("day", "week", "month"):
            raise BadCadence("unit", _("Choose days, weeks or months."))
        if not 1 <= self.every <= MAX_EVERY:
            raise BadCadence("every", _("Choose a number from 1 to 365."))
        if self.unit == "week" and not (self.weekdays and set(self.weekdays) <= set(range(7))):
            raise BadCadence("weekdays", _("Choose at least one day of the week."))
        if self.unit == "month" and self.month_day not in _MONTH_DAYS:
            raise BadCadence("month_day", _("Choose a day from 1 to 31, or the last day."))
        known_zone(self.timezone)


def known_zone(name: str) -> ZoneInfo:
    """Raises `BadCadence` for a name that is no zone."""
    if name not in _zone_names():
        raise BadCadence("timezone", _("%s is no time zone. Use a name such as Asia/Tokyo.") % name)
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    """Kept, because listing them walks a folder tree."""
    return frozenset(available_timezones())


_MONTH_DAYS = {*(str(day) for day in range(1, 32)), LAST}


def next_after(cadence: Cadence, instant: datetime) -> datetime:
    """The first slot after `instant`, in UTC."""
    return next(_slots(cadence, instant))


def next_times(cadence: Cadence, instant: datetime, count: int) -> list[datetime]:
    return list(islice(_slots(cadence, instant), count))


def slots_between(cadence: Cadence, after: datetime, until: datetime) -> list[datetime]:
    """The slots after `after`, up to and including `until`, in UTC."""
    return list(takewhile(lambda slot: slot <= until, _slots(cadence, after)))


def _slots(cadence: Cadence, after: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(cadence.timezone)
    # Two days back: a slot of a skipped day falls on the next one.
    first = max(cadence.starts_on, after.astimezone(zone).date() - timedelta(days=2))
    previous = after.astimezone(UTC)
    for day in _days_from(cadence, first):
        slot = _instant(day, cadence.at, zone)
        # A skipped day's slot can be the very instant of the next day's.
        if slot > previous:
            previous = slot
            yield slot


def _days_from(cadence: Cadence, first: date) -> Iterator[date]:
    """The local dates of the rule, from `first` on, which is not before `starts_on`."""
    match cadence.unit:
        case "day":
            return _every_days(cadence, first)
        case "week":
            return _every_weeks(cadence, first)
        case "month":
            return _every_months(cadence, first)


def _every_days(cadence: Cadence, first: date) -> Iterator[date]:
    past = (first - cadence.starts_on).days
    day = first + timedelta(days=-past % cadence.every)
    while True:
        yield day
        day += timedelta(days=cadence.every)


def _every_weeks(cadence: Cadence, first: date) -> Iterator[date]:
    anchor = cadence.starts_on - timedelta(days=cadence.starts_on.weekday())
    weeks = (first - anchor).days // 7
    monday = anchor + timedelta(weeks=weeks - weeks % cadence.every)
    while True:
        for weekday in sorted(set(cadence.weekdays)):
            day = monday + timedelta(days=weekday)
            if day >= first:
                yield day
        monday += timedelta(weeks=cadence.every)


def _every_months(cadence: Cadence, first: date) -> Iterator[date]:
    anchor = _month_number(cadence.starts_on)
    past = _month_number(first) - anchor
    number = anchor + past - past % cadence.every
    while True:
        day = _day_in_month(number, cadence.month_day)
        if day >= first:
            yield day
        number += cadence.every


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day_in_month(number: int, month_day: str) -> date:
    year, month = number // 12, number % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if month_day == LAST else min(int(month_day), last))


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, at, tzinfo=zone)  # fold 0: the first of two
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # Skipped. Read with the offset after the gap the wall time lies before the change, with the
    # one before the gap it lies after it.
    return _change_between(wall.replace(fold=1).astimezone(UTC), instant, zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the zone's offset changes, found by halving."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def describe_cadence(cadence: Cadence, language: str = "en") -> str:
    """The rule as lists show it, such as "Every 2 weeks, T, F"."""
    with override(language):
        match cadence.unit:
            case "day":
                return ngettext("Every %d day", "Every %d days", cadence.every) % cadence.every
            case "week":
                text = ngettext("Every %d week", "Every %d weeks", cadence.every) % cadence.every
                return _comma().join([text, *_weekday_letters(cadence.weekdays)])
            case "month":
                text = ngettext("Every %d month", "Every %d months", cadence.every) % cadence.every
                return f"{text}{_comma()}{_month_day_words(cadence.month_day)}"


def describe_time(cadence: Cadence, language: str = "en") -> str:
    """The time of day with its zone, such as "08:00 AM Asia/Tokyo"."""
    with override(language):
        return f"{tell_time(cadence.at)} {cadence.timezone}"


def _comma() -> str:
    return pgettext("between the items of a list", ", ")


def _weekday_letters(weekdays: tuple[int, ...]) -> list[str]:
    """Sunday first, as the dialog shows them."""
    letters = [
        pgettext("Monday, shortest", "M"),
        pgettext("Tuesday, shortest", "T"),
        pgettext("Wednesday, shortest", "W"),
        pgettext("Thursday, shortest", "TH"),
        pgettext("Friday, shortest", "F"),
        pgettext("Saturday, shortest", "SA"),
        pgettext("Sunday, shortest", "S"),
    ]
    return [letters[day] for day in sorted(set(weekdays), key=lambda day: (day + 1) % 7)]


def _month_day_words(month_day: str) -> str:
    return _("last day") if month_day == LAST else _("day %s") % month_day
