from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.utils import timezone

from cohorts.models import Cohort, Dataset
from integrations.cadence import Cadence
from integrations.models import Connection, ImportRun, ImportSchedule, Incident, ScheduleSlot
from integrations.recipients import BadRecipients, clean_recipients
from integrations.schedules import (
    ScheduleRefused,
    cadence_of,
    delete_schedule,
    first_day,
    pause_schedule,
    resume_schedule,
    run_due_schedules,
    save_schedule,
)
from tests.integrations.orders.conftest import make_cadence, make_cohort

pytestmark = pytest.mark.django_db


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 08:00 in Tokyo is 23:00 UTC of the day before.
SAVED = utc("2026-11-20 12:00")
DUE = utc("2026-11-20 23:00")


@pytest.fixture
def schedule(cohort: Cohort, connection: Connection, daily: Cadence) -> ImportSchedule:
    return save_schedule(
        cohort,
        connection=connection,
        cadence=daily,
        recipients=["ana@sing.example"],
        now=SAVED,
    )


def outcomes(schedule: ImportSchedule) -> list[tuple[str, str]]:
    rows = schedule.slots.order_by("due_at")
    return [(f"{row.due_at:%m-%d %H:%M}", row.outcome) for row in rows]


def test_it_saves_when_the_schedule_is_next_due(schedule: ImportSchedule) -> None:
    assert schedule.next_due_at == DUE
    assert cadence_of(ImportSchedule.objects.get()) == make_cadence()


def test_saving_again_replaces_the_one_live_schedule(
    schedule: ImportSchedule, cohort: Cohort, connection: Connection
) -> None:
    weekly = make_cadence(unit="week", weekdays=(4, 1))
    save_schedule(cohort, connection=connection, cadence=weekly, now=SAVED)
    saved = ImportSchedule.objects.get(deleted_at=None)
    assert (saved.unit, saved.weekdays, saved.recipients) == ("week", [1, 4], [])


def test_an_edited_schedule_makes_up_for_nothing_that_passed(
    schedule: ImportSchedule, cohort: Cohort, connection: Connection, daily: Cadence
) -> None:
    edited_at = DUE + timedelta(minutes=1)
    save_schedule(cohort, connection=connection, cadence=daily, now=edited_at)
    assert run_due_schedules(edited_at) == 0
    assert ImportSchedule.objects.get().next_due_at == DUE + timedelta(days=1)


def test_an_edit_does_not_wake_a_paused_schedule(
    schedule: ImportSchedule, cohort: Cohort, connection: Connection, daily: Cadence
) -> None:
    pause_schedule(schedule, by=None, now=SAVED)
    saved = save_schedule(cohort, connection=connection, cadence=daily, now=SAVED)
    assert saved.is_paused
    assert saved.next_due_at is None


def test_a_disabled_cohort_cannot_be_scheduled(
    cohort: Cohort, connection: Connection, daily: Cadence
) -> None:
    Cohort.objects.update(disabled_at=SAVED)
    with pytest.raises(ScheduleRefused):
        save_schedule(cohort, connection=connection, cadence=daily)
    assert not ImportSchedule.objects.exists()


def test_a_new_hour_keeps_the_rhythm_and_a_new_rhythm_starts_today(
    schedule: ImportSchedule,
) -> None:
    kept = first_day(schedule, unit="day", every=1, zone="Asia/Tokyo")
    fresh = first_day(schedule, unit="day", every=2, zone="UTC")
    assert kept == date(2026, 11, 1)
    assert fresh == timezone.now().astimezone(UTC).date()


def test_the_tick_starts_what_is_due_once(schedule: ImportSchedule) -> None:
    assert run_due_schedules(DUE - timedelta(seconds=1)) == 0
    assert run_due_schedules(DUE) == 1
    assert run_due_schedules(DUE) == 0
    run = ImportRun.objects.get()
    assert (run.trigger, run.schedule, run.recipients) == (
        "scheduled",
        schedule,
        ["ana@sing.example"],
    )
    assert run.slot is not None
    assert (run.slot.due_at, run.slot.outcome) == (DUE, "run")
    schedule.refresh_from_db()
    assert schedule.next_due_at == DUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("delay", "outcome"),
    [
        (timedelta(minutes=5), "run"),
        (timedelta(minutes=6), "late"),
        (timedelta(hours=12), "late"),
        (timedelta(hours=12, seconds=1), "missed"),
    ],
)
def test_a_missed_slot_is_made_up_for_until_half_the_period_has_passed(
    schedule: ImportSchedule, delay: timedelta, outcome: str
) -> None:
    assert run_due_schedules(DUE + delay) == (outcome != "missed")
    assert outcomes(schedule) == [("11-20 23:00", outcome)]


