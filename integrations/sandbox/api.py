"""The endpoints: check, play the fault, take effect, log, answer."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from integrations.sandbox.changes import find_warnings
from integrations.sandbox.faults import Fault, FaultList
from integrations.sandbox.fixture import WORKSPACE_STATES, Fixture
from integrations.sandbox.limits import HourlyCounter, InFlight, TrackCounter
from integrations.sandbox.messages import Request, Response, json_response
from integrations.sandbox.profiles import make_profiles
from integrations.sandbox.protocol import ChangeMembers, Operation, Refusal, read_operation
from integrations.sandbox.store import Entry, Naming, Sides, Store
from integrations.sandbox.tracking import PATH as TRACK_PATH
from integrations.sandbox.tracking import TrackUsers, read_track

ENDPOINT = re.compile(r"/partners/([^/]+)/(cohorts|cohorts/users)")
SUCCESS = {"message": "success"}
DEFAULT_MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized access",
    403: "Forbidden",
    404: "Not Found",
    423: "Resource locked",
    429: "Rate Limited",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


Accepted = Operation | TrackUsers


@dataclass(frozen=True)
class Reading:
    """What a request asks for, and what it is answered with."""

    operation: Accepted | Refusal
    status: int
    body: dict[str, Any]


class PartnerApi:
    """The state of the imitation that requests share."""

    def __init__(self, store: Store, fixture: Fixture, wait: Callable[[float], object]) -> None:
        self.store = store
        self.faults = FaultList(
            store.get_meta("faults"), lambda text: store.set_meta("faults", text)
        )
        self.counter = HourlyCounter(store.count_since)
        self.track_counter = TrackCounter()
        self._in_flight = InFlight()
        self._wait = wait
        self.use(fixture)

    def use(self, fixture: Fixture) -> None:
        """From now on this fixture's keys, profiles and rules count."""
        switches = json.loads(self.store.get_meta("switches") or "{}")
        workspaces = tuple(
            replace(each, state=switches.get(str(number), each.state))
            for number, each in enumerate(fixture.workspaces)
        )
        self.fixture = replace(fixture, workspaces=workspaces)
        self.profiles = make_profiles(fixture.users)

    def switch(self, workspace: int, state: str) -> None:
        """Enable the partner, disable it or invalidate the key, as people do at Braze."""
        states = {str(number): each.state for number, each in enumerate(self.fixture.workspaces)}
        if str(workspace) in states and state in WORKSPACE_STATES:
            self.store.set_meta("switches", json.dumps({**states, str(workspace): state}))
            self.use(self.fixture)

    def handle(self, request: Request) -> Response:
        started = time.monotonic()
        is_track = request.path == TRACK_PATH
        counter = self.track_counter if is_track else self.counter
        allowed, headers = counter.take(self.fixture.rules)
        entry = _entry(request)
        match = ENDPOINT.fullmatch(request.path)
        problem = _check_envelope(request, is_track or match is not None)
        if problem is not None:
            return self._refuse(entry, *problem, headers)
        fault = self.faults.take(request.path)
        if fault is None and not allowed:
            return self._refuse(entry, 429, "Rate Limited", headers)
        reading = self._read_track(request) if match is None else self._read(match, request.body)
        with self._alone(reading.operation, entry) as blocked:
            if blocked and fault is None:
                return self._refuse(entry, 423, "Resource locked", headers)
            if fault is None:
                return self._answer(entry, reading, headers)
            response = self._play(fault, entry, reading, headers)
            self._wait(max(0.0, fault.delay_ms / 1000 - (time.monotonic() - started)))
            return response

    def _read(self, match: re.Match[str], body: bytes) -> Reading:
        operation = read_operation(match[2], match[1], body, self.fixture)
        if isinstance(operation, Refusal):
            return Reading(operation, operation.status, {"message": operation.message})
        return Reading(operation, 201, SUCCESS)

    def _read_track(self, request: Request) -> Reading:
        key = request.headers.get("authorization", "")
        track, refused = read_track(key, request.body, self.fixture, self.profiles)
        if refused is not None:
            return Reading(refused[0], refused[0].status, refused[1])
        assert track is not None  # noqa: S101 - one of the two
        return Reading(track, 201, track.answer())

    # -- the ways a request can end -------------------------------------------

    def _refuse(self, entry: Entry, status: int, text: str, headers: dict[str, str]) -> Response:
        entry.status, entry.message = status, text
        self.store.record(entry)
        return json_response({"message": text}, status, headers)

    def _answer(self, entry: Entry, reading: Reading, headers: dict[str, str]) -> Response:
        operation = reading.operation
        entry.status, entry.message = reading.status, _message(operation)
        if isinstance(operation, Refusal):
            self.store.record(entry)
        else:
            self._take_effect(entry, operation, 0)
        return json_response(reading.body, reading.status, headers)

    def _play(
        self, fault: Fault, entry: Entry, reading: Reading, headers: dict[str, str]
    ) -> Response:
        """What the fault says; where it says nothing, what would have been answered."""
        entry.fault = fault.summary()
        operation = reading.operation
        response = _written_answer(fault, reading, headers)
        cut = fault.drop in ("before", "after")
        entry.status = None if cut or fault.drop else response.status
        entry.message = "" if fault.status else _message(operation)
        if fault.applies and not isinstance(operation, Refusal):
            self._take_effect(entry, operation, fault.apply_delay_ms)
        else:
            self.store.record(entry)
        response.cut = "before" if cut else fault.drop
        return response

    def _take_effect(self, entry: Entry, operation: Accepted, delay_ms: int) -> None:
        delay_ms += self.fixture.rules.processing_delay_ms
        due = time.time() + delay_ms / 1000 if delay_ms else None
        if isinstance(operation, TrackUsers):
            self.store.record_arrays(entry, operation.arrays, due=due)
        else:
            self.store.record(entry, self._resolve(operation), due=due)

    def _resolve(self, operation: Operation) -> Naming | Sides:
        if not isinstance(operation, ChangeMembers):
            return Naming(operation.name, operation.created_at)
        return [
            (change.should_remove, change.resolve(self.profiles))
            for change in operation.changes
            if len(change)
        ]

    @contextmanager
    def _alone(self, operation: Accepted | Refusal, entry: Entry) -> Iterator[bool]:
        """Note what the operation is about; True when it must wait for another one."""
        if isinstance(operation, Refusal):
            yield False
            return
        _describe(entry, operation)
        key = (entry.workspace, entry.cohort)
        with self._in_flight.entering(key) as others:
            if others:
                entry.warnings.append("concurrent_requests")
            yield others and self.fixture.rules.lock_concurrent_writes


