"""Sizes that a cohort would have had at the end of past days, computed with today's data.

They are no snapshots: those say what was counted then. They are counted a few days at a time, so
that no request takes long, none has to be stopped, and whoever turns away ends it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from cohorts.evaluation import Prepared, count_on, opened
from cohorts.models import CohortVersion
from cohorts.page.kept import Question, find_answer, keep_answer

# After so many seconds the days counted so far are shown, and the next request goes on.
SECONDS_AT_A_TIME = 2.0


@dataclass(frozen=True)
class PastSizes:
    sizes: dict[date, int]
    wanted: tuple[date, ...]

    @property
    def done(self) -> int:
        return sum(day in self.sizes for day in self.wanted)

    @property
    def is_complete(self) -> bool:
        return self.done == len(self.wanted)

    @property
    def points(self) -> list[tuple[date, int]]:
        return [(day, self.sizes[day]) for day in self.wanted if day in self.sizes]


def find_past_sizes(
    version: CohortVersion, prepared: Prepared, *, days: int, now: datetime
) -> PastSizes:
    """As far as they were counted."""
    kept = find_answer(version, Question.PAST_SIZES, [prepared])
    sizes = {date.fromisoformat(day): n for day, n in kept.answer.items()} if kept else {}
    return PastSizes(sizes, wanted_days(days, prepared.dataset.timezone, now))


def count_past_sizes(
    version: CohortVersion,
    prepared: Prepared,
    *,
    days: int,
    now: datetime,
    seconds: float | None = None,
) -> PastSizes:
    """Counts on, newest day first: one day at least. Raises WarehouseError."""
    found = find_past_sizes(version, prepared, days=days, now=now)
    missing = [day for day in reversed(found.wanted) if day not in found.sizes]
    if not missing:
        return found
    sizes = dict(found.sizes)
    deadline = time.monotonic() + (SECONDS_AT_A_TIME if seconds is None else seconds)
    with opened(prepared, settings.PREVIEW_TIME_LIMIT) as warehouse:
        for day in missing:
            as_of = end_of(day, prepared.dataset.timezone)
            sizes[day] = count_on(warehouse, prepared, as_of=as_of)
            if time.monotonic() > deadline:
                break
    answer = {day.isoformat(): n for day, n in sizes.items()}
    keep_answer(version, Question.PAST_SIZES, [prepared], answer, as_of=now)
    return PastSizes(sizes, found.wanted)


def wanted_days(days: int, zone: str, now: datetime) -> tuple[date, ...]:
    """The days before today, oldest first."""
    today = timezone.localdate(now, ZoneInfo(zone))
    return tuple(today - timedelta(days=back) for back in range(days, 0, -1))


def end_of(day: date, zone: str) -> datetime:
    """The instant at which the next day begins on the wall clock of the zone."""
    return datetime.combine(day + timedelta(days=1), clock.min, ZoneInfo(zone))
