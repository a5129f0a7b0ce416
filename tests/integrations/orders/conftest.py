from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import load_command_class
from django.db import connections
from django.utils import timezone

from cohorts.models import Cohort, CohortVersion, Dataset
from integrations.cadence import Cadence
from integrations.models import Connection, ImportRun
from tests.integrations.braze.wire_server import WireServer, answer

DEFINITION = {
    "version": 1,
    "match": "all",
    "conditions": [{"type": "performed", "event": "SING", "times": {"op": ">", "value": 5}}],
}


@pytest.fixture
def dataset(db: None) -> Dataset:
    return Dataset.objects.create(
        name="Encore", timezone="Asia/Tokyo", file="none", loaded_at=timezone.now()
    )


@pytest.fixture
def cohort(dataset: Dataset) -> Cohort:
    return make_cohort(dataset, "dormant-users", "Dormant Users")


def make_cohort(dataset: Dataset, slug: str, name: str) -> Cohort:
    cohort = Cohort.objects.create(slug=slug, name=name, dataset=dataset)
    cohort.current_version = CohortVersion.objects.create(
        cohort=cohort, number=1, definition=DEFINITION
    )
    cohort.save()
    return cohort


@pytest.fixture
def connection(db: None) -> Connection:
    return Connection.objects.create(
        name="Main", endpoint="US-01", data_import_key="data-import-canary-7f2c", key_hint="7f2c"
    )


@pytest.fixture
def daily() -> Cadence:
    return make_cadence()


def make_cadence(**changes: Any) -> Cadence:
    values = {
        "unit": "day",
        "every": 1,
        "weekdays": (),
        "month_day": "",
        "at": time(8, 0),
        "timezone": "Asia/Tokyo",
        "starts_on": date(2026, 11, 1),
    }
    return Cadence(**(values | changes))


@pytest.fixture
def make_run(cohort: Cohort, connection: Connection) -> Callable[..., ImportRun]:
    """A run in some state, with the counts that state has."""

    def make(state: str = ImportRun.State.SUCCEEDED, **fields: Any) -> ImportRun:
        at: datetime = fields.pop("at", timezone.now())
        is_final = state in ImportRun.FINAL_STATES
        counts = {"size": 12431, "added": 612, "removed": 301, "unchanged": 11819}
        values = {
            "cohort": cohort,
            "connection": connection,
            "version": cohort.current_version,
            "trigger": ImportRun.Trigger.MANUAL,
            "queued_at": at,
            "started_at": at,
            "finished_at": at + timedelta(seconds=2) if is_final else None,
            "as_of": at,
            **(counts if state != ImportRun.State.QUEUED else {}),
        }
        return ImportRun.objects.create(state=state, **(values | fields))

    return make


@dataclass(frozen=True)
class Ended:
    """How a command ended, as its caller sees it."""

    code: int
    out: str
    errors: list[str]


@pytest.fixture
def run_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Run a management command through the same door as the command line."""
    # At its end a command closes the connections, and with them the test's transaction.
    monkeypatch.setattr(connections, "close_all", lambda: None)

    def run(name: str, *arguments: str) -> Ended:
        command = load_command_class("integrations", name)
        capsys.readouterr()
        code = 0
        try:
            command.run_from_argv(["manage.py", name, *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        found = capsys.readouterr()
        return Ended(code, found.out, found.err.splitlines())

    return run


@pytest.fixture
def braze(settings: Any) -> Iterator[FakeBraze]:
    """A peer that answers as Braze would, and is configured as the sandbox."""
    fake = FakeBraze()
    settings.BRAZE_SANDBOX_URL = fake.server.url
    settings.BRAZE_PARTNER_KEYS = {"US": "partner-key-canary"}
    with fake.server:
        yield fake


class FakeBraze:
    """On the wire only: a status, and whether the key in the request is the good one."""

    def __init__(self) -> None:
        self.good_key = "good-key-0123456789"
        self.server = WireServer(self._play)

    @property
    def asked(self) -> int:
        return len(self.server.requests)

    def _play(self, peer: socket.socket, request: bytes) -> None:
        body = json.loads(request.partition(b"\r\n\r\n")[2])
        if body.get("client_secret") == self.good_key:
            peer.sendall(answer())
        else:
            said = b'{"message":"Invalid client secret"}'
            peer.sendall(answer(said, "401 Unauthorized"))
