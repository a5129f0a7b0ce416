"""The last imports of a cohort together with the scheduled times at which there was none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cohorts.models import Cohort
from integrations.models import ImportRun, ScheduleSlot

WITHOUT_RUN = [ScheduleSlot.Outcome.MISSED, ScheduleSlot.Outcome.SKIPPED]


@dataclass(frozen=True)
class Entry:
    at: datetime
    run: ImportRun | None = None
    slot: ScheduleSlot | None = None


def read_history(cohort: Cohort, most: int) -> tuple[int, list[Entry]]:
    """How many imports there are in all, and the newest entries."""
    runs = ImportRun.objects.filter(cohort=cohort)
    slots = ScheduleSlot.objects.filter(schedule__cohort=cohort, outcome__in=WITHOUT_RUN)
    entries = [Entry(slot.due_at, slot=slot) for slot in slots[:most]]
    entries += [
        Entry(run.started_at or run.queued_at, run=run)
        for run in runs.select_related("slot")[:most]
    ]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return runs.count(), entries[:most]
