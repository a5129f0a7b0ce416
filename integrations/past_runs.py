"""Past imports of many days, read as rows: a day may have thousands, of which few are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, IntegerField, QuerySet, Value
from django.utils import timezone

from integrations.models import ImportRun


class PastRun(NamedTuple):
    """In the order of `_COLUMNS`."""

    pk: int
    state: str
    queued_at: datetime
    started_at: datetime | None
    cohort_name: str
    # None for an import that no schedule asked for.
    due_at: datetime | None


_COLUMNS = ("pk", "state", "queued_at", "started_at", "cohort__name", "slot__due_at")


@dataclass
class DayOfRuns:
    """All are counted, the first ones are kept."""

    count: int = 0
    first: list[PastRun] = field(default_factory=list)


def read_runs(start: datetime, end: datetime) -> list[PastRun]:
    rows = _within(start, end).order_by("queued_at", "pk").values_list(*_COLUMNS)
    return [PastRun(*row) for row in rows]


def read_days(bounds: Sequence[tuple[datetime, datetime]], *, most: int) -> list[DayOfRuns]:
    """Of each span of time its first `most` runs and how many there are, in two queries."""
    days = [DayOfRuns() for _ in bounds]
    if not bounds:
        return days
    counts = (
        _within(*span).values(day=_number(index)).annotate(runs=Count("pk"))
        for index, span in enumerate(bounds)
    )
    for row in _together(counts):
        days[row["day"]].count = row["runs"]
    # In a query of its own, because SQLite takes no LIMIT in a part of a UNION.
    firsts = (
        ImportRun.objects.order_by()
        .filter(pk__in=_within(*span).order_by("queued_at", "pk").values("pk")[:most])
        .annotate(day=_number(index))
        .values_list("day", *_COLUMNS)
        for index, span in enumerate(bounds)
    )
    for index, *row in _together(firsts):
        days[index].first.append(PastRun(*row))
    for day in days:
        day.first.sort(key=lambda run: (run.queued_at, run.pk))
    return days


def group_by_day(runs: Iterable[PastRun], *, most: int) -> dict[date, DayOfRuns]:
    """Runs that were read already, in the order of time, by the reader's day."""
    days: dict[date, DayOfRuns] = {}
    for run in runs:
        day = days.setdefault(timezone.localdate(run.queued_at), DayOfRuns())
        day.count += 1
        if len(day.first) < most:
            day.first.append(run)
    return days


def _within(start: datetime, end: datetime) -> QuerySet[ImportRun]:
    return ImportRun.objects.filter(queued_at__gte=start, queued_at__lt=end).order_by()


def _number(index: int) -> Value:
    return Value(index, IntegerField())


def _together(parts: Iterable[QuerySet]) -> QuerySet:
    first, *others = parts
    return first.union(*others, all=True) if others else first
