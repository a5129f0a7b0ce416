"""What a person should look at first: held, failed and late imports, and what stops them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from cohorts.models import with_dataset
from integrations.cadence import BadCadence
from integrations.models import Connection, ImportRun, ImportSchedule
from integrations.schedules import PUNCTUAL, cadence_of

State = ImportRun.State
SHOWN = 5


@dataclass(frozen=True)
class Broken:
    """A schedule whose rule makes no sense any more, and why."""

    schedule: ImportSchedule
    reason: str


@dataclass(frozen=True)
class Attention:
    """At most `SHOWN` of each kind; `more` counts the runs beyond."""

    runs: list[ImportRun]
    more: int
    late: list[ImportSchedule]
    connections: list[Connection]
    broken: list[Broken]

    @property
    def count(self) -> int:
        parts = (self.runs, self.late, self.connections, self.broken)
        return self.more + sum(len(part) for part in parts)

    @property
    def held(self) -> list[ImportRun]:
        return [run for run in self.runs if run.state == State.HELD]

    @property
    def failed(self) -> list[ImportRun]:
        return [run for run in self.runs if run.state != State.HELD]


def read_attention(now: datetime, schedules: Iterable[ImportSchedule]) -> Attention:
    """Of the schedules that nobody paused, and two queries."""
    runs = list(with_dataset(unsettled_runs().select_related("schedule"), "cohort__dataset"))
    # Held ones first: somebody waits for a decision.
    runs.sort(key=lambda run: run.state != State.HELD)
    late, broken = _sort_out(schedules, now - PUNCTUAL)
    return Attention(
        runs=runs[:SHOWN],
        more=max(0, len(runs) - SHOWN),
        late=late[:SHOWN],
        connections=list(Connection.objects.filter(paused_at__isnull=False)[:SHOWN]),
        broken=broken[:SHOWN],
    )


def _sort_out(
    schedules: Iterable[ImportSchedule], punctual: datetime
) -> tuple[list[ImportSchedule], list[Broken]]:
    late, broken = [], []
    for schedule in schedules:
        try:
            cadence_of(schedule)
        except BadCadence as bad:
            broken.append(Broken(schedule, bad.message))
        else:
            if schedule.next_due_at and schedule.next_due_at < punctual:
                late.append(schedule)
    return late, broken


def unsettled_runs() -> QuerySet[ImportRun]:
    """Held ones, and of each live cohort the newest run if it failed. Newest first."""
    newer = ImportRun.objects.filter(cohort=OuterRef("cohort")).filter(
        Q(queued_at__gt=OuterRef("queued_at"))
        | Q(queued_at=OuterRef("queued_at"), pk__gt=OuterRef("pk"))
    )
    unsettled = ImportRun.objects.filter(
        state__in=[State.HELD, State.FAILED, State.PARTIAL], cohort__disabled_at=None
    )
    return unsettled.filter(~Exists(newer)).order_by("-queued_at", "-pk")
