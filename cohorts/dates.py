"""Dates and times as the reader's language writes them: `11/23/2026 2:05 PM`, `2026/11/23 14:05`.

The formats are texts of the catalogue. What is told stands on the wall clock of the zone, and the
page names the zone.
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.dateformat import time_format
from django.utils.translation import pgettext


def tell_moment(instant: datetime, zone: str | None = None) -> str:
    """Without a zone, that of the reader."""
    form = pgettext("date and time, as a Django format", "n/j/Y g:i A")
    return format_date(_on_wall_clock(instant, zone), form)


def tell_moment_seconds(instant: datetime, zone: str | None = None) -> str:
    form = pgettext("date and time with seconds, as a Django format", "n/j/Y g:i:s A")
    return format_date(_on_wall_clock(instant, zone), form)


def tell_day_of(instant: datetime, zone: str | None = None) -> str:
    return tell_day(_on_wall_clock(instant, zone))


def tell_day(day: date) -> str:
    return format_date(day, pgettext("date, as a Django format", "n/j/Y"))


def tell_month_day(day: date) -> str:
    return format_date(day, pgettext("month and day, as a Django format", "n/j"))


def tell_clock(instant: datetime, zone: str | None = None) -> str:
    form = pgettext("time of day with seconds, as a Django format", "g:i:s A")
    return format_date(_on_wall_clock(instant, zone), form)


def tell_clock_minutes(instant: datetime, zone: str | None = None) -> str:
    form = pgettext("time of day, as a Django format", "g:i A")
    return format_date(_on_wall_clock(instant, zone), form)


def tell_time(at: time) -> str:
    """A time of day that people choose: with two digits, so that a list of them is even."""
    return time_format(at, pgettext("time of day, as a Django format", "h:i A"))


def _on_wall_clock(instant: datetime, zone: str | None) -> datetime:
    return timezone.localtime(instant, ZoneInfo(zone) if zone else None)
