"""Windows of time as two instants: the only place that knows calendars."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TypeAlias, assert_never

from cohorts.definitions.moments import first_instant_of, instant_after, to_instant
from cohorts.definitions.nodes import Ago, FromTo, Full, Last, Overall, This

# Windows that are the same for every user.
SharedWindow: TypeAlias = Overall | Last | Ago | Full | This | FromTo

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Interval:
    """`[start, end)` in UTC; without a start since ever."""

    start: datetime | None
    end: datetime


def resolve_window(
    window: SharedWindow, *, as_of: datetime, zone: tzinfo, overall: Interval
) -> Interval:
    """The instants of a window, never past `as_of`."""
    start, end = _resolve(window, as_of=as_of, zone=zone, overall=overall)
    return Interval(start, min(end, as_of))


def _resolve(
    window: SharedWindow, *, as_of: datetime, zone: tzinfo, overall: Interval
) -> tuple[datetime | None, datetime]:
    match window:
        case Overall():
            return overall.start, overall.end
        case Last(n=n, unit=unit):
            return shift_back(as_of, n, unit, zone), as_of
        case Ago(start=start, end=end, unit=unit):
            return (
                shift_back(as_of, start, unit, zone),
                shift_back(as_of, end, unit, zone) or datetime.min.replace(tzinfo=UTC),
            )
        case Full(n=n, unit=unit):
            return _resolve_full(as_of, n, unit, zone)
        case This(unit=unit):
            return _read_wall(start_of_unit(_to_wall(as_of, zone), unit), zone), as_of
        case FromTo():
            return _resolve_from_to(window, as_of, zone)
        case _:
            assert_never(window)


def shift_back(instant: datetime, n: int, unit: str, zone: tzinfo) -> datetime | None:
    """`n` units earlier on the zone's wall clock (hours: elapsed); None: before the calendar."""
    if n == 0:
        return instant
    try:
        if unit == "hour":
            return instant - timedelta(hours=n)
        return _read_wall(_shift_wall(_to_wall(instant, zone), n, unit), zone)
    except OverflowError:
        return None


def start_of_unit(wall: datetime, unit: str) -> datetime:
    """Where the calendar unit that contains this wall time begins."""
    if unit == "hour":
        return wall.replace(minute=0, second=0, microsecond=0)
    midnight = datetime.combine(wall.date(), time())
    match unit:
        case "week":
            return midnight - timedelta(days=wall.weekday())
        case "month":
            return midnight.replace(day=1)
        case "quarter":
            return midnight.replace(day=1, month=wall.month - (wall.month - 1) % 3)
        case "year":
            return midnight.replace(day=1, month=1)
        case _:
            return midnight


def _resolve_full(
    as_of: datetime, n: int, unit: str, zone: tzinfo
) -> tuple[datetime | None, datetime]:
    current = start_of_unit(_to_wall(as_of, zone), unit)
    end = _read_wall(current, zone)
    try:
        if unit == "hour":
            return end - timedelta(hours=n), end
        return _read_wall(_shift_wall(current, n, unit), zone), end
    except OverflowError:
        return None, end


def _resolve_from_to(
    window: FromTo, as_of: datetime, zone: tzinfo
) -> tuple[datetime | None, datetime]:
    start = None if window.start is None else first_instant_of(window.start, zone)
    if window.end is None:
        return start, as_of
    if isinstance(window.end, datetime):
        return start, to_instant(window.end, zone)
    return start, instant_after(window.end, zone)


def _to_wall(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _read_wall(wall: datetime, zone: tzinfo) -> datetime:
    return to_instant(wall, zone)


def _shift_wall(wall: datetime, n: int, unit: str) -> datetime:
    if unit in _DAYS:
        return wall - timedelta(days=n * _DAYS[unit])
    month_number = wall.year * 12 + wall.month - 1 - n * _MONTHS[unit]
    year, month = divmod(month_number, 12)
    if year < 1:
        raise OverflowError
    return wall.replace(
        year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1])
    )


def number_unit(instant: datetime, unit: str, zone: tzinfo) -> int:
    """The number of the calendar day, week or month; the first ever is a Monday."""
    wall = _to_wall(instant, zone)
    if unit == "month":
        return wall.year * 12 + wall.month
    days = wall.toordinal() - 1
    return days // 7 if unit == "week" else days
