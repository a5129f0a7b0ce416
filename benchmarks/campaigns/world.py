"""A world to break: data folder, database and sandbox of its own, gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil

from launcher.layout import ROOT, setting_names
from launcher.postgres import postgres_server

KEY = "campaign-data-import-key"
REST_KEY = "campaign-rest-key"
PARTNER_KEY = "campaign-partner-key"
FIXTURE = {
    "partner_name": "kubit",
    "partner_keys": {"US": PARTNER_KEY},
    "workspaces": [{"client_secret": KEY, "rest_key": REST_KEY, "state": "partner enabled"}],
}
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class World:
    folder: Path
    # In which every process of this world runs; this process too, once Django is set up.
    environ: dict[str, str]
    sandbox_url: str

    def control(self, method: str, name: str, data: Any = None) -> Any:
        """Speak to the sandbox's control interface."""
        request = urllib.request.Request(
            f"{self.sandbox_url}/_sandbox/{name}", json.dumps(data).encode(), method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def start(self, *arguments: str, log: str) -> psutil.Popen:
        """A process of this world, in a session of its own."""
        with (self.folder / log).open("ab") as file:
            return psutil.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def processes(self) -> list[psutil.Process]:
        """All that run in this world, orphans too: known by the data folder they were given."""
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            ours = process.environ().get("DATA_DIR") == self.environ["DATA_DIR"]
        except (psutil.Error, OSError):
            return False
        return ours and process.pid != os.getpid()


@contextmanager
def open_world(
    database: str = "sqlite", *, compression: int = 1, url: str = "", **settings: str
) -> Iterator[World]:
    """Set Django up in this process on a new database, with a sandbox beside it. Once only.

    `url`: of an empty PostgreSQL database, where one is to be used that is there already.
    """
    # So that being told to end is no way to leave processes behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        # A killed process can leave behind one that had just begun, and still writes.
        made = tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(made))
        environ = _environ(folder, compression) | settings
        if database == "postgresql":
            environ["DATABASE_URL"] = url or stack.enter_context(_postgres_database())
        world = World(folder, environ, "")
        stack.callback(_end_all, world)
        url = _start_sandbox(world)
        world = World(folder, environ | {"BRAZE_SANDBOX_URL": url}, url)
        _enter(world)
        yield world


def _environ(folder: Path, compression: int) -> dict[str, str]:
    ours = setting_names() | {"TESTS_PREPARED_BY"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {
        **kept,
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "kubit_app.settings",
        "DATA_DIR": str(folder / "data"),
        "BRAZE_PARTNER_KEYS": f"US={PARTNER_KEY}",
        "TIME_COMPRESSION": str(compression),
        "FAIL_POINT_FILE": str(folder / "fail-point"),
        "LOG_LEVEL": "WARNING",
    }


def _start_sandbox(world: World) -> str:
    (world.folder / "data").mkdir()
    fixture = world.folder / "fixture.json"
    fixture.write_text(json.dumps(FIXTURE))
    world.start("manage.py", "braze_sandbox", "--port", "0", "--fixture", str(fixture), log="braze")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in (world.folder / "braze").read_text(errors="replace").splitlines():
            if line.startswith("Braze sandbox at "):
                return line.removeprefix("Braze sandbox at ").rstrip("/")
        time.sleep(0.05)
    raise SystemExit("The sandbox did not start.")


def _enter(world: World) -> None:
    for name in setting_names():
        os.environ.pop(name, None)
    os.environ |= world.environ
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    # Who counts the kills is not to be killed.
    settings.FAIL_POINT_FILE = ""
    call_command("migrate", verbosity=0)


@contextmanager
def _postgres_database() -> Iterator[str]:
    import psycopg

    with postgres_server(os.environ.get("TEST_DATABASE_URL")) as url:
        name = f"campaign_{os.getpid()}"
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            with psycopg.connect(url, autocommit=True) as server:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _end_all(world: World) -> None:
    """Kill what is left, by process id; again for what was being started meanwhile."""
    for _ in range(3):
        processes = world.processes()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(processes, timeout=10)
