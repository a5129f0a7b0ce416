"""The control interface under /_sandbox/: state, fixture, faults, log, reset."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from integrations.sandbox.api import PartnerApi
from integrations.sandbox.faults import FaultError
from integrations.sandbox.fixture import FixtureError
from integrations.sandbox.messages import Request, Response, error_response, json_response

PREFIX = "/_sandbox/"


class Control:
    def __init__(self, api: PartnerApi) -> None:
        self._api = api
        self._routes = {
            ("GET", "state"): self.state,
            ("PUT", "fixture"): self.put_fixture,
            ("POST", "faults"): self.post_faults,
            ("GET", "faults"): self.get_faults,
            ("GET", "requests"): self.requests,
            ("GET", "warnings"): self.warnings,
            ("POST", "reset"): self.reset,
        }

    def handle(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        if name.startswith("cohorts/") and request.method == "GET":
            return self.cohort(request, request.target.partition("?")[0].partition("cohorts/")[2])
        route = self._routes.get((request.method, name))
        if route is not None:
            return route(request)
        methods = [method for method, known in self._routes if known == name]
        if methods:
            response = error_response(405, f"Use {' or '.join(methods)} {PREFIX}{name}.")
            response.headers["Allow"] = ", ".join(methods)
            return response
        known = ", ".join(f"{method} {PREFIX}{each}" for method, each in self._routes)
        return error_response(404, f"No such address. There are: {known}.")

    # -- reading --------------------------------------------------------------

    def state(self, request: Request) -> Response:
        """Written bit by bit: ten million members are never in memory at once."""
        return _streamed(self._state())

    def _state(self) -> Iterator[str]:
        with self._api.store.reading() as db:
            yield '{"cohorts": {'
            taken: set[str] = set()
            query = "SELECT pk, id, name FROM cohorts ORDER BY workspace, id"
            for pk, identifier, name in db.execute(query).fetchall():
                if identifier in taken:  # the first workspace's cohort is listed
                    continue
                yield ", " if taken else ""
                taken.add(identifier)
                yield f'{_json(identifier)}: {{"name": {_json(name)}, "members": '
                yield from _members(db, pk)
                yield "}"
            total = db.execute("SELECT count(*) FROM requests").fetchone()[0]
            codes = sorted({code for row in _warned(db) for code in json.loads(row["warnings"])})
            yield f'}}, "requests": {total}, "warnings": {_json(codes)}}}'

    def cohort(self, request: Request, written_id: str) -> Response:
        """One cohort; with ?count=1 its size without its members."""
        with self._api.store.reading() as db:
            query = "SELECT pk, id, name, size FROM cohorts WHERE id = ? ORDER BY workspace"
            row = db.execute(query, (unquote(written_id),)).fetchone()
        if row is None:
            return error_response(404, "No cohort with this id was received.")
        head = {"id": row["id"], "name": row["name"], "size": row["size"]}
        if request.text("count") == "1":
            return json_response(head)
        return _streamed(self._cohort(row["pk"], head))

    def _cohort(self, pk: int, head: dict[str, Any]) -> Iterator[str]:
        with self._api.store.reading() as db:
            yield _json(head)[:-1] + ', "members": '
            yield from _members(db, pk)
            yield "}"

    def requests(self, request: Request) -> Response:
        since = request.text("since", "0")
        if not since.isascii() or not since.isdigit() or len(since) > 15:
            return error_response(400, "since must be a whole number, 0 or more.")
        return _streamed(self._requests(int(since)))

    def _requests(self, since: int) -> Iterator[str]:
        with self._api.store.reading() as db:
            query = "SELECT * FROM requests WHERE number > ? ORDER BY number"
            before = "["
            for row in db.execute(query, (since,)):
                yield before + _json(write_entry(row))
                before = ", "
            yield "]" if before == ", " else "[]"

    def warnings(self, request: Request) -> Response:
        with self._api.store.reading() as db:
            found = [
                {"number": row["number"], "cohort": row["cohort"], "code": code}
                for row in _warned(db)
                for code in json.loads(row["warnings"])
            ]
        return json_response(found)

    def get_faults(self, request: Request) -> Response:
        return json_response(self._api.faults.as_list())

    # -- changing -------------------------------------------------------------

    def put_fixture(self, request: Request) -> Response:
        try:
            data = _read_json(request.body)
            if not isinstance(data, dict):
                raise FixtureError("The fixture must be a JSON object.")
            self.replace(data)
        except (FixtureError, ValueError, RecursionError) as error:
            return error_response(400, str(error))
        return json_response({"message": "success"})

    def post_faults(self, request: Request) -> Response:
        try:
            count = self._api.faults.replace(_read_json(request.body))
        except (FaultError, ValueError, RecursionError) as error:
            return error_response(400, str(error))
        return json_response({"message": "success", "faults": count})

    def reset(self, request: Request) -> Response:
        self.replace(self._api.store.fixture_data())
        return json_response({"message": "success"})

    def replace(self, data: dict[str, Any]) -> None:
        """Begin anew with this fixture: no log, no faults, no counted request."""
        self._api.use(self._api.store.replace(data))
        self._api.faults.clear()
        self._api.counter.clear()
        self._api.track_counter.clear()


def write_entry(row: sqlite3.Row) -> dict[str, Any]:
    """A line of the log as JSON tells it."""
    when = datetime.fromtimestamp(row["time"], UTC).isoformat(timespec="milliseconds")
    return {
        "number": row["number"],
        "time": when.replace("+00:00", "Z"),
        "method": row["method"],
        "path": row["path"],
        "status": row["status"],
        "message": row["message"],
        "cohort_id": row["cohort"],
        "added": row["added"],
        "removed": row["removed"],
        "members_entered": row["entered"],
        "members_left": row["left"],
        "applied": bool(row["applied"]),
        "fault": row["fault"],
        "bytes": row["bytes"],
        "sha256": row["sha256"],
        "warnings": json.loads(row["warnings"]),
    }


def _warned(db: sqlite3.Connection) -> list[sqlite3.Row]:
    query = "SELECT number, cohort, warnings FROM requests WHERE warnings <> '[]' ORDER BY number"
    return db.execute(query).fetchall()


def _members(db: sqlite3.Connection, pk: int) -> Iterator[str]:
    cursor = db.cursor()
    cursor.row_factory = None  # plain tuples: this may be ten million of them
    cursor.execute("SELECT profile FROM members WHERE cohort = ? ORDER BY profile", (pk,))
    before = "["
    while rows := cursor.fetchmany(5_000):
        yield before + _json([member for (member,) in rows])[1:-1]
        before = ", "
    yield "]" if before == ", " else "[]"


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _read_json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"The body is not valid JSON: {error}.") from error


def _streamed(parts: Iterator[str]) -> Response:
    body = (part.encode() for part in parts if part)
    return Response(200, body, {"content-type": "application/json"})
