"""Standing orders: saving, pausing and deleting them, and starting what is due."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cohorts.models import Cohort
from integrations.cadence import BadCadence, Cadence, known_zone, next_after, slots_between
from integrations.fail_points import reach
from integrations.languages import language_of_asker
from integrations.models import Connection, ImportRun, ImportSchedule, Incident, ScheduleSlot
from integrations.recipients import clean_recipients
from integrations.runs import ImportRefused, request_import
from integrations.safety import Limits, limits_of

logger = logging.getLogger(__name__)
Outcome = ScheduleSlot.Outcome

# A tick this much behind is still on time.
PUNCTUAL = timedelta(minutes=5)
# A missed slot is made up for until half the period has passed, but no longer than this.
LONGEST_DELAY = timedelta(hours=12)
# Of an incident, which is told again in the language of its reader.
_BROKEN = gettext_noop("Schedule %(schedule)s was paused: %(why)s")


class ScheduleRefused(Exception):
    """The schedule cannot be saved. `message` is for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def cadence_of(schedule: ImportSchedule) -> Cadence:
    """Raises `BadCadence` for a row that no longer makes sense, such as a zone that is gone."""
    return Cadence(
        unit=schedule.unit,  # type: ignore[arg-type]
        every=schedule.every,
        weekdays=tuple(schedule.weekdays),
        month_day=schedule.month_day,
        at=schedule.at,
        timezone=schedule.timezone,
        starts_on=schedule.starts_on,
    )


def find_live_schedule(cohort: Cohort) -> ImportSchedule | None:
    return ImportSchedule.objects.filter(cohort=cohort, deleted_at=None).first()


def first_day(live: ImportSchedule | None, *, unit: str, every: int, zone: str) -> date:
    """From when a saved rule counts: a new hour keeps the rhythm, a new rhythm starts today."""
    if live is not None and (live.unit, live.every) == (unit, every):
        return live.starts_on
    return timezone.localdate(timezone=known_zone(zone))


