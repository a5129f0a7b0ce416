"""Held imports: decided with a note, or discarded when nobody decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.holds import expire_holds, expires_at
from integrations.models import Connection, ImportRun, ImportSchedule, OutboxMail
from integrations.runs import approve_run, cancel_run
from integrations.safety import Limits
from integrations.schedules import save_schedule
from tests.integrations.orders.conftest import make_cadence
from tests.integrations.runs.conftest import buyers, members_in, work

pytestmark = [pytest.mark.django_db, pytest.mark.database_both]


@pytest.fixture
def held(sandbox, define, run_import):
    run_import(define(5))
    run = run_import(define(10), recipients=["crm@sing.example"])
    assert run.state == "held"
    return run


@pytest.fixture
def governor(django_user_model):
    return django_user_model.objects.create(username="governor")


def test_who_approved_and_why_is_kept_and_the_frozen_plan_is_sent(held, governor, sandbox, define):
    plan = held.plan_sha256
    # The cohort moves on meanwhile: what was looked at is what is sent.
    define(2)
    assert approve_run(held, by=governor, note="Agreed with CRM") is True
    assert approve_run(held, by=governor, note="Again") is False
    run = work(held)
    assert (run.state, run.plan_sha256) == ("succeeded", plan)
    assert (run.decided_by, run.decided_note) == (governor, "Agreed with CRM")
    assert members_in(sandbox) == set()


def test_who_discarded_and_why_is_kept(held, governor, sandbox):
    cancel_run(held, by=governor, note="The event was renamed")
    held.refresh_from_db()
    assert (held.state, held.decided_by) == ("canceled", governor)
    assert held.decided_note == "The event was renamed"
    assert members_in(sandbox) == buyers(5)


def test_a_hold_ends_when_nobody_decides(held, sandbox, settings):
    settings.HOLD_DAYS = 3
    end = expires_at(held)
    assert end == held.started_at + timedelta(days=3)
    assert expire_holds(now=end - timedelta(seconds=1)) == 0
    assert expire_holds(now=end) == 1
    assert expire_holds(now=end) == 0
    held.refresh_from_db()
    assert (held.state, held.error_kind, held.finished_at) == ("canceled", "hold_expired", end)
    assert "Nobody decided in time" in held.error_message
    mail = OutboxMail.objects.get(run=held, kind="expired")
    assert mail.subject == "Import discarded: nobody decided about Buyers"
    assert "Nobody decided in time" in mail.text
    assert "Import it again" in mail.text
    assert members_in(sandbox) == buyers(5)
    assert expires_at(held) is None


def test_a_hold_that_was_decided_does_not_end_later(held, governor):
    approve_run(held, by=governor)
    assert expire_holds(now=timezone.now() + timedelta(days=30)) == 0
    assert ImportRun.objects.get(pk=held.pk).state == "sending"


def test_the_limits_of_the_schedule_decide_what_is_held(sandbox, define, run_import, connection):
    cohort = define(5)
    save_schedule(
        cohort,
        connection=connection,
        cadence=make_cadence(),
        limits=Limits(percent=5, least=10),
    )
    run_import(cohort)
    # 250 of 1,250 leave: far below the thousand that is usual.
    run = run_import(define(6))
    assert (run.state, run.held_facts["most"]) == ("held", 5)
    assert run.held_reason == "250 of 1,250 users would be removed (20%). The limit is 5%."
    cancel_run(run, by=None)
    ImportSchedule.objects.update(hold_percent=50)
    assert run_import(define(6)).state == "succeeded"


def test_without_a_schedule_the_limits_of_the_connection_decide(
    sandbox, define, run_import, connection
):
    Connection.objects.update(hold_percent=5, hold_least=10)
    connection.refresh_from_db()
    cohort = define(5)
    run_import(cohort)
    run = run_import(define(6))
    assert (run.state, run.held_facts["most"]) == ("held", 5)
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    assert (schedule.hold_percent, schedule.hold_least, schedule.hold_factor) == (5, 10, 3)
