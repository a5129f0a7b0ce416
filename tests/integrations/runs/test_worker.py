"""The worker as real processes: `manage.py worker` with its pool, killed in earnest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from integrations.models import ImportRun, Incident, WorkerSeen
from integrations.runs import request_import
from tests.integrations.runs.conftest import buyers, members_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
PATIENCE = 60.0


@pytest.fixture
def worker(worker_environ: dict[str, str], tmp_path: Path) -> Iterator[psutil.Process]:
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=django_settings.BASE_DIR,
            env=worker_environ,
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
    keeper = psutil.Process(process.pid)
    try:
        yield keeper
    finally:
        everyone = keeper.children(recursive=True) if keeper.is_running() else []
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for child in everyone:
            if child.is_running():
                child.kill()


def until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")


def finished(run: ImportRun) -> ImportRun:
    def is_final() -> bool:
        run.refresh_from_db()
        return run.is_final

    until(is_final, f"run {run.pk}")
    return run


def pool_of(keeper: psutil.Process) -> list[psutil.Process]:
    """Everything below the cluster's main process: sentinel, workers, pusher, monitor."""
    return [process for cluster in keeper.children() for process in cluster.children(True)]


def answered() -> bool:
    return WorkerSeen.objects.filter(pool_answered_at__isnull=False).exists()


@pytest.mark.database_both
def test_it_runs_what_is_asked_for(worker, sandbox, define, connection):
    run = finished(request_import(define(5), connection=connection, trigger="manual"))
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)
    until(answered, "the canary")


def test_a_killed_pool_is_started_again_and_the_run_goes_on(worker, sandbox, define, connection):
    until(answered, "the pool")
    delay = {"path": "/cohorts/users", "times": 100, "delay_ms": 1500}
    sandbox.control("POST", "faults", [delay])
    run = request_import(define(5), connection=connection, trigger="manual")
    until(lambda: run.batch_set.filter(state="sending").exists(), "the first batch")
    for process in pool_of(worker):
        process.kill()
    # The lease would run out by itself; the test does not wait for it.
    ImportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now())
    ImportRun.objects.filter(pk=run.pk).update(rung_at=None)
    assert finished(run).state == "succeeded"
    assert members_in(sandbox) == buyers(5)


def test_a_cluster_that_ends_leaves_an_incident(worker, define, connection):
    until(answered, "the pool")
    (cluster,) = worker.children()
    os.killpg(cluster.pid, signal.SIGKILL)
    until(Incident.objects.exists, "the incident")
    run = finished(request_import(define(5), connection=connection, trigger="manual"))
    assert run.state == "succeeded"


def test_nothing_is_left_running_when_its_keeper_is_killed(worker):
    until(answered, "the pool")
    # Frozen processes hear no polite signal.
    for process in pool_of(worker):
        process.suspend()
    everyone = [worker, *worker.children(recursive=True)]
    worker.kill()
    _, alive = psutil.wait_procs(everyone, timeout=40)
    assert not alive


def test_nothing_is_left_running_after_it_stops(worker):
    until(answered, "the pool")
    everyone = [worker, *worker.children(recursive=True)]
    worker.terminate()
    _, alive = psutil.wait_procs(everyone, timeout=30)
    assert not alive
    assert not WorkerSeen.objects.exists()


def slow_import(sandbox: Any, cohort: Any, connection: Any) -> ImportRun:
    """A run whose first request is on its way."""
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "times": 100, "delay_ms": 2000}])
    run = request_import(cohort, connection=connection, trigger="manual")
    until(lambda: run.batch_set.filter(state="sending").exists(), "the first batch")
    return run


def test_a_stop_waits_for_the_request_under_way(worker, sandbox, define, connection):
    until(answered, "the pool")
    run = slow_import(sandbox, define(5), connection)
    worker.terminate()
    worker.wait(60)
    states = list(run.batch_set.order_by("number").values_list("state", "tries"))
    assert states == [("acknowledged", 1), ("planned", 0)]
    run.refresh_from_db()
    # Free for the next worker, at its first look.
    assert (run.state, run.lease_until, run.rung_at) == ("sending", None, None)


def test_workers_end_their_request_when_the_head_of_the_pool_is_killed(
    worker, sandbox, define, connection
):
    until(answered, "the pool")
    run = slow_import(sandbox, define(5), connection)
    (guard,) = worker.children()
    (head,) = guard.children()
    head.kill()
    assert finished(run).state == "succeeded"
    assert set(run.batch_set.values_list("tries", flat=True)) == {1}
    assert members_in(sandbox) == buyers(5)
