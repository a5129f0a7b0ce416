"""The size of a cohort over time, from every snapshot of any of its versions. Pure but for one
query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from cohorts.models import Cohort, Snapshot

RANGES = (7, 30, 90)
USUAL_RANGE = 30
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Point:
    """The last count of one day; `version` is the number of the version that was counted."""

    day: date
    at: datetime
    size: int
    version: int


@dataclass(frozen=True)
class History:
    """`points` by day, oldest first, over the longest range."""

    points: tuple[Point, ...]
    zone: str
    today: date

    @property
    def latest(self) -> Point | None:
        return self.points[-1] if self.points else None

    @property
    def week_change(self) -> float | None:
        """In per cent since the last count that is at least a week older than the latest."""
        if self.latest is None:
            return None
        before = [p for p in self.points if self.latest.at - p.at >= WEEK]
        if not before or not before[-1].size:
            return None
        return 100 * (self.latest.size - before[-1].size) / before[-1].size

    @property
    def trend(self) -> list[int]:
        return [point.size for point in self.since(USUAL_RANGE)]

    def since(self, days: int) -> list[Point]:
        return [point for point in self.points if point.day > self.today - timedelta(days=days)]

    def first_day(self, days: int) -> date:
        return self.today - timedelta(days=days - 1)


def read_history(cohort: Cohort, now: datetime) -> History:
    rows = (
        Snapshot.objects.filter(
            version__cohort=cohort, as_of__gte=now - timedelta(days=max(RANGES))
        )
        .order_by("as_of", "pk")
        .values_list("as_of", "size", "version__number")
    )
    return arrange(list(rows), cohort.dataset.timezone, now)


def arrange(rows: Sequence[tuple[datetime, int, int]], zone: str, now: datetime) -> History:
    """`rows` in the order they were counted."""
    where = ZoneInfo(zone)
    by_day = {}
    for at, size, version in rows:
        day = timezone.localdate(at, where)
        by_day[day] = Point(day, at, size, version)
    return History(tuple(by_day.values()), zone, timezone.localdate(now, where))


def read_range(given: str | None) -> int:
    """One of the ranges; the usual one for anything else."""
    return int(given) if given in {str(days) for days in RANGES} else USUAL_RANGE
