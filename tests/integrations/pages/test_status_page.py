from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort
from integrations.models import Connection, ImportRun, Incident, OutboxMail, WorkerSeen
from integrations.vitals import find_stuck_runs, is_well, read_vitals
from tests.factories import make_batch, make_run, make_schedule, make_user
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db
URL = "/status/"
TOKEN = "status-token-canary"


def ago(**length: float) -> Any:
    return timezone.now() - timedelta(**length)


@pytest.fixture
def worker(db: None) -> WorkerSeen:
    now = timezone.now()
    return WorkerSeen.objects.create(
        keeper="here:1", seen_at=now, ticked_at=now, pool_answered_at=now
    )


def ill() -> set[str]:
    return {vital.key for vital in read_vitals() if not vital.is_well}


def make_mail(run: ImportRun, **changes: Any) -> OutboxMail:
    fields: dict[str, Any] = {
        "kind": "failed",
        "recipient": "crm@sing.example",
        "message_id": "<1@here>",
        "subject": "S",
        "next_try_at": timezone.now(),
    }
    return OutboxMail.objects.create(run=run, **fields | changes)


def test_an_installation_at_rest_is_well(page: Client, worker: WorkerSeen, cohort: Cohort) -> None:
    make_run(cohort)
    make_schedule(cohort, next_due_at=timezone.now() + timedelta(hours=1))
    assert is_well(read_vitals())
    shown = text(page.get(URL))
    assert "Everything works" in shown
    assert re.search(r"Worker last seen \d+ s Good", shown)
    assert "Every mail was taken by the mail server." in shown
    assert 'hx-get="/status/"' in page.get(URL, headers=PART).content.decode()


def test_without_a_worker_it_says_how_to_start_one(page: Client, cohort: Cohort) -> None:
    assert {"worker_seen_seconds", "pool_answered_seconds", "schedule_tick_seconds"} <= ill()
    shown = text(page.get(URL))
    assert "Something needs attention" in shown
    assert "Worker last seen never Look here Start one with: python manage.py worker" in shown


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("seen_at", "worker_seen_seconds"),
        ("ticked_at", "schedule_tick_seconds"),
        ("pool_answered_at", "pool_answered_seconds"),
    ],
)
def test_each_part_of_the_worker_is_looked_at(worker: WorkerSeen, field: str, key: str) -> None:
    WorkerSeen.objects.update(**{field: ago(minutes=10)})
    assert ill() == {key}


def test_what_waits_too_long_is_shown(page: Client, worker: WorkerSeen, cohort: Cohort) -> None:
    make_schedule(cohort, next_due_at=ago(minutes=5))
    run = make_run(cohort, "queued", queued_at=ago(minutes=20))
    make_mail(run)
    OutboxMail.objects.update(created_at=ago(hours=2))
    Incident.objects.create(kind="pool_restarted", text="The worker pool ended by itself.")
    Connection.objects.update(paused_at=ago(hours=1), paused_reason="Key refused.")
    assert ill() == {
        "queue_age_seconds",
        "runs_stuck",
        "schedules_overdue",
        "mail_age_seconds",
        "incidents_today",
        "connections_paused",
    }
    shown = text(page.get(URL))
    assert re.search(r"Oldest waiting import 2\d min Look here", shown)
    assert "The worker pool ended by itself." in shown
    assert "crm@sing.example Dormant Users Waiting" in shown


def test_a_run_that_moves_or_waits_on_purpose_is_not_stuck(cohort: Cohort) -> None:
    now = timezone.now()
    run = make_run(cohort, "sending", queued_at=ago(hours=3))
    assert find_stuck_runs(now) == [run]
    for changes in (
        {"wait_until": now + timedelta(minutes=30)},
        {"lease_until": now + timedelta(seconds=60)},
        {"decided_at": ago(minutes=1)},
    ):
        ImportRun.objects.filter(pk=run.pk).update(**changes)
        assert find_stuck_runs(now) == [], changes
        ImportRun.objects.filter(pk=run.pk).update(**dict.fromkeys(changes))
    make_batch(run, last_sent_at=ago(minutes=2))
    assert find_stuck_runs(now) == []
    ImportRun.objects.update(state="held")
    assert find_stuck_runs(now + timedelta(days=3)) == []


def test_a_mail_that_was_given_up_is_seen(worker: WorkerSeen, cohort: Cohort) -> None:
    make_mail(make_run(cohort), state="failed", error="550 No such user")
    assert ill() == {"mails_failed"}


def test_a_full_disk_is_said(
    worker: WorkerSeen, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collections import namedtuple

    from integrations import vitals

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(vitals.shutil, "disk_usage", lambda path: usage(100e9, 97e9, 3e9))
    assert ill() == {"disk_free_bytes_data", "disk_free_bytes_members"}


@pytest.mark.parametrize(("role", "status"), [("Governor", 200), ("Admin", 200), ("Creator", 403)])
def test_the_page_and_its_link_are_for_those_who_look_after_it(
    client: Client, cohort: Cohort, role: str, status: int
) -> None:
    client.force_login(make_user(role))
    assert client.get(URL).status_code == status
    html = client.get("/imports/").content.decode()
    assert ('href="/status/"' in html) == (status == 200)


@pytest.mark.parametrize("url", ["/metrics", "/status.json"])
def test_monitoring_needs_the_token(client: Client, settings: Any, url: str) -> None:
    assert client.get(url, headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get(url).status_code == 403
    assert client.get(url, headers={"Authorization": "Bearer guess"}).status_code == 403
    assert client.get(url, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_prometheus_can_read_the_metrics(
    client: Client, settings: Any, worker: WorkerSeen, cohort: Cohort
) -> None:
    settings.METRICS_TOKEN = TOKEN
    make_run(cohort, "failed")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert 'cohorts_runs{state="failed"} 1' in lines
    assert 'cohorts_runs{state="held"} 0' in lines
    assert "cohorts_mails_waiting 0" in lines
    assert any(line.startswith("cohorts_worker_seen_seconds ") for line in lines)
    names = set()
    for line in lines:
        if line.startswith("#"):
            names.add(line.split()[2])
        else:
            assert line.split("{")[0].split()[0] in names
            float(line.rsplit(" ", 1)[1])


def test_monitoring_reads_the_same_as_json(
    client: Client, settings: Any, worker: WorkerSeen
) -> None:
    settings.METRICS_TOKEN = TOKEN
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert json.loads(client.get("/status.json", headers=headers).content)["status"] == "well"
    worker.delete()
    body = client.get("/status.json", headers=headers).json()
    assert body["status"] == "needs attention"
    assert body["vitals"]["worker_seen_seconds"] == {
        "value": None,
        "well": False,
        "advice": "Start one with: python manage.py worker",
    }