def _entry(request: Request) -> Entry:
    return Entry(
        method=request.method,
        path=request.path[:500],
        status=None,
        size=len(request.body),
        sha256=hashlib.sha256(request.body).hexdigest(),
    )


def _describe(entry: Entry, operation: Accepted) -> None:
    entry.workspace = operation.workspace
    if isinstance(operation, TrackUsers):
        entry.cohort = operation.first_id
        entry.added, entry.removed = operation.added, operation.removed
        entry.warnings = list(operation.warnings)
        return
    entry.cohort = operation.cohort_id
    if isinstance(operation, ChangeMembers):
        changes = operation.changes
        entry.removed = sum(len(each) for each in changes if each.should_remove)
        entry.added = sum(len(each) for each in changes if not each.should_remove)
        entry.warnings = find_warnings(changes)


def _check_envelope(request: Request, known: bool) -> tuple[int, str] | None:
    """Path, method and content type: what is looked at before the body."""
    if not known or request.method != "POST":
        return 404, "Not Found"
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if content_type != "application/json" or encoding not in ("", "identity"):
        return 415, "Unsupported Media Type"
    return None


def _message(operation: Accepted | Refusal) -> str:
    return operation.safe_message if isinstance(operation, Refusal) else SUCCESS["message"]


def _written_answer(fault: Fault, reading: Reading, headers: dict[str, str]) -> Response:
    given = fault.written_headers()
    status, default = reading.status, reading.body
    if fault.status is not None:
        status = fault.status
        default = {"message": DEFAULT_MESSAGES.get(status, "error")} if status >= 300 else SUCCESS
    # An injected failure comes from in front of Braze and carries its own headers alone:
    # a reset at the end of the hour would make the sender wait that long.
    if (status >= 300 and fault.status is not None) or any(
        n.startswith("x-ratelimit") for n in given
    ):
        headers = {}
    kind = "text/html; charset=utf-8" if fault.raw_body is not None else "application/json"
    return Response(status, fault.written_body(default), {"content-type": kind, **headers, **given})
