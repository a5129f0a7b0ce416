"""Held imports: what is held, and what becomes of it when nobody decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models import ImportRun, ImportSchedule, Ledger
from integrations.notifications import write_mails
from integrations.planning import Counts
from integrations.safety import find_hold, limits_of

State = ImportRun.State


def find_hold_for(ledger: Ledger, counts: Counts) -> dict[str, Any]:
    """Why a plan for this ledger waits for a person; empty when it may go out."""
    earlier = ImportRun.objects.filter(
        cohort=ledger.cohort_id, connection=ledger.connection_id, state=State.SUCCEEDED
    ).exclude(trigger=ImportRun.Trigger.REMOVAL)
    sizes = earlier.order_by("-finished_at").values_list("size", flat=True)[:5]
    schedule = ImportSchedule.objects.filter(cohort=ledger.cohort_id, deleted_at=None).first()
    return find_hold(
        size=counts.size,
        removed=counts.removed,
        held_in_braze=ledger.confirmed_count,
        recent_sizes=[size for size in sizes if size is not None],
        limits=limits_of(schedule, ledger.connection),
    )


def expires_at(run: ImportRun) -> datetime | None:
    """When a held run is discarded; None for a run that is not held."""
    if run.state != State.HELD:
        return None
    return (run.started_at or run.queued_at) + timedelta(days=settings.HOLD_DAYS)


def expire_holds(now: datetime | None = None) -> int:
    """Discard what was held too long; answers how many. Safe in several workers."""
    now = now or timezone.now()
    started = now - timedelta(days=settings.HOLD_DAYS)
    overdue = ImportRun.objects.filter(state=State.HELD, started_at__lte=started)
    return sum(_expire(pk, now) for pk in list(overdue.values_list("pk", flat=True)[:20]))


@transaction.atomic
def _expire(pk: int, now: datetime) -> bool:
    expired = ImportRun.objects.filter(pk=pk, state=State.HELD).update(
        state=State.CANCELED,
        finished_at=now,
        lease_epoch=F("lease_epoch") + 1,
        error_kind="hold_expired",
        error_message=_("Nobody decided in time, so the import was discarded."),
    )
    if not expired:
        return False
    write_mails(
        ImportRun.objects.select_related(
            "cohort__dataset", "connection", "version", "schedule"
        ).get(pk=pk)
    )
    return True
