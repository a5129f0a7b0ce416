"""Batches in turn with other imports, and in parts where Braze takes less at once."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations import delivery
from integrations.braze.destination import BrazeDestination
from integrations.leases import claim_run
from integrations.models import ImportBatch, ImportRun, Ledger, RequestTurns
from integrations.runs import request_import
from integrations.sending import Sender
from integrations.turns import take_turn
from tests.integrations.braze.wire_server import WireServer, answer
from tests.integrations.runs.conftest import FIXTURE, buyers, members_in, work


@pytest.fixture
def small_sandbox(sandbox):
    """It takes some 300 ids at once."""
    sandbox.control("PUT", "fixture", {**FIXTURE, "settings": {"max_body_bytes": 3000}})
    return sandbox


def let_time_pass(run):
    ImportRun.objects.filter(pk=run.pk).update(wait_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_batch_that_is_too_large_goes_in_parts(small_sandbox, define, run_import):
    run = run_import(define(5))
    assert (run.state, run.added, run.batches) == ("succeeded", 1250, 2)
    assert members_in(small_sandbox) == buyers(5)
    users = [entry for entry in small_sandbox.log() if entry["path"].endswith("users")]
    # Braze is asked for its limit once, and what it takes is remembered.
    assert [entry["status"] for entry in users] == [413, 413, 201, 201, 201, 201, 201]
    assert [entry["added"] for entry in users if entry["status"] == 201] == [250] * 5


@pytest.mark.django_db
def test_a_part_in_doubt_leaves_the_whole_batch_in_doubt(small_sandbox, define, run_import):
    small_sandbox.fault(path="/cohorts/users", after=3, status=403)
    run = run_import(define(5))
    assert (run.state, run.error_kind, run.in_doubt) == ("partial", "forbidden", 1000)
    assert ImportBatch.objects.get(run=run, number=1).state == "unknown"
    run.connection.__class__.objects.update(paused_at=None)
    # The first part is in Braze. Whoever of it leaves now is removed all the same.
    run = run_import(define(9))
    ImportBatch.objects.filter(run=run).update(not_before=None)
    let_time_pass(run)
    run = work(run)
    assert run.state == "succeeded"
    assert members_in(small_sandbox) == buyers(9)


@pytest.mark.django_db
def test_doubt_begins_when_the_last_part_leaves(small_sandbox, define, run_import):
    """Else the quiet period would be over too soon for a batch that takes long in parts."""
    small_sandbox.fault(path="/cohorts/users", after=4, drop="after")
    run = run_import(define(5))
    batch = ImportBatch.objects.get(run=run, number=1)
    assert (run.state, batch.state) == ("sending", "unknown")
    users = [entry for entry in small_sandbox.log() if entry["path"].endswith("users")]
    answered = datetime.fromisoformat(users[-2]["time"])
    assert batch.first_sent_at < answered < batch.last_sent_at


@pytest.mark.django_db
def test_a_member_that_braze_calls_malformed_is_found(define, connection):
    def play(peer, request):
        bad = b'"u0007"' in request
        said = b'{"message":"cohort_changes must be an array"}'
        peer.sendall(answer(said, "400 Bad Request") if bad else answer())

    run = request_import(define(5), connection=connection, trigger="manual")
    ledger = Ledger.objects.create(cohort=run.cohort, connection=connection, braze_cohort_id="c")
    claim = claim_run(run.pk)
    ids = [f"u{number:04}" for number in range(64)]
    with WireServer(play) as server, closing(BrazeDestination(server.url, "k", "p", "s")) as braze:
        found, _ = Sender(claim, braze, ledger, "x", 0).send(
            ids, ["gone"], note_leaving=lambda: None
        )
        assert found.is_accepted
        assert [each.id for each in found.refused] == ["u0007"]
        assert len(server.requests) < 20
        sent = [json.loads(each.partition(b"\r\n\r\n")[2]) for each in server.requests]
        assert {"user_ids": ["gone"], "should_remove": True} in sent[-1]["cohort_changes"]


@pytest.mark.django_db
def test_a_malformed_request_is_not_taken_apart_for_ever(sandbox, define, run_import):
    sandbox.fault(path="/cohorts/users", times=None, status=400)
    run = run_import(define(5))
    assert (run.state, run.error_kind) == ("failed", "our_fault")
    assert len(sandbox.log()) < 40


@pytest.mark.django_db
def test_a_run_waits_for_its_turn_without_using_up_tries(sandbox, define, run_import, monkeypatch):
    monkeypatch.setattr(delivery, "requests_per_second", lambda _connection: 0.01)
    run = run_import(define(5))
    assert (run.state, run.failed_tries, run.wait_reason[:13]) == ("sending", 0, "Other imports")
    assert run.wait_until > timezone.now() + timedelta(seconds=60)
    monkeypatch.setattr(delivery, "requests_per_second", lambda _connection: 0)
    let_time_pass(run)
    assert work(run).state == "succeeded"
    assert members_in(sandbox) == buyers(5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.database_both
def test_workers_share_one_bucket():
    """However they interleave, the bucket moves on by every turn that was given."""
    started = timezone.now()

    def take():
        try:
            for _ in range(10):
                take_turn("US-01 partner", 100, patience=60)
        finally:
            database.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    full_at = RequestTurns.objects.get().full_at
    # The clocks of this test and of SQLite, which counts milliseconds, differ by less than 5 ms.
    assert full_at >= started + timedelta(seconds=40 / 100) - timedelta(milliseconds=5)


@pytest.mark.django_db
@pytest.mark.database_both
def test_an_empty_bucket_gives_no_turn_to_the_impatient():
    waits = [take_turn("US-01 partner", 4, patience=0) for _ in range(12)]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[-1] > 0
    assert take_turn("EU-01 partner", 4, patience=0) == 0


@pytest.mark.django_db
def test_requests_that_were_sent_again_are_kept(sandbox, define, run_import):
    sandbox.fault(path="/cohorts/users", status=503)
    run = run_import(define(5))
    # Its worker dies with the second try under way.
    ImportBatch.objects.filter(run=run, number=1).update(state="sending", tries=2)
    let_time_pass(run)
    run = work(run)
    assert run.state == "succeeded"
    batch = ImportBatch.objects.get(run=run, number=1)
    assert (batch.tries, batch.status_code) == (3, 201)
    [died] = batch.earlier_tries.all()
    assert (died.number, died.answered_at, died.status_code) == (2, None, None)
    assert died.note == "The worker ended before the answer came"


@pytest.mark.django_db
def test_the_answer_to_a_request_that_failed_is_kept(sandbox, define, run_import):
    sandbox.fault(path="/cohorts/users", status=503)
    run = run_import(define(5))
    assert run.state == "sending"
    let_time_pass(run)
    assert work(run).state == "succeeded"
    [failed] = ImportBatch.objects.get(run=run, number=1).earlier_tries.all()
    assert (failed.number, failed.status_code) == (1, 503)
    assert failed.answered_at >= failed.sent_at
    assert failed.note
