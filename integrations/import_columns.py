"""What lists show about the imports of many cohorts, read in two queries or three."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from cohorts.models import Cohort
from integrations.models import ImportRun, ImportSchedule, ScheduleSlot


@dataclass(frozen=True)
class ImportColumns:
    cohort: Cohort
    schedule: ImportSchedule | None
    last_run: ImportRun | None
    # The last time that was due, where it did not go as planned; read where lists ask for it.
    slot: ScheduleSlot | None = None

    @property
    def recipients(self) -> list[str]:
        if self.schedule is not None:
            return list(self.schedule.recipients)
        return list(self.last_run.recipients) if self.last_run else []

    @property
    def last_execution_at(self) -> datetime | None:
        if self.last_run is None:
            return None
        return self.last_run.started_at or self.last_run.queued_at

    @property
    def timezone(self) -> str:
        """Times stand in the schedule's zone, without one in the dataset's."""
        return self.schedule.timezone if self.schedule else self.cohort.dataset.timezone


def read_import_columns(
    cohorts: Iterable[Cohort], *, with_slots: bool = False
) -> dict[int, ImportColumns]:
    """By cohort id. The cohorts come with their datasets."""
    listed = list(cohorts)
    schedules = {
        schedule.cohort_id: schedule
        for schedule in ImportSchedule.objects.filter(
            cohort__in=listed, deleted_at=None
        ).select_related("paused_by")
    }
    runs = {run.cohort_id: run for run in _last_runs(listed)}
    slots = _last_slots(list(schedules.values())) if with_slots else {}
    return {
        cohort.pk: ImportColumns(
            cohort, schedules.get(cohort.pk), runs.get(cohort.pk), slots.get(cohort.pk)
        )
        for cohort in listed
    }


def _last_slots(schedules: list[ImportSchedule]) -> dict[int, ScheduleSlot]:
    """The newest of each, by cohort id, unless its import started on time."""
    newest = ScheduleSlot.objects.filter(schedule=OuterRef("pk")).order_by("-due_at")
    ids = (
        ImportSchedule.objects.filter(pk__in=[schedule.pk for schedule in schedules])
        .annotate(last_slot=Subquery(newest.values("pk")[:1]))
        .values("last_slot")
    )
    cohorts = {schedule.pk: schedule.cohort_id for schedule in schedules}
    found = ScheduleSlot.objects.filter(pk__in=ids).exclude(outcome=ScheduleSlot.Outcome.RUN)
    return {cohorts[slot.schedule_id]: slot for slot in found}


def _last_runs(cohorts: list[Cohort]) -> Iterable[ImportRun]:
    newest = ImportRun.objects.filter(cohort=OuterRef("pk")).order_by("-queued_at", "-pk")
    ids = (
        Cohort.objects.filter(pk__in=[cohort.pk for cohort in cohorts])
        .order_by()
        .annotate(last_run=Subquery(newest.values("pk")[:1]))
        .values("last_run")
    )
    return ImportRun.objects.filter(pk__in=ids)
