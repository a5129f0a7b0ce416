"""What the page of one cohort shows about its imports."""

from __future__ import annotations

from dataclasses import dataclass

from cohorts.models import Cohort
from integrations.connections import default_connection
from integrations.models import Connection, ImportRun, ImportSchedule, Ledger

SHOWN_RUNS = 8


@dataclass(frozen=True)
class CohortImports:
    schedule: ImportSchedule | None
    connection: Connection | None
    ledger: Ledger | None
    runs: list[ImportRun]
    total: int
    timezone: str

    @property
    def last_run(self) -> ImportRun | None:
        return self.runs[0] if self.runs else None


def read_cohort_imports(cohort: Cohort) -> CohortImports:
    schedule = (
        ImportSchedule.objects.filter(cohort=cohort, deleted_at=None)
        .select_related("connection", "paused_by")
        .first()
    )
    connection = schedule.connection if schedule else default_connection()
    runs = ImportRun.objects.filter(cohort=cohort)
    return CohortImports(
        schedule=schedule,
        connection=connection,
        ledger=Ledger.objects.filter(cohort=cohort, connection=connection).first(),
        runs=list(runs.select_related("requested_by")[:SHOWN_RUNS]),
        total=runs.count(),
        timezone=schedule.timezone if schedule else cohort.dataset.timezone,
    )