def save_schedule(
    cohort: Cohort,
    *,
    connection: Connection,
    cadence: Cadence,
    recipients: Sequence[str] = (),
    notify: str | None = None,
    limits: Limits | None = None,
    identifier: dict[str, str] | None = None,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> ImportSchedule:
    """Give the cohort this schedule, in place of the one it has. A paused one stays paused.

    What is None stays as it was. Raises `BadRecipients`, `BadLimits` or `ScheduleRefused`. Slots
    before now are not made up for.
    """
    now = now or timezone.now()
    fields: dict[str, Any] = {
        "connection": connection,
        "unit": cadence.unit,
        "every": cadence.every,
        "weekdays": sorted(set(cadence.weekdays)) if cadence.unit == "week" else [],
        "month_day": cadence.month_day if cadence.unit == "month" else "",
        "at": cadence.at,
        "timezone": cadence.timezone,
        "starts_on": cadence.starts_on,
        "recipients": clean_recipients(recipients),
        "language": language_of_asker(),
        "looked_until": now,
    }
    if notify is not None:
        fields["notify"] = notify
    if identifier is not None:
        fields["identifier"] = identifier
    if limits is None and find_live_schedule(cohort) is None:
        limits = limits_of(None, connection)
    if limits is not None:
        fields |= {
            "hold_percent": limits.percent,
            "hold_least": limits.least,
            "hold_factor": limits.factor,
        }
    with transaction.atomic():
        # The lock makes two who save at once come one after the other.
        locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
        if locked.is_disabled:
            raise ScheduleRefused(
                _("“%s” is disabled. Enable it before it is scheduled.") % locked.name
            )
        live = _lock(ImportSchedule.objects.filter(cohort=cohort, deleted_at=None))
        schedule = live or ImportSchedule(cohort=cohort, created_by=by)  # type: ignore[misc]
        for name, value in fields.items():
            setattr(schedule, name, value)
        schedule.next_due_at = None if schedule.is_paused else next_after(cadence, now)
        schedule.save()
    return schedule


def pause_schedule(
    schedule: ImportSchedule, *, by: AbstractBaseUser | None, now: datetime | None = None
) -> bool:
    """False when there is nothing to pause."""
    changed = ImportSchedule.objects.filter(pk=schedule.pk, deleted_at=None, paused_at=None).update(
        paused_at=now or timezone.now(), paused_by=by, next_due_at=None
    )
    schedule.refresh_from_db()
    return bool(changed)


def resume_schedule(
    schedule: ImportSchedule, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> bool:
    """Go on from now: what fell into the pause is not made up for. False if it is not paused."""
    now = now or timezone.now()
    changed = ImportSchedule.objects.filter(
        pk=schedule.pk, deleted_at=None, paused_at__isnull=False
    ).update(
        paused_at=None,
        paused_by=None,
        looked_until=now,
        next_due_at=next_after(cadence_of(schedule), now),
    )
    schedule.refresh_from_db()
    return bool(changed)


def delete_schedule(
    schedule: ImportSchedule, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> bool:
    """The row stays for the history. A run under way goes on, and people in Braze stay there."""
    changed = ImportSchedule.objects.filter(pk=schedule.pk, deleted_at=None).update(
        deleted_at=now or timezone.now(), next_due_at=None
    )
    schedule.refresh_from_db()
    return bool(changed)


@transaction.atomic
def delete_schedule_and_members(schedule: ImportSchedule, *, by: User) -> ImportRun:
    """Delete it, and take everyone whom it brought to Braze out again: both, or neither.

    Raises `ImportRefused` when the removal cannot start now.
    """
    delete_schedule(schedule, by=by)
    return _request_removal(schedule, by=by)


@transaction.atomic
def pause_schedule_and_members(schedule: ImportSchedule, *, by: User) -> ImportRun:
    """The same for a pause. The next import after it brings everyone back."""
    pause_schedule(schedule, by=by)
    return _request_removal(schedule, by=by)


def _request_removal(schedule: ImportSchedule, *, by: User) -> ImportRun:
    return request_import(
        schedule.cohort,
        connection=schedule.connection,
        trigger=ImportRun.Trigger.REMOVAL,
        by=by,
        recipients=schedule.recipients,
        schedule=schedule,
    )


def run_due_schedules(now: datetime | None = None) -> int:
    """The tick: start what is due; answers how many runs. Any number may tick at once."""
    now = now or timezone.now()
    started = 0
    due = ImportSchedule.objects.filter(next_due_at__lte=now, deleted_at=None, paused_at=None)
    for pk in list(due.order_by("next_due_at").values_list("pk", flat=True)):
        try:
            started += _run_if_due(pk, now)
            reach("slot_committed")
        except BadCadence as error:
            _put_aside(pk, error, now)
        except Exception as error:  # noqa: BLE001 - one broken schedule must not stop the others
            logger.error("schedule %s: %s", pk, type(error).__name__)
    return started


@transaction.atomic
def _run_if_due(pk: int, now: datetime) -> bool:
    # Whoever waited for the lock finds the slot taken and the row no longer due.
    schedule = _lock(
        ImportSchedule.objects.filter(pk=pk, next_due_at__lte=now, deleted_at=None, paused_at=None)
    )
    if schedule is None:
        return False
    cadence = cadence_of(schedule)
    slots = slots_between(cadence, schedule.looked_until, now)
    started = False
    if slots:
        _record_missed(schedule, slots[:-1])
        started = _decide(schedule, cadence, slots[-1], now)
    # The clock may have been set back since the last look.
    schedule.looked_until = max(now, schedule.looked_until)
    schedule.next_due_at = next_after(cadence, schedule.looked_until)
    schedule.save(update_fields=["looked_until", "next_due_at"])
    reach("slot_written")
    return started


def _decide(schedule: ImportSchedule, cadence: Cadence, due_at: datetime, now: datetime) -> bool:
    """Make the slot's row, and the run if there is to be one."""
    delay = now - due_at
    if delay > _longest_delay(cadence, due_at):
        _record_missed(schedule, [due_at])
        return False
    slot, created = ScheduleSlot.objects.get_or_create(
        schedule=schedule,
        due_at=due_at,
        defaults={
            "outcome": Outcome.RUN if delay <= PUNCTUAL else Outcome.LATE,
            "note": "" if delay <= PUNCTUAL else _("late by %s") % _words(delay),
        },
    )
    if not created:
        return False
    try:
        request_import(
            schedule.cohort,
            connection=schedule.connection,
            trigger=ImportRun.Trigger.SCHEDULED,
            recipients=schedule.recipients,
            schedule=schedule,
            slot=slot,
        )
    except ImportRefused as refused:
        slot.outcome = Outcome.SKIPPED
        slot.note = _why_skipped(refused)[:255]
        slot.save(update_fields=["outcome", "note"])
        return False
    return True


def _why_skipped(refused: ImportRefused) -> str:
    if refused.run is not None and refused.run.state == ImportRun.State.HELD:
        return _("import %d waits for a decision") % refused.run.pk
    if refused.run is not None:
        return _("import %d still working") % refused.run.pk
    return refused.message


def _longest_delay(cadence: Cadence, due_at: datetime) -> timedelta:
    period = next_after(cadence, due_at) - due_at
    return min(period / 2, LONGEST_DELAY)


def _record_missed(schedule: ImportSchedule, slots: list[datetime]) -> None:
    ScheduleSlot.objects.bulk_create(
        [
            ScheduleSlot(
                schedule=schedule,
                due_at=due_at,
                outcome=Outcome.MISSED,
                note=_("no worker was running"),
            )
            for due_at in slots
        ],
        ignore_conflicts=True,
    )


def _put_aside(pk: int, error: BadCadence, now: datetime) -> None:
    ImportSchedule.objects.filter(pk=pk).update(paused_at=now, next_due_at=None)
    Incident.objects.create(
        kind="schedule_broken",
        text=(_BROKEN % {"schedule": pk, "why": error.message})[:500],
    )


def _lock(schedules: QuerySet[ImportSchedule]) -> ImportSchedule | None:
    return schedules.select_for_update().first()


def _words(delay: timedelta) -> str:
    minutes = int(delay.total_seconds() // 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}
