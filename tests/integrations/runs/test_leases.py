"""Who holds a lease, and what becomes of one that was let go or overslept."""

from __future__ import annotations

import signal
import sys
import threading
import time
from datetime import timedelta

import psutil
import pytest
from django.utils import timezone

from integrations import execution, leases
from integrations.models import ImportRun
from integrations.runs import approve_run, cancel_run, request_import
from launcher.layout import ROOT
from tests.integrations.runs.conftest import buyers, members_in, work

pytestmark = pytest.mark.django_db(transaction=True)

WORK = """
import sys, django
django.setup()
from integrations.execution import work_on
work_on(int(sys.argv[1]))
"""


@pytest.fixture
def renewed_late(monkeypatch):
    """The thread that renews while a plan is drawn looks again after the plan was committed."""
    monkeypatch.setattr(leases, "RENEW_EVERY", 0.01)
    committed, again = threading.Event(), threading.Event()

    class Done(threading.Event):
        def wait(self, timeout=None):
            if committed.is_set():
                again.set()
            return super().wait(timeout)

    def reach(name, batch=None):
        if name == "plan_committed":
            committed.set()
            # Twice around, so that one whole renewal lies in between, unless the thread has ended.
            for _ in range(2):
                again.clear()
                again.wait(1)

    monkeypatch.setattr(leases.threading, "Event", Done)
    monkeypatch.setattr(execution, "reach", reach)


@pytest.fixture
def held(renewed_late, sandbox, define, run_import):
    run_import(define(5))
    run = run_import(define(10))
    assert run.state == "held"
    return run


@pytest.mark.database_both
def test_a_held_import_is_sent_as_soon_as_it_is_approved(held, sandbox, django_user_model):
    assert held.lease_until is None
    approve_run(held, by=django_user_model.objects.create(username="governor"))
    assert work(held).state == "succeeded"
    assert members_in(sandbox) == set()


@pytest.mark.database_both
def test_a_held_import_is_discarded_at_once(held):
    cancel_run(held, by=None)
    held.refresh_from_db()
    assert held.state == "canceled"


@pytest.fixture
def freeze_at(worker_environ, tmp_path):
    """Let a process take up a run and stand still at a point of its way."""
    started = []

    def freeze(point, run):
        file = tmp_path / "point"
        file.write_text(f"{point} frozen")
        # A lease of 0.9 s.
        quick = {"FAIL_POINT_FILE": str(file), "TIME_COMPRESSION": "100"}
        command = [sys.executable, "-c", WORK, str(run.pk)]
        process = psutil.Popen(command, cwd=ROOT, env=worker_environ | quick)
        started.append(process)
        while process.status() != psutil.STATUS_STOPPED:
            assert process.poll() is None, "it ended before it came there"
            time.sleep(0.02)
        return process

    yield freeze
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_who_overslept_the_lease_sends_nothing_more(
    sandbox, define, run_import, connection, freeze_at
):
    run_import(define(9))
    run = request_import(define(5), connection=connection, trigger="manual")
    process = freeze_at("lease_renewed", run)
    overslept = time.monotonic() + 1
    # By our clock too, and so that somebody else takes over.
    ImportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work(run).state == "succeeded"
    sent = sandbox.log()
    time.sleep(max(0.0, overslept - time.monotonic()))
    process.send_signal(signal.SIGCONT)
    assert process.wait() == 0
    assert sandbox.log() == sent
    assert members_in(sandbox) == buyers(5)
