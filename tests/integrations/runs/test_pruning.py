"""What is old goes; what anything still needs stays."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from cohorts.membership import path_of, verify
from cohorts.models import Snapshot
from cohorts.warehouse import scratch_folder
from integrations import pruning
from integrations.models import ImportRun, Ledger, ScheduleSlot
from integrations.pruning import prune
from integrations.schedules import save_schedule
from tests.integrations.orders.conftest import make_cadence
from tests.integrations.runs.conftest import buyers, members_in

pytestmark = pytest.mark.django_db


def stored() -> set[str]:
    root = path_of(".")
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def age_files(days: float) -> None:
    then = (timezone.now() - timedelta(days=days)).timestamp()
    for name in stored():
        os.utime(path_of(name), (then, then))


def prune_all(now: datetime | None = None) -> None:
    while prune(now):
        pass


def pointers() -> set[str]:
    ledger = Ledger.objects.get()
    return {ledger.confirmed_file, ledger.in_doubt_file, ledger.ever_sent_file}


def test_files_no_row_names_go_after_two_days_and_no_others(sandbox, define, run_import):
    for times in (5, 6, 5):
        run_import(define(times))
    plans = set(ImportRun.objects.values_list("plan_file", flat=True))
    members = set(Snapshot.objects.exclude(file="").values_list("file", flat=True))
    orphan, draft = path_of("plans/run-99-1.parquet"), path_of("plans/.run-9.parquet.ab12")
    kept_list = path_of("lists/a.v1.ab12.parquet")
    for path in (orphan, draft, kept_list):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    everything = stored()
    prune_all()
    assert stored() == everything
    age_files(3)
    prune_all()
    assert stored() == plans | members | pointers() | {"lists/a.v1.ab12.parquet"}


def test_the_next_import_is_right_after_pruning(sandbox, define, run_import):
    run_import(define(5))
    run_import(define(7))
    age_files(40)
    prune_all(timezone.now() + timedelta(days=39))
    run = run_import(define(6))
    assert (run.added, run.removed, run.unchanged) == (250, 0, 750)
    assert members_in(sandbox) == buyers(6)


def test_an_open_run_keeps_its_files_however_old(sandbox, define, run_import):
    run_import(define(5))
    held = run_import(define(10))
    assert held.state == "held"
    age_files(500)
    Snapshot.objects.update(taken_at=timezone.now() - timedelta(days=500))
    prune_all()
    held.refresh_from_db()
    assert verify(held.plan_file, held.plan_sha256).exists()
    assert verify(held.snapshot.file, held.snapshot.sha256).exists()


def test_members_of_a_snapshot_go_after_a_month_and_its_size_stays(sandbox, define, run_import):
    run = run_import(define(5))
    Snapshot.objects.update(taken_at=timezone.now() - timedelta(days=31))
    age_files(31)
    prune_all()
    run.refresh_from_db()
    assert (run.snapshot.file, run.snapshot.size) == ("", 1250)
    assert not list(Path(path_of("snapshots")).iterdir())
    assert path_of(run.plan_file).exists()


def test_runs_go_after_the_time_they_are_kept_but_for_the_newest(
    sandbox, define, run_import, settings
):
    settings.KEEP_DAYS = 100
    runs = [run_import(define(times)) for times in (5, 6, 7)]
    for run, days in zip(runs, (101, 99, 300), strict=True):
        ImportRun.objects.filter(pk=run.pk).update(
            finished_at=timezone.now() - timedelta(days=days)
        )
    prune_all()
    assert list(ImportRun.objects.order_by("pk")) == runs[1:]
    age_files(3)
    prune_all()
    assert not path_of(runs[0].plan_file).exists()
    assert path_of(runs[2].plan_file).exists()


def test_old_slots_go_and_those_of_kept_runs_stay(define, connection, run_import):
    cohort = define(5)
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    slots = [
        ScheduleSlot.objects.create(
            schedule=schedule, due_at=datetime(2020, 1, day, tzinfo=UTC), outcome=outcome
        )
        for day, outcome in ((1, "missed"), (2, "run"))
    ]
    run_import(cohort, schedule=schedule, slot=slots[1])
    prune_all()
    assert list(ScheduleSlot.objects.all()) == slots[1:]


def test_a_step_is_small(define, connection, monkeypatch):
    monkeypatch.setattr(pruning, "STEP", 3)
    schedule = save_schedule(define(5), connection=connection, cadence=make_cadence())
    ScheduleSlot.objects.bulk_create(
        ScheduleSlot(schedule=schedule, due_at=datetime(2020, 1, day, tzinfo=UTC), outcome="missed")
        for day in range(1, 8)
    )
    assert [prune(), prune(), prune(), prune()] == [3, 3, 1, 0]


def test_scratch_folders_of_killed_workers_go_after_two_days(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch_folder, "place", tmp_path)
    left = tmp_path / "scratch-ab12"
    left.mkdir()
    prune_all()
    assert left.exists()
    then = (timezone.now() - timedelta(days=3)).timestamp()
    os.utime(left, (then, then))
    prune_all()
    assert not left.exists()
