"""Which room answers which address."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.sandbox.access import refuse_stranger
from integrations.sandbox.api import PartnerApi
from integrations.sandbox.control import PREFIX, Control
from integrations.sandbox.fixture import default_fixture
from integrations.sandbox.messages import SECURITY_HEADERS, Request, Response, error_response
from integrations.sandbox.pages import Pages
from integrations.sandbox.static_files import serve_static
from integrations.sandbox.store import Store


@dataclass
class Sandbox:
    """The whole imitation, without a socket."""

    store: Store
    api: PartnerApi
    control: Control
    pages: Pages
    stopping: threading.Event
    allowed_hosts: frozenset[str] = frozenset()

    def answer(self, request: Request) -> Response:
        if request.path.startswith(("/partners/", "/users/")):
            return self.api.handle(request)
        response = self._answer_browser(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _answer_browser(self, request: Request) -> Response:
        refusal = refuse_stranger(request, self.allowed_hosts)
        if refusal is not None:
            return error_response(403, refusal)
        if request.path.startswith(PREFIX):
            return self.control.handle(request)
        if request.path.startswith("/static/"):
            return serve_static(request.path.removeprefix("/static/"))
        return self.pages.handle(request)

    def close(self) -> None:
        self.stopping.set()
        self.store.close()


def open_sandbox(
    state: Path,
    fixture: dict[str, Any] | None = None,
    *,
    allowed_hosts: frozenset[str] = frozenset(),
) -> Sandbox:
    """Open the state file and go on where it ended, or begin with the fixture."""
    store = Store(state)
    stopping = threading.Event()
    start = default_fixture() if fixture is None else fixture
    api = PartnerApi(store, store.start(start, keep_cohorts=fixture is None), stopping.wait)
    control = Control(api)
    return Sandbox(store, api, control, Pages(api, control), stopping, allowed_hosts)
