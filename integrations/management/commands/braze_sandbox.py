"""`braze_sandbox`: a local Braze in a process of its own."""

from __future__ import annotations

import errno
import json
import signal
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.sandbox.fixture import FixtureError
from integrations.sandbox.routes import Sandbox, open_sandbox
from integrations.sandbox.schema import StateError
from integrations.sandbox.server import SandboxServer

DEFAULT_PORT = 8001


class Command(BaseCommand):
    help = "Serve a local imitation of Braze's cohort API, with pages of its own."
    requires_system_checks = []  # it uses no database and must start without one

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="0 takes a free one")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--fixture", type=Path, help="start state as JSON")
        parser.add_argument("--state", type=Path, help="file that keeps the state")
        parser.add_argument(
            "--allowed-host",
            action="append",
            default=[],
            help="a further host name under which the pages may be opened",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox = _open(options)
        try:
            server = _listen(sandbox, options["host"], _port(options["port"]))
        except CommandError:
            sandbox.close()
            raise
        host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
        self.stdout.write(f"Braze sandbox at http://{host}:{server.server_port}/")
        self.stdout.write(f"It imitates Braze and is not Braze. State: {sandbox.store.path}")
        self.stdout.flush()
        _serve_until_told(server)
        server.server_close()
        sandbox.close()


def _port(given: int | None) -> int:
    if given is not None:
        return given
    return urlsplit(settings.BRAZE_SANDBOX_URL).port or DEFAULT_PORT


def _open(options: dict[str, Any]) -> Sandbox:
    fixture = None if options["fixture"] is None else _read_fixture(options["fixture"])
    state = options["state"] or settings.DATA_DIR / "braze-sandbox.sqlite3"
    hosts = frozenset(name.lower() for name in (*options["allowed_host"], options["host"]))
    try:
        return open_sandbox(Path(state), fixture, allowed_hosts=hosts)
    except (FixtureError, StateError, OSError) as error:
        raise CommandError(str(error)) from error


def _read_fixture(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"The fixture {path} cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise CommandError(f"The fixture {path} must hold a JSON object.")
    return data


def _listen(sandbox: Sandbox, host: str, port: int) -> SandboxServer:
    try:
        return SandboxServer((host, port), sandbox.answer)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} is taken. Stop what uses it or give another one with --port."
            ) from error
        raise CommandError(f"Cannot listen on {host}:{port}: {error}") from error


def _serve_until_told(server: SandboxServer) -> None:
    """Until SIGTERM or Ctrl-C. `shutdown` waits for the loop, so a thread has to call it."""

    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.serve_forever(poll_interval=0.2)
