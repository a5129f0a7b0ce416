"""A whole import against a real sandbox over the wire, in one process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import execution
from integrations.leases import claim_run
from integrations.models import Connection, ImportBatch, ImportRun, Ledger, OutboxMail
from integrations.preview import preview_import
from integrations.runs import (
    ImportRefused,
    approve_run,
    cancel_run,
    request_import,
    run_as_json,
    sweep,
)
from tests.integrations.runs.conftest import buyers, members_in, work

pytestmark = [pytest.mark.django_db, pytest.mark.database_both]


def user_requests(sandbox):
    log = sandbox.control("GET", "requests?since=0").json
    return [entry for entry in log if entry["path"].endswith("/cohorts/users")]


def let_time_pass(run):
    """Let the waiting of a run be over."""
    ImportRun.objects.filter(pk=run.pk).update(wait_until=timezone.now() - timedelta(seconds=1))


def work_through(run, most=30):
    for _ in range(most):
        if run.is_final:
            return run
        let_time_pass(run)
        work(run)
    raise AssertionError(f"still {run.state}")


def test_the_people_in_braze_are_the_people_in_the_cohort(sandbox, define, run_import):
    run = run_import(define(5), recipients=["crm@sing.example"])
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)
    assert (run.size, run.added, run.removed, run.unchanged) == (1250, 1250, 0, 0)
    assert run.batches == len(user_requests(sandbox)) == 2
    assert OutboxMail.objects.filter(run=run).count() == 1


def test_the_same_again_sends_no_user_request(sandbox, define, run_import):
    run_import(define(5))
    before = len(user_requests(sandbox))
    run = run_import(define(5))
    assert run.state == "succeeded"
    assert (run.size, run.added, run.removed, run.unchanged) == (1250, 0, 0, 1250)
    assert len(user_requests(sandbox)) == before


def test_after_a_change_exactly_the_difference_is_sent(sandbox, define, run_import, connection):
    run_import(define(5))
    cohort = define(7)
    preview = preview_import(cohort, connection)
    run = run_import(cohort)
    assert (run.added, run.removed, run.unchanged) == (0, 500, 750)
    assert (preview.add, preview.remove, preview.unchanged) == (0, 500, 750)
    assert members_in(sandbox) == buyers(7)
    run = run_import(define(6))
    assert (run.added, run.removed, run.unchanged) == (250, 0, 750)
    assert members_in(sandbox) == buyers(6)


def test_a_rename_reaches_braze_without_a_second_cohort(sandbox, define, run_import):
    cohort = define(5)
    run_import(cohort)
    cohort.name = "Frequent Buyers"
    cohort.save()
    run_import(cohort)
    (state,) = sandbox.state()["cohorts"].values()
    assert state["name"] == "Frequent Buyers"
    assert set(state["members"]) == buyers(5)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 503, "apply": True},
        {"drop": "before"},
        {"drop": "after"},
        {"drop": "mid_body"},
        {"status": 429, "headers": {"x-ratelimit-retry-after": "3"}},
        {"status": 423, "body": {"message": "Resource locked"}},
        {"status": 200, "raw_body": "<html>log in</html>", "apply": True},
    ],
)
def test_it_repeats_the_same_batch_until_it_is_acknowledged(sandbox, define, run_import, fault):
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "after": 1, "times": 2, **fault}])
    run = run_import(define(5))
    assert run.state == "sending"
    assert run.wait_until is not None
    run = work_through(run)
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)
    ids = [
        len(entry["added"]) if isinstance(entry["added"], list) else entry["added"]
        for entry in user_requests(sandbox)
    ]
    assert ids == [1000, 250, 250, 250]


def test_a_lost_answer_at_the_end_is_made_good_by_the_next_run(sandbox, define, run_import):
    run_import(define(5))
    fault = {"path": "/cohorts/users", "times": 100, "drop": "after"}
    sandbox.control("POST", "faults", [fault])
    run = work_through(run_import(define(3)))
    assert run.state == "partial"
    assert run.in_doubt == 500
    assert run.error_kind == "connection_lost"
    ledger = Ledger.objects.get()
    assert (ledger.confirmed_count, ledger.in_doubt_count) == (1250, 500)
    sandbox.control("POST", "faults", [])
    # The 500 did arrive. Now they leave the cohort again: they are removed after the quiet time.
    run = run_import(define(5))
    assert run.state == "sending"
    assert run.removed == 500
    ImportBatch.objects.filter(run=run).update(not_before=None)
    run = work_through(run)
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)


def test_a_refused_key_stops_the_run_and_pauses_the_connection(
    sandbox, define, run_import, connection
):
    cohort = define(5)
    connection.data_import_key = "wrong-key-0000000000"
    connection.save()
    run = run_import(cohort, recipients=["crm@sing.example"])
    assert (run.state, run.error_kind) == ("failed", "key_refused")
    assert Connection.objects.get().paused_at is not None
    assert OutboxMail.objects.filter(run=run).count() == 1
    assert "wrong-key" not in str(run_as_json(run)) + OutboxMail.objects.get().text
    with pytest.raises(ImportRefused, match="paused"):
        request_import(cohort, connection=Connection.objects.get(), trigger="manual")


def test_a_worker_that_died_while_sending_leaves_nobody_behind(sandbox, define, run_import):
    run = run_import(define(5))
    # As after kill -9 between the commit of "sending" and the answer, with the request applied.
    ImportBatch.objects.filter(run=run, number=2).update(state="sending")
    ImportRun.objects.filter(pk=run.pk).update(
        state="sending",
        finished_at=None,
        lease_until=timezone.now() - timedelta(seconds=1),
        rung_at=timezone.now() - timedelta(seconds=100),
    )
    run.refresh_from_db()
    assert sweep() == 1
    run = work(run)
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)
    assert ImportBatch.objects.get(run=run, number=2).may_echo


def test_two_workers_cannot_hold_one_run(define, connection):
    run = request_import(define(5), connection=connection, trigger="manual")
    first = claim_run(run.pk)
    assert first is not None
    assert claim_run(run.pk) is None
    ImportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim_run(run.pk) is not None
    with pytest.raises(execution.LeaseLost):
        first.update(size=1)


def test_a_second_request_is_shown_the_open_run(define, connection):
    cohort = define(5)
    run = request_import(cohort, connection=connection, trigger="manual")
    with pytest.raises(ImportRefused) as refused:
        request_import(cohort, connection=connection, trigger="manual")
    assert refused.value.run == run


def test_a_plan_that_empties_the_cohort_is_held_until_approved(
    sandbox, define, run_import, django_user_model
):
    run_import(define(5))
    run = run_import(define(10), recipients=["crm@sing.example"])
    assert run.state == "held"
    assert "empty" in run.held_reason
    assert members_in(sandbox) == buyers(5)
    assert OutboxMail.objects.filter(run=run, kind="held").count() == 1
    approve_run(run, by=django_user_model.objects.create(username="governor"))
    run = work(run)
    assert run.state == "succeeded"
    assert members_in(sandbox) == set()


def test_a_held_run_can_be_discarded(sandbox, define, run_import):
    run_import(define(5))
    run = run_import(define(10))
    cancel_run(run, by=None)
    run.refresh_from_db()
    assert run.state == "canceled"
    assert members_in(sandbox) == buyers(5)


def test_canceling_while_sending_keeps_what_was_acknowledged(sandbox, define, run_import):
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "after": 1, "status": 503}])
    run = run_import(define(5))
    cancel_run(run, by=None)
    run = work(run)
    assert (run.state, run.error_kind) == ("partial", "canceled")
    assert run.in_doubt == 250
    run = run_import(define(5))
    assert (run.state, run.added) == ("succeeded", 250)
    assert members_in(sandbox) == buyers(5)


def test_a_repair_sends_everyone_and_removes_everyone_else_ever_sent(sandbox, define, run_import):
    run_import(define(5))
    run_import(define(7))
    # Somebody tampered with Braze behind our back.
    state = sandbox.state()["cohorts"]
    for cohort in state.values():
        cohort["members"] = sorted(buyers(5))[:100]
    sandbox.control("PUT", "fixture", {**_fixture(), "cohorts": state})
    run = run_import(define(7), trigger="repair")
    assert (run.state, run.added, run.removed) == ("succeeded", 750, 500)
    assert members_in(sandbox) == buyers(7)


def _fixture():
    from tests.integrations.runs.conftest import FIXTURE

    return FIXTURE


def test_a_run_that_kills_its_workers_is_given_up(define, connection):
    run = request_import(define(5), connection=connection, trigger="manual")
    ImportRun.objects.filter(pk=run.pk).update(
        claims_without_progress=execution.MOST_CLAIMS_WITHOUT_PROGRESS
    )
    run = work(run)
    assert (run.state, run.error_kind) == ("failed", "internal")


def test_a_key_that_cannot_be_read_fails_the_run_in_words(define, run_import, settings):
    cohort = define(5)
    settings.FIELD_ENCRYPTION_KEYS = ["5f2Qn1m8Cq4s0b6G8zC1o0JbQw1n3m5p7r9t1v3x5zA="]
    run = run_import(cohort)
    assert (run.state, run.error_kind) == ("failed", "key_unreadable")
