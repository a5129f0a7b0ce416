"""Taking everyone whom imports brought to Braze out of it again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cohorts.disabling import DisableRefused, disable
from integrations.models import ImportRun, ImportSchedule, Ledger, OutboxMail
from integrations.runs import ImportRefused, request_import, request_removal
from integrations.schedules import delete_schedule_and_members, pause_schedule, save_schedule
from tests.integrations.orders.conftest import make_cadence
from tests.integrations.runs.conftest import buyers, members_in, work

pytestmark = [pytest.mark.django_db, pytest.mark.database_both]


@pytest.fixture
def governor(django_user_model):
    return django_user_model.objects.create(username="governor", email="gov@sing.example")


def test_it_takes_out_everyone_and_tells(sandbox, define, run_import, connection, governor):
    cohort = define(5)
    run_import(cohort)
    run = work(request_removal(cohort, connection=connection, by=governor))
    assert (run.state, run.trigger, run.requested_by) == ("succeeded", "removal", governor)
    assert (run.size, run.added, run.removed, run.batches) == (0, 0, 1250, 2)
    assert members_in(sandbox) == set()
    assert Ledger.objects.get().confirmed_count == 0
    mail = OutboxMail.objects.get(run=run)
    assert (mail.recipient, mail.subject) == ("gov@sing.example", "Removed from Braze: Buyers")
    # The next import brings everyone back, and is not held for being unlike a removal.
    assert run_import(cohort).state == "succeeded"
    assert members_in(sandbox) == buyers(5)


def test_it_takes_out_those_in_doubt_too(sandbox, define, run_import, connection):
    cohort = define(5)
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "times": 1, "drop": "after"}])
    run = run_import(cohort)
    ImportRun.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now(), wait_until=None)
    run = work(run)
    assert (run.state, run.in_doubt) == ("partial", 1000)
    run = work(request_removal(cohort, connection=connection, by=None))
    # They were sent a moment ago: the opposite waits until that request can no longer arrive.
    assert (run.state, run.removed) == ("sending", 1000)
    run.batch_set.update(not_before=None)
    ImportRun.objects.filter(pk=run.pk).update(wait_until=None)
    assert work(run).state == "succeeded"
    assert members_in(sandbox) == set()


def test_deleting_a_schedule_can_remove_its_members(
    sandbox, define, run_import, connection, governor
):
    cohort = define(5)
    run_import(cohort)
    schedule = save_schedule(
        cohort, connection=connection, cadence=make_cadence(), recipients=["crm@sing.example"]
    )
    run = work(delete_schedule_and_members(schedule, by=governor))
    schedule.refresh_from_db()
    assert schedule.deleted_at is not None
    assert (run.state, run.schedule, run.recipients) == (
        "succeeded",
        schedule,
        ["crm@sing.example"],
    )
    assert members_in(sandbox) == set()


def test_the_schedule_stays_when_the_removal_cannot_start(define, connection, governor):
    cohort = define(5)
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    request_import(cohort, connection=connection, trigger="manual")
    with pytest.raises(ImportRefused, match="still open"):
        delete_schedule_and_members(schedule, by=governor)
    assert ImportSchedule.objects.get().deleted_at is None


def test_a_live_schedule_would_bring_everyone_back(define, connection, governor):
    cohort = define(5)
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    with pytest.raises(ImportRefused, match="Pause or delete it first"):
        request_removal(cohort, connection=connection, by=governor)
    pause_schedule(schedule, by=governor)
    assert request_removal(cohort, connection=connection, by=governor).trigger == "removal"


def test_a_cohort_with_a_schedule_is_not_deleted_and_one_without_can_still_be_removed(
    sandbox, define, run_import, connection, governor
):
    cohort = define(5)
    run_import(cohort)
    schedule = save_schedule(cohort, connection=connection, cadence=make_cadence())
    with pytest.raises(DisableRefused, match="has an import schedule"):
        disable(cohort, by=governor)
    schedule.delete()
    disable(cohort, by=governor)
    cohort.refresh_from_db()
    with pytest.raises(ImportRefused, match="disabled"):
        request_import(cohort, connection=connection, trigger="manual")
    assert work(request_removal(cohort, connection=connection, by=governor)).state == "succeeded"
    assert members_in(sandbox) == set()
