"""Loading files in the browser: what is guessed, shown, loaded, and said when it fails."""

from __future__ import annotations

import gzip
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from cohorts import uploads
from cohorts.models import Dataset, DataUpload
from cohorts.warehouse.preview import guess_columns, preview_file
from tests.cohorts.loaded import EVENTS, USERS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.DATASETS_DIR = tmp_path, tmp_path / "datasets"


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user("Admin")
    client.force_login(user)
    return user


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The processes that would run; the test runs what they do itself."""
    commands: list[str] = []
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **_: commands.append(" ".join(command[1:]))
    )
    return commands


def given(events: str = EVENTS, users: str = USERS, **changes: Any) -> dict[str, Any]:
    files = {
        "events": SimpleUploadedFile("my events.csv", events.encode()),
        "users": SimpleUploadedFile("people.csv", users.encode()),
    }
    return {"name": "shop", "timezone": "Asia/Tokyo"} | files | changes


COLUMNS = {"user_id": "user_id", "event": "event", "time": "time", "users_id": "user_id"}


def bring(client: Client, **changes: Any) -> DataUpload:
    response = client.post("/data/upload/", given(**changes))
    assert response.status_code == 302, response.content.decode()
    return DataUpload.objects.get(pk=int(response["Location"].split("/")[-2]))


def test_files_become_a_schema(client: Client, admin: User, started: list[str]) -> None:
    kept = bring(client)
    url = f"/data/upload/{kept.pk}/"
    page = client.get(url).content.decode()
    for role in ("user_id", "event", "time"):
        assert f'<option value="{role}" selected>' in page
    assert "ann" in page
    client.post(url, COLUMNS)
    assert started == [f"manage.py load_upload {kept.pk}"]
    assert "Being loaded" in client.get(url).content.decode()
    call_command("load_upload", str(kept.pk))
    page = client.get(url).content.decode()
    assert "5 events of 4 users." in page
    dataset = Dataset.objects.get()
    assert (dataset.name, dataset.timezone) == ("shop", "Asia/Tokyo")
    assert not list(uploads.events_path(kept).parent.glob("*"))


def test_a_replacement_keeps_the_zone(client: Client, admin: User, started: list[str]) -> None:
    for changes in ({}, {"replaces": "on", "timezone": ""}):
        kept = bring(client, **changes)
        client.post(f"/data/upload/{kept.pk}/", COLUMNS)
        uploads.load(kept.pk)
        kept.refresh_from_db()
        assert kept.state == "done", kept.problem
    assert Dataset.objects.get().timezone == "Asia/Tokyo"


def test_it_says_by_line_what_is_wrong_and_lets_them_choose_anew(
    client: Client, admin: User, started: list[str]
) -> None:
    broken = 'user_id,event,time\nann,SING,2026-01-10\n"bob,SING,2026-01-11\n'
    kept = bring(client, events=broken)
    url = f"/data/upload/{kept.pk}/"
    client.post(url, COLUMNS)
    uploads.load(kept.pk)
    page = client.get(url).content.decode()
    assert "Not loaded" in page
    assert "my events.csv, line 3" in page
    assert str(uploads.events_path(kept)) not in page
    assert "Which column is which?" in page
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event": "user_id"}, "three different columns"),
        ({"time": ""}, "Choose a column"),
        ({"time": "<b>"}, "Choose a column"),
        ({"users_id": "nothing"}, "in the file of users"),
    ],
)
def test_it_refuses_columns_that_cannot_be(
    client: Client, admin: User, started: list[str], changes: dict[str, str], words: str
) -> None:
    kept = bring(client)
    response = client.post(f"/data/upload/{kept.pk}/", COLUMNS | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert started == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"events": SimpleUploadedFile("events.xlsx", b"x")}, "must be one of"),
        ({"events": SimpleUploadedFile("events.csv", b"")}, "events.csv: the file is empty."),
        ({"name": " "}, "required"),
        ({"timezone": "Mars"}, "no time zone"),
        ({"replaces": "on"}, "no schema of this name to replace"),
    ],
)
def test_it_refuses_what_cannot_be_loaded(
    client: Client, admin: User, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    response = client.post("/data/upload/", given() | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not DataUpload.objects.exists()
    assert not list((tmp_path / "uploads").glob("*"))


def test_it_states_a_limit_and_keeps_to_it(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cohorts.upload_views.MOST_BYTES", 10)
    response = client.post("/data/upload/", given())
    assert "larger than 2 GB" in response.content.decode()


def test_a_load_starts_once(client: Client, admin: User, started: list[str]) -> None:
    kept = bring(client)
    for _ in range(2):
        client.post(f"/data/upload/{kept.pk}/", COLUMNS)
    assert len(started) == 1
    uploads.load(kept.pk)
    uploads.load(kept.pk)
    assert Dataset.objects.count() == 1


@pytest.mark.parametrize("state", ["queued", "running"])
def test_it_notices_a_process_that_died(
    client: Client, admin: User, started: list[str], state: str
) -> None:
    kept = bring(client)
    client.post(f"/data/upload/{kept.pk}/", COLUMNS)
    long_ago = timezone.now() - timedelta(minutes=5)
    DataUpload.objects.update(state=state, queued_at=long_ago)
    assert (
        "The load stopped before its end" in client.get(f"/data/upload/{kept.pk}/").content.decode()
    )
    client.post(f"/data/upload/{kept.pk}/", COLUMNS)
    assert len(started) == 2


def test_a_load_that_works_is_left_alone(client: Client, admin: User, started: list[str]) -> None:
    kept = bring(client)
    DataUpload.objects.update(state="running")
    with uploads._lock(kept):
        assert "Being loaded" in client.get(f"/data/upload/{kept.pk}/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("Governor", 403), ("Admin", 200)])
def test_it_is_for_admins(client: Client, role: str, status: int) -> None:
    client.force_login(make_user(role))
    assert client.get("/data/upload/").status_code == status
    assert ("Upload data" in client.get("/data/").content.decode()) == (status == 200)


def test_it_shows_the_first_rows_of_every_kind(tmp_path: Path) -> None:
    lines = '{"user_id": 7, "tags": ["<b>"]}\n\n{"user_id": null, "more": "あ"}\n'
    (tmp_path / "a.jsonl").write_text(lines)
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write("user_id,,time\nann,x\n" + "bob,y,2026\n" * 20)
    duckdb.execute(f"COPY (SELECT 7 AS user_id, NULL AS time) TO '{tmp_path / 'a.parquet'}'")
    assert preview_file(tmp_path / "a.jsonl").rows == (("7", '["<b>"]', ""), ("", "", "あ"))
    zipped = preview_file(tmp_path / "a.csv.gz")
    assert zipped.columns == ("user_id", "time")
    assert (zipped.rows[0], len(zipped.rows)) == (("ann", ""), 8)
    assert preview_file(tmp_path / "a.parquet").rows == (("7", ""),)


@pytest.mark.parametrize(
    ("columns", "guessed"),
    [
        (["user_id", "event", "time"], ["user_id", "event", "time"]),
        (
            ["Event Name", "eventTime", "distinct_id", "id"],
            ["distinct_id", "Event Name", "eventTime"],
        ),
        (["timestamp", "type", "customerId"], ["customerId", "type", "timestamp"]),
        (["a", "b", "c"], ["", "", ""]),
    ],
)
def test_it_guesses_which_column_is_which(columns: list[str], guessed: list[str]) -> None:
    assert list(guess_columns(columns, ("user_id", "event", "time")).values()) == guessed