def test_a_weekly_slot_is_made_up_for_within_twelve_hours_only(
    cohort: Cohort, connection: Connection
) -> None:
    weekly = make_cadence(unit="week", weekdays=(5,))
    schedule = save_schedule(cohort, connection=connection, cadence=weekly, now=SAVED)
    assert run_due_schedules(DUE + timedelta(hours=12, minutes=1)) == 0
    assert outcomes(schedule) == [("11-20 23:00", "missed")]


def test_after_three_days_without_a_worker_one_run_starts_and_the_rest_is_recorded(
    schedule: ImportSchedule,
) -> None:
    assert run_due_schedules(DUE + timedelta(days=3, hours=2)) == 1
    assert outcomes(schedule) == [
        ("11-20 23:00", "missed"),
        ("11-21 23:00", "missed"),
        ("11-22 23:00", "missed"),
        ("11-23 23:00", "late"),
    ]
    assert "2 h 0 min" in ImportRun.objects.get().slot.note


def test_a_slot_is_skipped_while_an_import_still_works(
    schedule: ImportSchedule, make_run: Callable[..., ImportRun]
) -> None:
    open_run = make_run(ImportRun.State.SENDING)
    assert run_due_schedules(DUE) == 0
    slot = ScheduleSlot.objects.get()
    assert (slot.outcome, slot.note) == ("skipped", f"import {open_run.pk} still working")
    schedule.refresh_from_db()
    assert schedule.next_due_at == DUE + timedelta(days=1)


def test_a_slot_of_a_disabled_cohort_is_skipped_with_the_reason(schedule: ImportSchedule) -> None:
    Cohort.objects.update(disabled_at=SAVED)
    assert run_due_schedules(DUE) == 0
    slot = ScheduleSlot.objects.get()
    assert slot.outcome == "skipped"
    assert "disabled" in slot.note


def test_a_slot_over_a_paused_connection_is_skipped_with_the_reason(
    schedule: ImportSchedule,
) -> None:
    Connection.objects.update(paused_at=SAVED, paused_reason="The key was replaced. " * 30)
    assert run_due_schedules(DUE) == 0
    slot = ScheduleSlot.objects.get()
    assert slot.outcome == "skipped"
    assert "The key was replaced" in slot.note
    assert not ImportRun.objects.exists()


def test_a_paused_schedule_starts_nothing_and_goes_on_from_the_resume(
    schedule: ImportSchedule,
) -> None:
    assert pause_schedule(schedule, by=None, now=SAVED)
    assert not pause_schedule(schedule, by=None, now=SAVED)
    assert run_due_schedules(DUE) == 0
    assert resume_schedule(schedule, now=DUE + timedelta(minutes=1))
    assert not resume_schedule(schedule)
    assert run_due_schedules(DUE + timedelta(minutes=2)) == 0
    assert schedule.next_due_at == DUE + timedelta(days=1)
    assert not ScheduleSlot.objects.exists()


def test_a_deleted_schedule_starts_nothing_and_a_new_one_is_possible(
    schedule: ImportSchedule, cohort: Cohort, connection: Connection, daily: Cadence
) -> None:
    assert delete_schedule(schedule, now=SAVED)
    assert not delete_schedule(schedule)
    assert run_due_schedules(DUE) == 0
    assert save_schedule(cohort, connection=connection, cadence=daily).pk != schedule.pk


def test_who_paused_it_is_kept(schedule: ImportSchedule) -> None:
    user = User.objects.create_user("mika")
    pause_schedule(schedule, by=user)
    assert schedule.paused_by == user


