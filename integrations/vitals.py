"""How the installation is doing: what operators look at, and what monitoring asks for."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.leases import WORKABLE, is_free
from integrations.models import (
    Connection,
    ImportBatch,
    ImportRun,
    ImportSchedule,
    Incident,
    Ledger,
    OutboxMail,
    WorkerSeen,
)
from integrations.times import length

# From here on each of them needs a person.
WORKER_LIMIT = 90
CANARY_LIMIT = 180
QUEUE_LIMIT = 300
STUCK_AFTER = timedelta(minutes=15)
OVERDUE_AFTER = timedelta(minutes=2)
MAIL_LIMIT = 900
LEAST_FREE_SHARE = 0.05
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Vital:
    """One figure. `value` is None where there is nothing to measure."""

    key: str
    label: str
    value: float | None
    # The value as people read it.
    words: str
    is_well: bool
    # What to do; blank while all is well.
    advice: str = ""


def read_vitals(now: datetime | None = None) -> list[Vital]:
    now = now or timezone.now()
    return [
        *_worker(now),
        *_queue(now),
        *_schedules(now),
        *_mails(now),
        *_connections(),
        _incidents(now),
        *_disks(),
    ]


def is_well(vitals: Iterable[Vital]) -> bool:
    return all(vital.is_well for vital in vitals)


def zone_data() -> str:
    """The version of the time zones that schedules are computed with."""
    return version("tzdata")


def _worker(now: datetime) -> list[Vital]:
    seen = WorkerSeen.objects.order_by("-seen_at").first()
    start = _("Start one with: python manage.py worker")
    return [
        _ago(
            "worker_seen_seconds",
            _("Worker last seen"),
            _since(seen.seen_at if seen else None, now),
            WORKER_LIMIT,
            start,
        ),
        _ago(
            "schedule_tick_seconds",
            _("Schedules last looked at"),
            _since(seen.ticked_at if seen else None, now),
            WORKER_LIMIT,
            _("Look into the worker's log."),
        ),
        _ago(
            "pool_answered_seconds",
            _("Worker pool last answered"),
            _since(seen.pool_answered_at if seen else None, now),
            CANARY_LIMIT,
            _("It may be busy with long imports. A pool that is stuck is started again by itself."),
            # A worker that just started has not been answered yet.
            well_without=seen is not None and _since(seen.seen_at, now) is not None,
        ),
    ]


def _queue(now: datetime) -> list[Vital]:
    free = _with_last_move(ImportRun.objects.filter(is_free()))
    oldest = free.order_by("moved_at").values_list("moved_at", flat=True).first()
    waiting, age = free.count(), _since(oldest, now)
    stuck = find_stuck_runs(now)
    return [
        Vital(
            "runs_waiting",
            _("Imports waiting for a worker"),
            waiting,
            f"{waiting:,}",
            is_well=True,
        ),
        _ago(
            "queue_age_seconds",
            _("Oldest waiting import"),
            age,
            QUEUE_LIMIT,
            _("Too few workers, or none: raise WORKER_PROCESSES or start a further worker."),
            well_without=True,
        ),
        _count(
            "runs_stuck",
            _("Imports without progress"),
            len(stuck),
            _("Open each: cancel it, or look into the worker's log."),
        ),
    ]


def find_stuck_runs(now: datetime) -> list[ImportRun]:
    """Open runs that nobody has worked on for a quarter of an hour although somebody could."""
    since = now - STUCK_AFTER
    idle = Q(lease_until=None) | Q(lease_until__lt=Now())
    runs = _with_last_move(ImportRun.objects.filter(idle, state__in=WORKABLE))
    return list(runs.filter(moved_at__lt=since).select_related("cohort")[:20])


def _with_last_move(runs: QuerySet[ImportRun]) -> QuerySet[Any]:
    """`moved_at`: when it last got further, was decided about, or was to go on."""
    sent = ImportBatch.objects.filter(run=OuterRef("pk")).order_by("-last_sent_at")
    last = Subquery(sent.exclude(last_sent_at=None).values("last_sent_at")[:1])
    moments = (F("wait_until"), F("lease_until"), F("decided_at"), last)
    # In SQL the greatest of several with a NULL among them may be NULL.
    return runs.annotate(
        moved_at=Greatest(*(Coalesce(moment, F("queued_at")) for moment in moments))
    )


def _schedules(now: datetime) -> list[Vital]:
    overdue = ImportSchedule.objects.filter(next_due_at__lt=now - OVERDUE_AFTER, deleted_at=None)
    return [
        _count(
            "schedules_overdue",
            _("Schedules overdue"),
            overdue.count(),
            _("No worker looks at them. Start one with: python manage.py worker"),
        )
    ]


def _mails(now: datetime) -> list[Vital]:
    waiting = OutboxMail.objects.filter(state=OutboxMail.State.WAITING)
    failed = OutboxMail.objects.filter(
        state=OutboxMail.State.FAILED, created_at__gte=now - 7 * DAY
    ).count()
    count = waiting.count()
    return [
        Vital("mails_waiting", _("Mails to send"), count, f"{count:,}", is_well=True),
        _ago(
            "mail_age_seconds",
            _("Oldest mail to send"),
            _since(waiting.aggregate(oldest=Min("created_at"))["oldest"], now),
            MAIL_LIMIT,
            _("Check EMAIL_URL and the mail server; the outbox in the administration says more."),
            well_without=True,
        ),
        _count(
            "mails_failed",
            _("Mails given up in the last 7 days"),
            failed,
            _("The outbox in the administration says why."),
        ),
    ]


def _connections() -> list[Vital]:
    in_doubt = Ledger.objects.aggregate(total=Sum("in_doubt_count", default=0))["total"]
    return [
        _count(
            "connections_paused",
            _("Braze connections paused"),
            Connection.objects.filter(paused_at__isnull=False).count(),
            _("Test each in the administration; its status says why it is paused."),
        ),
        Vital(
            "ids_in_doubt",
            _("Users in doubt"),
            in_doubt,
            f"{in_doubt:,}",
            is_well=True,
        ),
    ]


def _incidents(now: datetime) -> Vital:
    return _count(
        "incidents_today",
        _("Incidents in the last 24 hours"),
        Incident.objects.filter(at__gte=now - DAY).count(),
        _("They are listed below."),
    )


def _disks() -> list[Vital]:
    places = {"data": Path(settings.DATA_DIR), "members": Path(settings.MEMBERSHIP_STORE)}
    labels = {"data": _("Free space for data"), "members": _("Free space for members")}
    return [_disk(name, labels[name], path) for name, path in places.items()]


def _disk(name: str, label: str, path: Path) -> Vital:
    while not path.exists() and path != path.parent:
        path = path.parent
    usage = shutil.disk_usage(path)
    share = usage.free / usage.total if usage.total else 0
    words = _("%(free)s GB, %(share)s%%") % {
        "free": f"{usage.free / 1e9:,.1f}",
        "share": round(100 * share),
    }
    well = share >= LEAST_FREE_SHARE
    advice = "" if well else _("Make room: imports stop before they send what they cannot record.")
    return Vital(f"disk_free_bytes_{name}", label, usage.free, words, well, advice)


def _ago(
    key: str,
    label: str,
    seconds: float | None,
    limit: float,
    advice: str,
    *,
    well_without: bool = False,
) -> Vital:
    if seconds is None:
        words = "–" if well_without else _("never")  # noqa: RUF001 - a dash for nothing
        return Vital(key, label, None, words, well_without, "" if well_without else advice)
    well = seconds <= limit
    return Vital(key, label, seconds, length(seconds), well, "" if well else advice)


def _count(key: str, label: str, count: int, advice: str) -> Vital:
    return Vital(key, label, count, f"{count:,}", not count, advice if count else "")


def _since(instant: datetime | None, now: datetime) -> float | None:
    return None if instant is None else max(0.0, (now - instant).total_seconds())
