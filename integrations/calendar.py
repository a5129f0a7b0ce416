"""Coming and past imports by day, as calendars show them, in the reader's zone."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from integrations.cadence import BadCadence, Cadence, slots_between
from integrations.models import ImportRun, ImportSchedule
from integrations.past_runs import DayOfRuns, PastRun, group_by_day, read_days
from integrations.schedules import cadence_of

# "next" is seven days from one on, whatever day of the week that is.
View = Literal["week", "month", "day", "next"]
State = ImportRun.State
OPEN = {State.QUEUED, State.COMPUTING, State.SENDING}
TONES = {State.HELD: "warn", State.PARTIAL: "warn", State.FAILED: "bad", State.SUCCEEDED: "done"}
# Further from today nobody looks, and rules may change.
FURTHEST = timedelta(days=730)


@dataclass(frozen=True)
class Entry:
    """A coming slot of a schedule, or a run."""

    at: datetime
    name: str
    slug: str = ""
    run: PastRun | None = None

    @property
    def address(self) -> str:
        if self.run is not None:
            return reverse("integrations:run", args=[self.run.pk])
        return reverse("cohorts:detail", args=[self.slug])

    @property
    def tone(self) -> str:
        return TONES.get(State(self.run.state), "") if self.run else ""

    @property
    def is_under_way(self) -> bool:
        return self.run is not None and self.run.state in OPEN

    @property
    def state_name(self) -> str:
        """Blank for what is still to come."""
        return str(State(self.run.state).label) if self.run else ""


@dataclass
class Day:
    date: date
    is_today: bool
    # In a month: does it belong to the month before or after?
    is_outside: bool = False
    # Its imports in the order of time; of the past ones only as many as can be shown.
    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    most: int = 4

    @property
    def shown(self) -> list[Entry]:
        return self.entries[: self.most]

    @property
    def more(self) -> int:
        return max(0, self.count - self.most)


@dataclass(frozen=True)
class Calendar:
    view: View
    on: date
    days: list[Day]
    previous: date
    following: date

    @property
    def first(self) -> date:
        return self.days[0].date

    @property
    def is_empty(self) -> bool:
        return not any(day.count for day in self.days)

    @property
    def last(self) -> date:
        return self.days[-1].date


def read_calendar(
    view: View,
    on: date,
    *,
    now: datetime,
    most: int,
    schedules: Iterable[ImportSchedule] | None = None,
    runs: Iterable[PastRun] | None = None,
) -> Calendar:
    """The days around `on`, weeks from Monday on. What is not given is read: `runs` are all
    those of the past days that are shown, in the order of time."""
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    on = min(max(on, today - FURTHEST), today + FURTHEST)
    first, count = _range(view, on)
    days = {
        day: Day(day, day == today, view == "month" and day.month != on.month, most=most)
        for day in (first + timedelta(days=step) for step in range(count))
    }
    past = [day for day in days if day <= today]
    if past:
        found = _read_past(past, zone, most) if runs is None else group_by_day(runs, most=most)
        for date_, runs_of_day in found.items():
            if date_ in days:
                days[date_].count = runs_of_day.count
                days[date_].entries = [
                    Entry(run.queued_at, run.cohort_name, run=run) for run in runs_of_day.first
                ]
    start, end = _midnight(first, zone), _midnight(first + timedelta(days=count), zone)
    if now < end:
        coming = live_schedules() if schedules is None else schedules
        entries = coming_entries(coming, max(start, now), end)
        for entry in sorted(entries, key=lambda entry: entry.at):
            day = days[entry.at.astimezone(zone).date()]
            day.count += 1
            day.entries.append(entry)
    return Calendar(view, on, list(days.values()), *_neighbours(view, on))


def _read_past(days: list[date], zone: tzinfo, most: int) -> dict[date, DayOfRuns]:
    bounds = [(_midnight(day, zone), _midnight(day + timedelta(days=1), zone)) for day in days]
    return dict(zip(days, read_days(bounds, most=most), strict=True))


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def live_schedules() -> QuerySet[ImportSchedule]:
    """Those that nobody paused; among them those that were put aside because they are broken."""
    return (
        ImportSchedule.objects.filter(deleted_at=None, paused_by=None, cohort__disabled_at=None)
        .select_related("cohort")
        .defer("cohort__description")
    )


def coming_entries(
    schedules: Iterable[ImportSchedule], after: datetime, until: datetime
) -> Iterator[Entry]:
    for schedule in schedules:
        if schedule.is_paused:
            continue
        try:
            cadence = cadence_of(schedule)
        except BadCadence:
            continue
        for slot in _slots(cadence, after, until):
            yield Entry(slot, schedule.cohort.name, schedule.cohort.slug)


def _slots(cadence: Cadence, after: datetime, until: datetime) -> list[datetime]:
    """Those of whole hours are kept, since a calendar is looked at many times an hour."""
    hour = after.replace(minute=0, second=0, microsecond=0) - timedelta(microseconds=1)
    return [slot for slot in _kept_slots(cadence, hour, until) if after < slot < until]


@lru_cache(maxsize=4096)
def _kept_slots(cadence: Cadence, after: datetime, until: datetime) -> tuple[datetime, ...]:
    return tuple(slots_between(cadence, after, until))


def _range(view: View, on: date) -> tuple[date, int]:
    if view == "day":
        return on, 1
    if view == "next":
        return on, 7
    if view == "week":
        return on - timedelta(days=on.weekday()), 7
    first = on.replace(day=1)
    days = calendar.monthrange(on.year, on.month)[1]
    before = first.weekday()
    return first - timedelta(days=before), 7 * -(-(before + days) // 7)


def _neighbours(view: View, on: date) -> tuple[date, date]:
    if view == "month":
        first = on.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=32)).replace(
            day=1
        )
    step = timedelta(days=1 if view == "day" else 7)
    return on - step, on + step
