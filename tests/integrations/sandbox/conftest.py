"""A sandbox on a free port, driven over the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.routes import open_sandbox
from integrations.sandbox.server import SandboxServer
from tests.integrations.sandbox.driver import Driver

DATA = Path(__file__).parent / "data"


@pytest.fixture
def fixture_data() -> dict[str, Any]:
    """Five people: three identified, two anonymous."""
    data: dict[str, Any] = json.loads((DATA / "fixture.json").read_text("utf-8"))
    return data


@pytest.fixture
def sandbox(tmp_path: Path, fixture_data: dict[str, Any]) -> Iterator[Driver]:
    opened = open_sandbox(tmp_path / "state.sqlite3", fixture_data)
    server = SandboxServer(("127.0.0.1", 0), opened.answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    driver = Driver(server.server_port)
    yield driver
    driver.close()
    server.shutdown()
    thread.join()
    server.server_close()
    opened.close()
