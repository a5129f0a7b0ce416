"""Missing and damaged files of plans and ledgers: said, and made good from what is whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cohorts import membership
from cohorts.models import Snapshot
from integrations.models import ImportBatch, ImportRun, Incident, Ledger
from tests.integrations.runs.conftest import buyers, members_in, work

pytestmark = pytest.mark.django_db

LOST = [{"path": "/cohorts/users", "times": 100, "drop": "after"}]


def damage(name):
    path = membership.path_of(name)
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def let_five_minutes_pass():
    ImportBatch.objects.update(last_sent_at=timezone.now() - timedelta(minutes=6))


def finish(run):
    """Work on it to its end, as if its waits were over."""
    for _ in range(20):
        if run.is_final:
            return run
        ImportRun.objects.filter(pk=run.pk).update(wait_until=None)
        ImportBatch.objects.filter(run=run).update(not_before=None)
        work(run)
    raise AssertionError(f"still {run.state}")


def test_a_plan_damaged_while_it_is_sent(sandbox, define, run_import):
    run_import(define(7))
    sandbox.control("POST", "faults", LOST)
    run = run_import(define(5))
    assert run.state == "sending"
    damage(run.plan_file)
    sandbox.control("POST", "faults", [])
    run = finish(run)
    # 500 have arrived, and nothing tells whom the damaged plan held but the snapshot.
    assert (run.state, run.error_kind) == ("partial", "store")
    assert Ledger.objects.get().lost_at is not None
    let_five_minutes_pass()
    run = finish(run_import(define(8)))
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(8)
    assert Ledger.objects.get().lost_at is None
    assert Incident.objects.filter(kind="ledger_rebuilt").exists()


@pytest.mark.parametrize("file", ["confirmed_file", "in_doubt_file"])
def test_a_damaged_ledger_is_made_anew(sandbox, define, run_import, file):
    run_import(define(5))
    membership.path_of(getattr(Ledger.objects.get(), file)).unlink()
    let_five_minutes_pass()
    run = finish(run_import(define(7)))
    assert (run.state, run.added, run.removed) == ("succeeded", 750, 500)
    assert members_in(sandbox) == buyers(7)


def test_the_record_of_everyone_is_made_anew_from_plans(sandbox, define, run_import):
    run_import(define(3))
    run_import(define(5))
    ledger = Ledger.objects.get()
    for name in (ledger.confirmed_file, ledger.ever_sent_file):
        damage(name)
    let_five_minutes_pass()
    run = finish(run_import(define(6)))
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(6)
    assert Ledger.objects.get().ever_sent_count == len(buyers(3))


def test_what_cannot_be_known_is_said(sandbox, define, run_import):
    run = run_import(define(5))
    ledger = Ledger.objects.get()
    for name in (ledger.confirmed_file, ledger.ever_sent_file, run.plan_file):
        membership.path_of(name).unlink()
    membership.path_of(Snapshot.objects.get(runs=run).file).unlink()
    let_five_minutes_pass()
    run = finish(run_import(define(7)))
    assert (run.state, run.error_kind) == ("partial", "record_incomplete")
    assert "1 earlier" in run.error_message
    assert members_in(sandbox) >= buyers(7)
    assert finish(run_import(define(7))).state == "succeeded"


def test_a_ledger_damaged_while_it_is_sent(sandbox, define, run_import):
    run_import(define(5))
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "status": 503}])
    run = run_import(define(7))
    assert run.state == "sending"
    damage(Ledger.objects.get().confirmed_file)
    run = finish(run)
    assert (run.state, run.error_kind) == ("partial", "store")
    let_five_minutes_pass()
    run = finish(run_import(define(6)))
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(6)


def test_late_answers_are_waited_for_first(sandbox, define, run_import):
    run_import(define(5))
    damage(Ledger.objects.get().confirmed_file)
    run = run_import(define(7))
    assert run.state == "queued"
    assert run.wait_until > timezone.now() + timedelta(minutes=4)
