"""After a connection's pause: what its schedules could not import meanwhile is imported then."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from integrations.closing import PAUSING_KINDS
from integrations.models import ImportRun, ImportSchedule, ScheduleSlot
from integrations.runs import ImportRefused, request_import

logger = logging.getLogger(__name__)
State = ImportRun.State


def make_up_for_pauses() -> int:
    """Start what the pause of a connection stopped or skipped; answers how many.

    Nothing is remembered for this: the newest run and the newest slot tell. A run that is refused
    again pauses the connection again, so nothing is tried over and over.
    """
    runs = ImportRun.objects.filter(cohort=OuterRef("cohort"), connection=OuterRef("connection"))
    slots = ScheduleSlot.objects.filter(schedule=OuterRef("pk")).order_by("-due_at")
    # Few, in one query: this runs with every beat of the worker.
    perhaps = ImportSchedule.objects.alias(
        last_error=Subquery(runs.order_by("-pk").values("error_kind")[:1]),
        last_outcome=Subquery(slots.values("outcome")[:1]),
    ).filter(
        Q(last_error__in=PAUSING_KINDS) | Q(last_outcome=ScheduleSlot.Outcome.SKIPPED),
        deleted_at=None,
        paused_at=None,
        connection__paused_at=None,
    )
    return sum(_make_up(pk) for pk in list(perhaps.values_list("pk", flat=True)) if _is_owed(pk))


def _is_owed(pk: int) -> bool:
    schedule = ImportSchedule.objects.get(pk=pk)
    runs = ImportRun.objects.filter(cohort=schedule.cohort_id, connection=schedule.connection_id)
    newest = runs.order_by("-pk").first()
    if newest is not None:
        if not newest.is_final or newest.state == State.CANCELED:
            return False
        if newest.error_kind in PAUSING_KINDS:
            return True
    slot = ScheduleSlot.objects.filter(schedule=pk).order_by("-due_at").first()
    if slot is None or slot.outcome != ScheduleSlot.Outcome.SKIPPED:
        return False
    # Skipped with no run in the way, and none since: the connection was paused.
    last_end = newest.finished_at if newest else None
    return last_end is None or last_end < slot.decided_at


@transaction.atomic
def _make_up(pk: int) -> bool:
    # Of several workers the second finds the run of the first.
    schedule = ImportSchedule.objects.select_for_update().get(pk=pk)
    if not _is_owed(pk):
        return False
    try:
        request_import(
            schedule.cohort,
            connection=schedule.connection,
            trigger=ImportRun.Trigger.SCHEDULED,
            recipients=schedule.recipients,
            schedule=schedule,
        )
    except ImportRefused as refused:
        logger.info("schedule %s: %s", pk, refused.message)
        return False
    return True
