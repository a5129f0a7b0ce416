"""What the page of one cohort shows about its imports, in three queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Subquery, Value, Window
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort
from cohorts.page.timeline import Happening, sort_happenings
from integrations.connections import default_connection
from integrations.models import Connection, ImportRun, ImportSchedule, Ledger
from integrations.run_words import note_of, run_look

SHOWN_RUNS = 8
# As many as three months of two a day have.
READ_RUNS = 200


@dataclass(frozen=True)
class Mark:
    """An import on the chart of sizes."""

    day: date
    at: datetime
    size: int | None
    is_bad: bool
    label: str
    url: str
    added: int | None
    removed: int | None


@dataclass(frozen=True)
class CohortImports:
    schedule: ImportSchedule | None
    connection: Connection | None
    ledger: Ledger | None
    # The latest; `total` is of all.
    recent: list[ImportRun]
    total: int
    timezone: str

    @property
    def runs(self) -> list[ImportRun]:
        return self.recent[:SHOWN_RUNS]

    @property
    def last_run(self) -> ImportRun | None:
        return self.recent[0] if self.recent else None


def read_cohort_imports(cohort: Cohort) -> CohortImports:
    schedule = (
        ImportSchedule.objects.filter(cohort=cohort, deleted_at=None)
        .select_related("connection", "paused_by")
        .first()
    )
    recent: list[Any] = list(
        ImportRun.objects.filter(cohort=cohort)
        .select_related("requested_by", "connection", "slot")
        .annotate(of_all=Window(Count("*")), connections=Subquery(_count_connections()))[:READ_RUNS]
    )
    connection = schedule.connection if schedule else _only_connection(recent)
    # Without an import there is no record of one.
    ledgers = Ledger.objects.filter(cohort=cohort, connection=connection)
    return CohortImports(
        schedule=schedule,
        connection=connection,
        ledger=ledgers.first() if recent and connection else None,
        recent=recent,
        total=recent[0].of_all if recent else 0,
        timezone=schedule.timezone if schedule else cohort.dataset.timezone,
    )


def mark_imports(imports: CohortImports, zone: str) -> list[Mark]:
    """Those that ended, oldest first; a removal says nothing about the size of the cohort."""
    ended = [
        run
        for run in reversed(imports.recent)
        if run.is_final and run.trigger != ImportRun.Trigger.REMOVAL
    ]
    return [_mark(run, ZoneInfo(zone)) for run in ended]


def add_imports(told: Sequence[Happening], imports: CohortImports) -> list[Happening]:
    """The time line of a cohort with its imports."""
    return sort_happenings([*told, *map(_tell, imports.recent)])


def _mark(run: ImportRun, zone: ZoneInfo) -> Mark:
    at = run.as_of or run.started_at or run.queued_at
    return Mark(
        day=timezone.localdate(at, zone),
        at=at,
        size=run.size,
        is_bad=run.state in (ImportRun.State.FAILED, ImportRun.State.PARTIAL),
        label=run.get_state_display(),
        url=run.get_absolute_url(),
        added=run.added,
        removed=run.removed,
    )


def _tell(run: ImportRun) -> Happening:
    look = run_look(run)
    return Happening(
        at=run.started_at or run.queued_at,
        what=_("Import: %s") % run.get_state_display(),
        icon=look.icon,
        tone=look.tone,
        by=run.requested_by,
        note=", ".join(filter(None, [str(run.get_trigger_display()), note_of(run)])),
        url=run.get_absolute_url(),
    )


def _count_connections() -> Any:
    rows = Connection.objects.order_by().annotate(all=Value(1)).values("all")
    return rows.annotate(n=Count("*")).values("n")


def _only_connection(recent: Sequence[Any]) -> Connection | None:
    """What `default_connection` answers, without asking if a run tells."""
    if not recent:
        return default_connection()
    return recent[0].connection if recent[0].connections == 1 else None
