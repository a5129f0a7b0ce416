"""A dataset of one's own, a cohort over it, and a real sandbox to import into."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cohorts.datasets import add_dataset
from cohorts.models import Cohort, Dataset
from cohorts.saving import save_cohort
from cohorts.warehouse.load import FileSet
from integrations.execution import work_on
from integrations.models import Connection, ImportRun
from integrations.runs import request_import
from integrations.sandbox.routes import open_sandbox
from integrations.sandbox.server import SandboxServer
from tests.cohorts.kept_loads import loads_kept
from tests.integrations.sandbox.driver import Driver

KEY = "sandbox-data-import-key-A"
FIXTURE = {
    "partner_name": "kubit",
    "partner_keys": {"US": "sandbox-partner-key-us"},
    "workspaces": [{"client_secret": KEY, "state": "partner enabled"}],
}


@pytest.fixture
def sandbox(tmp_path: Path, settings: Any) -> Iterator[Driver]:
    opened = open_sandbox(tmp_path / "sandbox.sqlite3", FIXTURE)
    server = SandboxServer(("127.0.0.1", 0), opened.answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.BRAZE_SANDBOX_URL = f"http://127.0.0.1:{server.server_port}"
    settings.BRAZE_PARTNER_KEYS = FIXTURE["partner_keys"]
    driver = Driver(server.server_port)
    yield driver
    driver.close()
    server.shutdown()
    thread.join()
    server.server_close()
    opened.close()


@pytest.fixture
def dataset(db: None, tmp_path: Path, settings: Any) -> Dataset:
    """2,500 users u0000 to u2499; each bought as often as its number's last digit."""
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    lines = ["user,event,time"]
    for number in range(2500):
        lines.append(f"u{number:04},Open,2026-01-01T00:00:00Z")
        lines += [f"u{number:04},Buy,2026-01-0{day + 1}T00:00:00Z" for day in range(number % 10)]
    events = tmp_path / "events.csv"
    events.write_text("\n".join(lines) + "\n")
    files = FileSet(events=[str(events)], user_id="user", event="event", time="time")
    with loads_kept():
        dataset, _ = add_dataset("shop", files)
    return dataset


def bought_at_least(times: int) -> dict[str, Any]:
    condition = {"type": "performed", "event": "Buy", "times": {"op": ">=", "value": times}}
    return {"version": 1, "match": "all", "conditions": [condition]}


def buyers(times: int) -> set[str]:
    return {f"u{number:04}" for number in range(2500) if number % 10 >= times}


@pytest.fixture
def define(dataset: Dataset) -> Callable[[int], Cohort]:
    """Save the cohort of those who bought at least so often; again is a new version."""

    def save(times: int) -> Cohort:
        return save_cohort(
            slug="buyers", dataset=dataset, data=bought_at_least(times), name="Buyers"
        )

    return save


@pytest.fixture
def connection(db: None, sandbox: Driver, settings: Any) -> Connection:
    return Connection.objects.create(
        name="Sandbox", endpoint=settings.BRAZE_SANDBOX_URL, data_import_key=KEY
    )


@pytest.fixture
def worker_environ(
    process_environ: Callable[[], dict[str, str]], settings: Any, sandbox: Driver, tmp_path: Path
) -> dict[str, str]:
    """In which a process works on the runs of the test."""
    return process_environ() | {
        "DJANGO_SETTINGS_MODULE": "kubit_app.settings",
        "DATA_DIR": str(tmp_path),
        "MEMBERSHIP_STORE": str(tmp_path / "membership"),
        "BRAZE_SANDBOX_URL": settings.BRAZE_SANDBOX_URL,
        "BRAZE_PARTNER_KEYS": "US=sandbox-partner-key-us",
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
    }


@pytest.fixture
def run_import(connection: Connection) -> Callable[..., ImportRun]:
    """Request a run and work on it as a worker would, until it is final, held or waiting."""

    def run(cohort: Cohort, **changes: Any) -> ImportRun:
        changes = {"trigger": "manual", "connection": connection, **changes}
        return work(request_import(cohort, **changes))

    return run


def work(run: ImportRun) -> ImportRun:
    work_on(run.pk)
    run.refresh_from_db()
    return run


def members_in(sandbox: Driver) -> set[str]:
    """The members of the one cohort the sandbox knows."""
    cohorts = sandbox.state()["cohorts"]
    assert len(cohorts) == 1
    return set(next(iter(cohorts.values()))["members"])
