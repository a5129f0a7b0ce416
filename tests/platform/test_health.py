from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cohorts.models import Dataset
from integrations.models import Connection


def test_it_is_alive_without_asking_the_database(client: Client) -> None:
    # Without the `db` mark, any query would fail the test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer["Cache-Control"]


@pytest.fixture
def dataset(settings, tmp_path: Path, db: None) -> Path:
    settings.DATASETS_DIR = tmp_path
    Dataset.objects.create(name="Events", file="events.duckdb", loaded_at=datetime.now(UTC))
    file = tmp_path / "events.duckdb"
    file.touch()
    return file


def checks(client: Client, *, status: int) -> dict[str, str]:
    answer = client.get("/readyz")
    assert answer.status_code == status
    body = answer.json()
    assert body["status"] == ("ready" if status == 200 else "not ready")
    return body["checks"]


def test_it_is_ready_when_all_is_well(client: Client, dataset: Path) -> None:
    assert set(checks(client, status=200).values()) == {"ok"}


def test_it_is_not_ready_without_its_datasets(client: Client, dataset: Path) -> None:
    dataset.unlink()
    assert checks(client, status=503)["datasets"] == "1 of 1 dataset files cannot be read"


def test_it_is_not_ready_with_a_broken_encryption_key(client: Client, dataset: Path, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["no key at all"]
    found = checks(client, status=503)["encryption_keys"]
    assert "no key at all" not in found
    assert "FIELD_ENCRYPTION_KEYS" in found


def test_it_is_not_ready_with_keys_that_cannot_read_what_is_stored(
    client: Client, dataset: Path, settings
) -> None:
    Connection.objects.create(name="Braze", endpoint="US-01", data_import_key="secret")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "another" not in checks(client, status=503)["database"]
    assert "encrypted with a key" in checks(client, status=503)["encryption_keys"]


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_before_migrations_are_applied(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    try:
        assert "manage.py migrate" in checks(client, status=503)["migrations"]
    finally:
        call_command("migrate", "sessions", fake=True, verbosity=0)


def test_strangers_learn_nothing_of_a_failing_database(
    client: Client, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cohorts_dataset RENAME TO cohorts_gone")
    found = checks(client, status=503)["datasets"]
    assert found == "the database does not answer as it should"
