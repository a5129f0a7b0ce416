"""Letting go of what is old, in small steps: rows by their age, then files that no row names, and
what killed processes left in their scratch folders.

A file goes only when no row points to it, and not before it is two days old: whoever has just
written it, or is still reading what a pointer named a moment ago, is not disturbed. Runs that are
open, the newest of each cohort, and everything a ledger points to, stay.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from cohorts.membership import path_of
from cohorts.models import Snapshot
from cohorts.warehouse.scratch_folder import remove_left_behind
from integrations.models import ImportRun, Incident, Ledger, ScheduleSlot

# Rows and files a step takes at most.
STEP = 200
# A snapshot's ids are only read until the plan is frozen; a month is for whoever looks into a run.
MEMBERS_KEPT = timedelta(days=30)
GRACE = timedelta(days=2)
FOLDERS = ("plans", "ledgers", "snapshots")


def prune(now: datetime | None = None) -> int:
    """One step; answers how many rows and files went. Safe in several workers."""
    now = now or timezone.now()
    old = now - timedelta(days=settings.KEEP_DAYS)
    return (
        _delete_runs(old)
        + _delete_slots(old)
        + _delete_incidents(old)
        + _forget_members(now - MEMBERS_KEPT)
        + _delete_files(now - GRACE)
        + remove_left_behind(GRACE)
    )


def _delete_runs(old: datetime) -> int:
    newer = ImportRun.objects.filter(
        cohort=OuterRef("cohort"), connection=OuterRef("connection"), pk__gt=OuterRef("pk")
    )
    gone = ImportRun.objects.filter(Exists(newer), finished_at__lt=old).order_by("pk")
    ids = list(gone.values_list("pk", flat=True)[:STEP])
    ImportRun.objects.filter(pk__in=ids).delete()
    return len(ids)


def _delete_slots(old: datetime) -> int:
    gone = ScheduleSlot.objects.filter(due_at__lt=old, run=None)
    ids = list(gone.order_by("pk").values_list("pk", flat=True)[:STEP])
    ScheduleSlot.objects.filter(pk__in=ids).delete()
    return len(ids)


def _delete_incidents(old: datetime) -> int:
    ids = list(Incident.objects.filter(at__lt=old).values_list("pk", flat=True)[:STEP])
    Incident.objects.filter(pk__in=ids).delete()
    return len(ids)


def _forget_members(old: datetime) -> int:
    """The row stays, as the size at that time."""
    open_runs = ImportRun.objects.filter(snapshot=OuterRef("pk"), finished_at=None)
    gone = Snapshot.objects.filter(~Exists(open_runs), taken_at__lt=old).exclude(file="")
    ids = list(gone.order_by("pk").values_list("pk", flat=True)[:STEP])
    return Snapshot.objects.filter(pk__in=ids).update(file="", sha256="")


def _delete_files(old: datetime) -> int:
    named = _named_files()
    gone = 0
    for name, path in _files(old):
        # Somebody else may prune at the same time.
        if name not in named:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                gone += 1
        if gone == STEP:
            break
    return gone


def _named_files() -> set[str]:
    named: set[str] = set()
    for drawn in ImportRun.objects.exclude(plan_file="").values_list("plan_file", "left_out_file"):
        named |= set(drawn)
    named |= set(Snapshot.objects.exclude(file="").values_list("file", flat=True))
    for files in Ledger.objects.values_list("confirmed_file", "in_doubt_file", "ever_sent_file"):
        named |= set(files)
    return named


def _files(old: datetime) -> Iterator[tuple[str, Path]]:
    """Name in the store and path of every old file, drafts that were left behind included."""
    for folder in FOLDERS:
        root = path_of(folder)
        for place, _folders, names in os.walk(root):
            for name in names:
                path = Path(place) / name
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < old.timestamp():
                        yield f"{folder}/{path.relative_to(root).as_posix()}", path
