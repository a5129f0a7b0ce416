"""Imports without a partner key: an array attribute, kept by /users/track of a real sandbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.connections import check_connection
from integrations.models import Connection, ImportBatch, ImportRun, Ledger, RefusedMember
from integrations.preview import preview_import
from tests.integrations.runs.conftest import FIXTURE, KEY, buyers, work

pytestmark = pytest.mark.django_db

REST_KEY = "sandbox-rest-api-key-A"


@pytest.fixture
def connection(sandbox, settings):
    workspace = {"client_secret": KEY, "state": "partner enabled", "rest_key": REST_KEY}
    sandbox.control("PUT", "fixture", {**FIXTURE, "workspaces": [workspace]})
    settings.BRAZE_PARTNER_KEYS = {}
    return Connection.objects.create(
        name="Attributes",
        mode="track",
        endpoint=settings.BRAZE_SANDBOX_URL,
        data_import_key=REST_KEY,
    )


def held(sandbox):
    """The members of the one value there is, by the state under its attribute and value."""
    ledger = Ledger.objects.get()
    cohort = sandbox.state()["cohorts"][f"{ledger.connection.attribute}: {ledger.braze_name}"]
    assert cohort["name"] == ledger.braze_name
    return set(cohort["members"])


def requests(sandbox):
    return [entry for entry in sandbox.log() if entry["path"] == "/users/track"]


def work_through(run, most=30):
    for _ in range(most):
        if run.is_final:
            return run
        ImportRun.objects.filter(pk=run.pk).update(wait_until=timezone.now() - timedelta(seconds=1))
        work(run)
    raise AssertionError(f"still {run.state}")


@pytest.mark.database_both
def test_the_array_lists_the_people_in_the_cohort(sandbox, define, run_import, connection):
    cohort = define(8)
    assert preview_import(cohort, connection).requests == 7
    run = run_import(cohort)
    assert (run.state, run.size, run.added, run.batches) == ("succeeded", 500, 500, 7)
    assert held(sandbox) == buyers(8)
    assert {entry["added"] for entry in requests(sandbox)} == {75, 50}
    run = run_import(define(9))
    assert (run.state, run.added, run.removed) == ("succeeded", 0, 250)
    assert held(sandbox) == buyers(9)
    assert sandbox.state()["warnings"] == []


def test_a_rename_keeps_the_value_and_the_people(sandbox, define, run_import):
    cohort = define(9)
    run_import(cohort)
    value = Ledger.objects.get().braze_name
    assert value.startswith("Buyers [")
    before = len(requests(sandbox))
    cohort.name = "Frequent Buyers"
    cohort.save()
    assert run_import(cohort).state == "succeeded"
    assert Ledger.objects.get().braze_name == value
    assert held(sandbox) == buyers(9)
    assert len(requests(sandbox)) == before


FAULTS = [
    {"status": 503},
    {"status": 503, "apply": True},
    {"drop": "before"},
    {"drop": "after"},
    {"drop": "mid_body"},
    {"status": 429, "headers": {"x-ratelimit-retry-after": "3"}},
    {"status": 201, "body": {"message": "odd"}, "apply": True},
    {"status": 200, "raw_body": "<html>log in</html>", "apply": True},
    {"status": 202, "body": {"message": "queued"}},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_network_does_the_array_is_right_or_the_run_says_so(
    sandbox, define, run_import, fault
):
    sandbox.fault(path="/users/track", after=2, times=2, **fault)
    run = work_through(run_import(define(9)))
    assert run.state == "succeeded"
    assert held(sandbox) == buyers(9)


def test_a_lost_answer_at_the_end_is_made_good_by_the_next_run(sandbox, define, run_import):
    run_import(define(9))
    sandbox.fault(path="/users/track", times=100, drop="after")
    run = work_through(run_import(define(8)))
    assert (run.state, run.in_doubt) == ("partial", 75)
    sandbox.control("POST", "faults", [])
    run = run_import(define(9))
    assert (run.state, run.removed) == ("sending", 75)
    ImportBatch.objects.filter(run=run).update(not_before=None)
    assert work_through(run).state == "succeeded"
    assert held(sandbox) == buyers(9)


def test_a_late_request_cannot_undo_a_later_one(sandbox, define, run_import):
    """Unanswered, and applied when the opposite is due: that waits for the quiet period."""
    run_import(define(9))
    sandbox.fault(path="/users/track", times=100, drop="before", apply=True, apply_delay_ms=500)
    work_through(run_import(define(8)))
    sandbox.control("POST", "faults", [])
    run = run_import(define(9))
    assert run.state == "sending"
    assert run.batch_set.get().not_before > timezone.now() + timedelta(minutes=4)


@pytest.mark.database_both
def test_a_refused_member_is_listed_and_tried_again(sandbox, define, run_import):
    error = {"type": "'external_id' is not valid", "input_array": "attributes", "index": 2}
    body = {"message": "success", "attributes_processed": 74, "errors": [error]}
    sandbox.fault(path="/users/track", status=201, body=body, apply=False)
    run = run_import(define(9))
    assert (run.state, run.error_kind) == ("partial", "members_refused")
    assert (run.refused, run.added) == (1, 249)
    (refused,) = RefusedMember.objects.all()
    assert (refused.identifier, refused.remove) == (sorted(buyers(9))[2], False)
    assert refused.reason == "'external_id' is not valid"
    assert Ledger.objects.get().confirmed_count == 249
    assert run_import(define(9)).added == 1


def test_nobody_is_made_up_in_braze(sandbox, define, run_import, connection):
    known = sorted(buyers(9))[:10]
    workspace = {"client_secret": KEY, "state": "partner enabled", "rest_key": REST_KEY}
    users = [{"external_id": each} for each in known]
    sandbox.control("PUT", "fixture", {**FIXTURE, "workspaces": [workspace], "users": users})
    assert run_import(define(9)).state == "succeeded"
    assert held(sandbox) == set(known)


def test_a_refused_key_pauses_the_connection_and_a_check_leaves_no_trace(
    sandbox, define, run_import, connection
):
    assert check_connection(connection).is_accepted
    assert sandbox.state()["cohorts"] == {}
    connection.data_import_key = "wrong-rest-key-000000"
    connection.save()
    assert check_connection(connection).kind == "key_refused"
    run = run_import(define(9))
    assert (run.state, run.error_kind) == ("failed", "key_refused")
    assert "REST API key" in run.error_message
    assert Connection.objects.get().paused_at is not None
