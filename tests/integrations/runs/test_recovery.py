"""A refused key stops what uses it; a good one sets everything going again, by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.connections import check_connection, resume_if_working, set_key
from integrations.models import Connection, ImportRun, ScheduleSlot
from integrations.recovery import make_up_for_pauses
from integrations.schedules import run_due_schedules, save_schedule
from tests.integrations.orders.conftest import make_cadence
from tests.integrations.runs.conftest import KEY, buyers, members_in, work

pytestmark = [pytest.mark.django_db, pytest.mark.database_both]
START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def refused(sandbox, define, connection):
    """A daily schedule whose run met a key that Braze no longer takes."""
    schedule = save_schedule(define(5), connection=connection, cadence=make_cadence(), now=START)
    connection.data_import_key = "revoked-key-000000"
    connection.save()
    assert run_due_schedules(schedule.next_due_at) == 1
    run = work(ImportRun.objects.get())
    assert (run.state, run.error_kind) == ("failed", "key_refused")
    return schedule


def test_a_refused_key_pauses_and_names_both_causes(refused):
    connection = Connection.objects.get()
    assert connection.paused_at is not None
    assert "Either the key was replaced" in connection.paused_reason
    assert "or the REST endpoint belongs to another cluster" in connection.paused_reason
    # The next slots are not lost sight of: they are recorded with the reason.
    refused.refresh_from_db()
    assert run_due_schedules(refused.next_due_at) == 0
    slot = ScheduleSlot.objects.first()
    assert slot.outcome == "skipped"
    assert "is paused" in slot.note
    assert make_up_for_pauses() == 0


def test_a_new_key_sets_everything_going_without_anybody_starting_it(refused, sandbox):
    refused.refresh_from_db()
    run_due_schedules(refused.next_due_at)
    connection = Connection.objects.get()
    set_key(connection, KEY)
    connection.save()
    assert make_up_for_pauses() == 1
    assert make_up_for_pauses() == 0
    run = work(ImportRun.objects.latest("pk"))
    assert (run.state, run.trigger, run.schedule) == ("succeeded", "scheduled", refused)
    assert members_in(sandbox) == buyers(5)
    assert make_up_for_pauses() == 0


def test_a_connection_that_works_again_goes_on_with_the_same_key(refused, sandbox):
    connection = Connection.objects.get()
    assert resume_if_working(connection, check_connection(connection)) is False
    Connection.objects.update(data_import_key=KEY)
    connection.refresh_from_db()
    assert resume_if_working(connection, check_connection(connection)) is True
    assert make_up_for_pauses() == 1


def test_a_key_that_is_refused_again_is_not_tried_over_and_over(refused):
    Connection.objects.update(paused_at=None, paused_reason="")
    assert make_up_for_pauses() == 1
    work(ImportRun.objects.latest("pk"))
    assert Connection.objects.get().paused_at is not None
    assert make_up_for_pauses() == 0


def test_other_failures_and_what_people_stopped_are_left_alone(refused):
    Connection.objects.update(paused_at=None)
    ImportRun.objects.update(error_kind="no_answer")
    assert make_up_for_pauses() == 0
    ImportRun.objects.update(error_kind="key_refused", state="canceled")
    assert make_up_for_pauses() == 0
    ImportRun.objects.update(state="failed")
    refused.paused_at, refused.next_due_at = START + timedelta(days=9), None
    refused.save()
    assert make_up_for_pauses() == 0
