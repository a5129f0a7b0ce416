"""Dates and date-times as a definition writes them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from cohorts.definitions.nodes import Moment

# `fromisoformat` alone also takes week dates, bare digits and any separator.
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)


def find_moment(text: object) -> Moment | None:
    """The date or date-time that the text spells; None if it spells neither."""
    if not isinstance(text, str):
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if _DATE_TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        return None
    return None


def first_instant_of(moment: Moment, zone: tzinfo) -> datetime:
    """The instant itself, or where the day begins in the zone."""
    if isinstance(moment, datetime):
        return to_instant(moment, zone)
    return to_instant(datetime.combine(moment, time()), zone)


def instant_after(moment: date, zone: tzinfo) -> datetime:
    """Where the day after begins in the zone."""
    if moment == date.max:
        return LAST_INSTANT
    return first_instant_of(moment + timedelta(days=1), zone)


def to_instant(moment: datetime, zone: tzinfo) -> datetime:
    """In UTC; a date-time without an offset is wall time in the zone, read with `fold=0`."""
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return FIRST_INSTANT if moment.year < 5000 else LAST_INSTANT


def is_before(low: Moment, high: Moment) -> bool | None:
    """Is `low` earlier? None where that depends on the zone."""
    if isinstance(low, datetime) and isinstance(high, datetime):
        if (low.tzinfo is None) != (high.tzinfo is None):
            return None
        return low < high
    if isinstance(low, datetime) or isinstance(high, datetime):
        return None
    return low < high
