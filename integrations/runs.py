"""Imports as people and schedules ask for them: request, ring, cancel, decide, tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from cohorts.models import Cohort
from cohorts.retelling import retell
from integrations.fail_points import reach
from integrations.languages import language_of_asker
from integrations.leases import is_free
from integrations.models import Connection, ImportRun, ImportSchedule, ScheduleSlot
from integrations.pace import paced

OPEN_STATES = [
    ImportRun.State.QUEUED,
    ImportRun.State.COMPUTING,
    ImportRun.State.HELD,
    ImportRun.State.SENDING,
]
# A bell is lost when a pool dies with it in its hand; the sweeper rings again after this long.
RING_AGAIN_SECONDS = paced(60)


class ImportRefused(Exception):
    """The import cannot start. `message` is for people; `run` is the open run in the way."""

    def __init__(self, message: str, *, run: ImportRun | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.run = run


def find_open_run(cohort: Cohort, connection: Connection | None = None) -> ImportRun | None:
    runs = ImportRun.objects.filter(cohort=cohort, state__in=OPEN_STATES)
    if connection is not None:
        runs = runs.filter(connection=connection)
    return runs.first()


def request_import(
    cohort: Cohort,
    *,
    connection: Connection,
    trigger: str,
    by: User | None = None,
    recipients: Iterable[str] = (),
    schedule: ImportSchedule | None = None,
    slot: ScheduleSlot | None = None,
    identifier: dict[str, str] | None = None,
) -> ImportRun:
    """Queue a run of the cohort as it is defined now. Raises `ImportRefused`."""
    is_removal = trigger == ImportRun.Trigger.REMOVAL
    is_scheduled = trigger == ImportRun.Trigger.SCHEDULED
    if (cohort.is_disabled and not is_removal) or cohort.current_version is None:
        raise ImportRefused(
            _("“%(cohort)s” is disabled. Enable it before it is imported.") % {"cohort": cohort}
        )
    if connection.paused_at is not None:
        raise ImportRefused(
            _("The connection “%(connection)s” is paused: %(reason)s")
            % {"connection": connection, "reason": retell(connection.paused_reason)}
        )
    with transaction.atomic():
        try:
            with transaction.atomic():
                run = ImportRun.objects.create(
                    cohort=cohort,
                    connection=connection,
                    version=cohort.current_version,
                    trigger=trigger,
                    requested_by=by,
                    recipients=list(recipients),
                    language=schedule.language
                    if is_scheduled and schedule
                    else language_of_asker(),
                    schedule=schedule,
                    slot=slot,
                    identifier=identifier_of(cohort, connection)
                    if identifier is None
                    else identifier,
                    queued_at=timezone.now(),
                )
        except IntegrityError:
            open_run = find_open_run(cohort, connection)
            if open_run is None:
                raise
            raise ImportRefused(
                _("Import %(number)s of “%(cohort)s” is still open.")
                % {"number": open_run.pk, "cohort": cohort},
                run=open_run,
            ) from None
        ring(run.pk)
        reach("request_written")
    reach("request_committed")
    return run


def identifier_of(cohort: Cohort, connection: Connection) -> dict[str, str]:
    """The one of the schedule, else the one that the cohort was last imported by."""
    live = ImportSchedule.objects.filter(cohort=cohort, connection=connection, deleted_at=None)
    runs = ImportRun.objects.filter(cohort=cohort, connection=connection).order_by("-pk")
    kept = live.values_list("identifier", flat=True).first()
    return (runs.values_list("identifier", flat=True).first() or {}) if kept is None else kept


def ring(run_id: int) -> None:
    """Ask the pool to look at a run. Queued in the caller's transaction, so both or neither."""
    ImportRun.objects.filter(pk=run_id).update(rung_at=Now())
    async_task("integrations.tasks.work_on_run", run_id)


def unring(run_id: int) -> None:
    """For a pool that is ending: the sweeper of another one rings at its next look."""
    ImportRun.objects.filter(pk=run_id).update(rung_at=None)


def sweep() -> int:
    """Ring every run that nobody works on although somebody could; answers how many."""
    rung = 0
    for run_id in ImportRun.objects.filter(is_free(), _was_not_rung()).values_list("pk", flat=True):
        with transaction.atomic():
            # Of several sweepers one wins this update.
            if ImportRun.objects.filter(is_free(), _was_not_rung(), pk=run_id).update(
                rung_at=Now()
            ):
                async_task("integrations.tasks.work_on_run", run_id)
                reach("run_rung")
                rung += 1
    return rung


def _was_not_rung() -> Q:
    return (
        Q(rung_at=None)
        | Q(rung_at__lt=Now() - timedelta(seconds=RING_AGAIN_SECONDS))
        | Q(rung_at__lt=F("wait_until"))
    )


def request_removal(cohort: Cohort, *, connection: Connection, by: User | None) -> ImportRun:
    """Queue a run that takes everyone of the cohort out of Braze. Raises `ImportRefused`."""
    schedule = ImportSchedule.objects.filter(cohort=cohort, deleted_at=None).first()
    if schedule is not None and not schedule.is_paused:
        raise ImportRefused(
            _("The schedule of “%s” would bring everyone back. Pause or delete it first.") % cohort
        )
    return request_import(
        cohort,
        connection=connection,
        trigger=ImportRun.Trigger.REMOVAL,
        by=by,
        recipients=schedule.recipients if schedule else [by.email] if by and by.email else [],
    )


def cancel_run(run: ImportRun, *, by: User | None, note: str = "") -> None:
    """Stop a run. One that nobody works on ends at once, another after the current request.

    The note says why, to whoever reads the history.
    """
    now = timezone.now()
    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk, state__in=OPEN_STATES).update(
            cancel_requested_at=now, decided_at=now, decided_by=by, decided_note=note[:500]
        )
        # Nothing was sent yet, so there is nothing to settle.
        ended = ImportRun.objects.filter(
            Q(lease_until=None) | Q(lease_until__lt=Now()),
            pk=run.pk,
            state__in=[ImportRun.State.QUEUED, ImportRun.State.HELD],
        ).update(
            state=ImportRun.State.CANCELED,
            finished_at=now,
            lease_epoch=F("lease_epoch") + 1,
            lease_until=None,
        )
        if not ended:
            ImportRun.objects.filter(pk=run.pk).update(wait_until=None)
            ring(run.pk)


def approve_run(run: ImportRun, *, by: User, note: str = "") -> bool:
    """Send a held run after all. False when it is held no longer.

    What is sent is the plan that was held and looked at, however old: nothing else may change what
    Braze holds of the cohort meanwhile, because one run is open at a time.
    """
    with transaction.atomic():
        approved = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.HELD).update(
            state=ImportRun.State.SENDING,
            decided_at=timezone.now(),
            decided_by=by,
            decided_note=note[:500],
        )
        if approved:
            ring(run.pk)
    return bool(approved)


def run_as_json(run: ImportRun) -> dict[str, Any]:
    """A run as commands print it. Times are ISO 8601 in UTC; counts are null until known."""
    error = {"kind": run.error_kind, "message": run.error_message} if run.error_kind else None
    return {
        "id": run.pk,
        "cohort": run.cohort.slug,
        "connection": run.connection.name,
        "trigger": run.trigger,
        "state": run.state,
        "as_of": _iso(run.as_of),
        "queued_at": _iso(run.queued_at),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "size": run.size,
        "added": run.added,
        "removed": run.removed,
        "unchanged": run.unchanged,
        "blank": run.blank,
        "invalid": run.invalid,
        "in_doubt": run.in_doubt,
        "batches": run.batches,
        "error": error,
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if instant else None