def test_a_clock_that_was_set_back_starts_nothing_twice(schedule: ImportSchedule) -> None:
    run_due_schedules(DUE + timedelta(days=1))
    ImportRun.objects.update(state="succeeded", finished_at=DUE, size=1, added=1, removed=0)
    ImportSchedule.objects.update(next_due_at=DUE)
    assert run_due_schedules(DUE + timedelta(hours=1)) == 0
    assert ImportRun.objects.count() == 1
    schedule.refresh_from_db()
    assert schedule.next_due_at == DUE + timedelta(days=2)


def test_a_broken_schedule_is_put_aside_and_does_not_stop_the_others(
    schedule: ImportSchedule, dataset: Dataset, connection: Connection, daily: Cadence
) -> None:
    other = make_cohort(dataset, "other", "Other")
    save_schedule(other, connection=connection, cadence=daily, now=SAVED)
    ImportSchedule.objects.filter(pk=schedule.pk).update(timezone="Mars/Base")
    assert run_due_schedules(DUE) == 1
    assert ImportRun.objects.get().cohort == other
    schedule.refresh_from_db()
    assert schedule.is_paused
    assert "Mars/Base" in Incident.objects.get().text


def test_an_unforeseen_failure_of_one_schedule_does_not_stop_the_others(
    schedule: ImportSchedule, dataset: Dataset, connection: Connection, daily: Cadence
) -> None:
    other = make_cohort(dataset, "other", "Other")
    save_schedule(other, connection=connection, cadence=daily, now=SAVED)
    ImportSchedule.objects.filter(pk=schedule.pk).update(weekdays={"odd": None}, recipients=7)
    assert run_due_schedules(DUE) == 1
    assert not ScheduleSlot.objects.filter(schedule=schedule).exists()


TICK = """
import sys, time, django
django.setup()
from datetime import datetime
from integrations.schedules import run_due_schedules
print("ready", flush=True)
sys.stdin.readline()
print(run_due_schedules(datetime.fromisoformat(sys.argv[1])))
"""


@pytest.mark.database_both
@pytest.mark.django_db(transaction=True)
def test_several_schedulers_at_once_start_each_slot_once(
    dataset: Dataset,
    connection: Connection,
    daily: Cadence,
    process_environ: Callable[[], dict[str, str]],
) -> None:
    for number in range(12):
        cohort = make_cohort(dataset, f"cohort-{number}", f"Cohort {number}")
        save_schedule(cohort, connection=connection, cadence=daily, now=SAVED)
    schedulers = [
        subprocess.Popen(
            [sys.executable, "-c", TICK, DUE.isoformat()],
            env=process_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for scheduler in schedulers:
        assert scheduler.stdout.readline() == "ready\n"
    for scheduler in schedulers:
        scheduler.stdin.write("go\n")
        scheduler.stdin.flush()
    started = [int(scheduler.communicate()[0]) for scheduler in schedulers]
    assert sum(started) == 12
    assert ImportRun.objects.count() == 12
    assert ScheduleSlot.objects.filter(outcome="run").count() == 12


def test_the_database_keeps_one_live_schedule_per_cohort(schedule: ImportSchedule) -> None:
    schedule.pk = None
    with pytest.raises(IntegrityError):
        schedule.save()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([" a@b.example ", "a@b.example"], ["a@b.example"]),
        (["Ana.B@SING.example", ""], ["Ana.B@SING.example"]),
        ([], []),
    ],
)
def test_recipients_are_cleaned_but_their_case_is_kept(given: list, kept: list) -> None:
    assert clean_recipients(given) == kept


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b.example,c@d.example",
        "a@b.example\nBcc: c@d.example",
        "a@b.example\r\n",
        "a@b.example\x00",
        "a@b.example\u2028",
        "a" * 250 + "@b.example",
        "Ana <a@b.example>",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadRecipients) as refused:
        clean_recipients([address])
    assert all(message.isprintable() for message in refused.value.messages)


def test_there_are_at_most_50_recipients() -> None:
    addresses = [f"u{number}@b.example" for number in range(51)]
    assert len(clean_recipients(addresses[:50])) == 50
    with pytest.raises(BadRecipients):
        clean_recipients(addresses)
