"""What imports did lately: the newest runs and the last 24 hours, for the dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.models import ImportRun
from integrations.past_runs import PastRun

State = ImportRun.State
HOURS = 24
SENT = {State.SUCCEEDED}
BROKEN = {State.FAILED, State.PARTIAL}


@dataclass
class Hour:
    start: datetime
    sent: int = 0
    held: int = 0
    failed: int = 0
    under_way: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.held + self.failed + self.under_way

    @property
    def tone(self) -> str:
        if self.failed:
            return "b"
        if self.held:
            return "w"
        return "r" if self.under_way and not self.sent else "s" if self.sent else "none"


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    height: int
    tone: str


@dataclass(frozen=True)
class Activity:
    hours: list[Hour]
    # The longest that a scheduled run began after its time; None without one.
    latest_start: timedelta | None
    running: int
    waiting: int

    def total(self, name: str) -> int:
        return sum(getattr(hour, name) for hour in self.hours)

    @property
    def sent(self) -> int:
        return self.total("sent")

    @property
    def held(self) -> int:
        return self.total("held")

    @property
    def failed(self) -> int:
        return self.total("failed")

    @property
    def bars(self) -> list[Bar]:
        """For an SVG, 240 wide and 48 high."""
        most = max((hour.total for hour in self.hours), default=0) or 1
        heights = [max(3, round(46 * hour.total / most)) for hour in self.hours]
        return [
            Bar(10 * index, 48 - height, height, hour.tone)
            for index, (hour, height) in enumerate(zip(self.hours, heights, strict=True))
        ]


def first_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def sum_up(runs: Iterable[PastRun], since: datetime) -> Activity:
    """Of the runs queued in the 24 hours after `since`; others are left out."""
    hours = [Hour(since + timedelta(hours=step)) for step in range(HOURS)]
    latest: timedelta | None = None
    running = waiting = 0
    for run in runs:
        if run.queued_at < since:
            continue
        hour = hours[min(HOURS - 1, int((run.queued_at - since).total_seconds() // 3600))]
        if run.state in SENT:
            hour.sent += 1
        elif run.state == State.HELD:
            hour.held += 1
        elif run.state in BROKEN:
            hour.failed += 1
        elif run.state != State.CANCELED:
            hour.under_way += 1
        running += run.state in (State.COMPUTING, State.SENDING)
        waiting += run.state == State.QUEUED
        if run.started_at and run.due_at:
            latest = max(latest or timedelta(), run.started_at - run.due_at)
    return Activity(hours, latest, running, waiting)
