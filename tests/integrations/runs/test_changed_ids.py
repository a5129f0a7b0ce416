from __future__ import annotations

import csv

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from cohorts import membership
from integrations.changed_ids import stream_ids
from tests.factories import make_user
from tests.integrations.runs.conftest import buyers

pytestmark = pytest.mark.django_db


def url_of(run, change):
    return reverse("integrations:run_ids", args=[run.pk, change])


def read(response):
    lines = b"".join(response.streaming_content).decode().splitlines()
    return list(csv.reader(lines))


def test_the_ids_of_an_import_can_be_downloaded_by_those_who_may(
    sandbox, define, run_import, client: Client
):
    run_import(define(5))
    run = run_import(define(7))
    governor = make_user("Governor")
    client.force_login(governor)
    assert url_of(run, "removed") in client.get(run.get_absolute_url()).content.decode()
    response = client.get(url_of(run, "removed"))
    assert response["Content-Disposition"] == (
        f'attachment; filename="buyers-import-{run.pk}-removed.csv"'
    )
    assert "no-store" in response["Cache-Control"]
    header, *rows = read(response)
    assert header == ["id", "change", "state"]
    assert {row[0] for row in rows} == buyers(5) - buyers(7)
    assert {tuple(row[1:]) for row in rows} == {("removed", "acknowledged")}
    assert read(client.get(url_of(run, "added"))) == [header]
    assert client.get(url_of(run, "other")).status_code == 404
    entries = LogEntry.objects.filter(user=governor, object_id=str(run.pk))
    assert {entry.change_message for entry in entries} == {
        "Downloaded the ids removed.",
        "Downloaded the ids added.",
    }
    client.force_login(make_user("Creator"))
    assert client.get(url_of(run, "added")).status_code == 403
    shown = client.get(run.get_absolute_url()).content.decode()
    assert [url_of(run, change) in shown for change in ("added", "removed")] == [False, False]


def test_ids_that_are_no_longer_kept_are_said_to_be_gone(
    sandbox, define, run_import, client: Client
):
    run = run_import(define(5))
    membership.path_of(run.plan_file).unlink()
    client.force_login(make_user("Governor"))
    response = client.get(url_of(run, "added"), follow=True)
    assert "are not kept any longer" in response.content.decode()
    assert not LogEntry.objects.exists()


def test_no_id_becomes_a_formula(sandbox, define, run_import, monkeypatch):
    run = run_import(define(5))
    monkeypatch.setattr("integrations.changed_ids._rows", lambda *_, **__: iter(ROWS))
    found = [row[0] for row in csv.reader("".join(stream_ids(run, "added")).splitlines()[1:])]
    assert found == ["'=1+1", "'+49", "'-1", "'@x", "a,b", 'c"d']
    raw = [row[0] for row in csv.reader("".join(stream_ids(run, "added", raw=True)).splitlines())]
    assert raw[1:] == [id for id, _ in ROWS]


ROWS = [(id, "acknowledged") for id in ("=1+1", "+49", "-1", "@x", "a,b", 'c"d')]
