"""What the state file keeps, and when a late change takes effect."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox import store as store_module
from integrations.sandbox.fixture import default_fixture
from integrations.sandbox.routes import open_sandbox
from integrations.sandbox.schema import StateError
from integrations.sandbox.store import Entry, Naming, Store
from tests.integrations.sandbox.conftest import DATA
from tests.integrations.sandbox.driver import Driver

ROOT = Path(__file__).parents[3]


class Clock:
    """A time that stands until it is told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "state.sqlite3")
    opened.start(default_fixture(), keep_cohorts=True)
    yield opened
    opened.close()


def _entry() -> Entry:
    return Entry("POST", "/partners/kubit/cohorts/users", 201, workspace=0, cohort="c1")


def _members(store: Store) -> list[str]:
    with store.reading() as db:
        return [row[0] for row in db.execute("SELECT profile FROM members ORDER BY profile")]


def test_late_changes_take_effect_when_they_are_due(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(store_module, "time", clock)
    store.record(_entry(), [(False, ["a", "b"])], due=1_010.0)
    store.record(_entry(), [(True, ["a"])], due=1_005.0)
    store.record(_entry(), [(False, ["c"])])
    assert _members(store) == ["c"]
    clock.now = 1_006.0
    assert _members(store) == ["c"]
    clock.now = 1_010.0
    assert _members(store) == ["a", "b", "c"]


def test_a_late_change_comes_before_a_request_that_follows_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(store_module, "time", clock)
    store.record(_entry(), [(False, ["a"])], due=1_010.0)
    clock.now = 1_011.0
    store.record(_entry(), [(True, ["a"])])
    assert _members(store) == []


def test_a_late_change_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(store_module, "time", clock)
    path = tmp_path / "state.sqlite3"
    with closing(Store(path)) as first:
        first.start(default_fixture(), keep_cohorts=True)
        first.record(_entry(), Naming("Whales", "2024-05-01"), due=1_010.0)
        first.record(_entry(), [(False, ["a"])], due=1_010.0)
    clock.now = 2_000.0
    with closing(Store(path)) as second:
        assert _members(second) == ["a"]


def test_a_change_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(UnicodeEncodeError):
        store.record(_entry(), [(False, ["a", "\ud800"])])
    assert _members(store) == []
    assert store.count_since(0) == 0


def test_a_restart_goes_on_where_it_ended(tmp_path: Path, fixture_data: dict[str, Any]) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(open_sandbox(path, fixture_data)) as first:
        put = {**fixture_data, "partner_name": "other", "cohorts": {"c1": {"members": ["user_1"]}}}
        first.control.replace(put)
        first.api.faults.replace([{"status": 500, "after": 3}])
        first.api.faults.take("/cohorts")
        first.api.switch(0, "partner not enabled")
    with closing(open_sandbox(path, fixture_data)) as second:
        assert second.api.fixture.partner_name == "other"
        assert second.api.fixture.workspaces[0].state == "partner not enabled"
        assert second.api.faults.as_list()[0]["seen"] == 1
        assert _members(second.store) == ["user_1"]


def test_another_fixture_file_begins_anew(tmp_path: Path, fixture_data: dict[str, Any]) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(open_sandbox(path, fixture_data)) as first:
        first.store.record(_entry(), [(False, ["user_1"])])
    with closing(open_sandbox(path, {**fixture_data, "partner_name": "new"})) as second:
        assert _members(second.store) == []
        assert second.api.fixture.partner_name == "new"


def test_new_keys_in_the_settings_keep_the_cohorts(tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(open_sandbox(path)) as first:
        first.store.record(_entry(), [(False, ["user_1"])])
    settings.BRAZE_PARTNER_KEYS = {"US": "another-key"}
    with closing(open_sandbox(path)) as second:
        assert _members(second.store) == ["user_1"]
        assert second.api.fixture.partner_key == "another-key"


def test_two_sandboxes_cannot_share_a_state_file(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(Store(path)), pytest.raises(StateError, match="in use"):
        Store(path)
    Store(path).close()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    path.write_text("this is no database, and long enough to be read as a page of one" * 20)
    with pytest.raises(StateError, match="not a state file"):
        Store(path)


# -- the process itself ---------------------------------------------------------------


class Process:
    """`manage.py braze_sandbox` on a free port."""

    def __init__(self, state: Path) -> None:
        command = [
            *(sys.executable, "manage.py", "braze_sandbox", "--port", "0"),
            *("--state", str(state), "--fixture", str(DATA / "fixture.json")),
        ]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self.popen = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.popen.stdout is not None
        first = self.popen.stdout.readline()
        self.driver = Driver(int(first.rstrip("/\n").rpartition(":")[2]))

    def end(self, number: int) -> int:
        self.driver.close()
        self.popen.send_signal(number)
        code = self.popen.wait(timeout=20)
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return code


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite3"
    first = Process(state)
    first.driver.name()
    statuses: list[int] = []
    writer = threading.Thread(target=_write_until_killed, args=(first.driver.port, statuses))
    writer.start()
    while len(statuses) < 50:
        writer.join(0.01)
    first.end(signal.SIGKILL)
    writer.join()
    second = Process(state)
    try:
        log = second.driver.log(since=1)
        assert len(log) - len(statuses) in (0, 1)  # the last may have been written, unanswered
        assert set(statuses) == {201}
        assert all(entry["applied"] for entry in log)
        expected = ["user_1"] if len(log) % 2 else []
        assert second.driver.members() == expected
    finally:
        assert second.end(signal.SIGTERM) == 0


def _write_until_killed(port: int, statuses: list[int]) -> None:
    """Add and remove one person in turn."""
    with closing(Driver(port)) as driver:
        try:
            while True:
                add = len(statuses) % 2 == 0
                answer = driver.add("user_1") if add else driver.remove("user_1")
                statuses.append(answer.status)
        except OSError:
            return


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "manage.py", "braze_sandbox", "--port", str(port)]
        command += ["--state", str(tmp_path / "state.sqlite3")]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )
    assert ended.returncode == 1
    assert f"Port {port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told(tmp_path: Path, number: int) -> None:
    process = Process(tmp_path / "state.sqlite3")
    process.driver.name()  # a connection that is kept alive does not hold it up
    assert process.end(number) == 0
