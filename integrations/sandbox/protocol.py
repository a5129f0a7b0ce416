"""What Braze would say to a body: the documented checks in a fixed order. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from integrations.sandbox.changes import MAX_IDS, Change, count_ids, parse_changes
from integrations.sandbox.fixture import ENABLED, INVALIDATED, Fixture, Workspace
from integrations.sandbox.timestamps import is_iso8601

BAD_JSON = "The request body is not valid JSON"
TOO_LARGE = "Request entity too large"
BAD_PARTNER_KEY = "Invalid Partner API key"
UNAUTHORIZED = "Unauthorized access"
BAD_SECRET = "Invalid client secret"  # noqa: S105
NOT_ENABLED = "Partner not enabled for client with client secret: {}"
BAD_COHORT_ID = "cohort_id must be a valid string"
BAD_NAME = "name must be a non-empty string"
BAD_CREATED_AT = "created_at must be a valid time as an ISO-8601 string"
BAD_CHANGES = (
    "cohort_changes must be an array of objects each with key user_ids and/or device_ids "
    "mapping to an array of strings, or an aliases object"
)
TOO_MANY = "Only 1,000 user_ids, device_ids, and aliases are allowed per request"


@dataclass(frozen=True)
class Refusal:
    status: int
    message: str
    # Braze repeats the customer's key in one answer. This is the text that may be kept.
    safe_message: str


@dataclass(frozen=True)
class NameCohort:
    workspace: int
    cohort_id: str
    name: str
    created_at: str


@dataclass(frozen=True)
class ChangeMembers:
    workspace: int
    cohort_id: str
    changes: tuple[Change, ...]


Operation = NameCohort | ChangeMembers


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def _refuse(status: int, message: str, safe_message: str | None = None) -> NoReturn:
    raise _Refused(Refusal(status, message, safe_message or message))


def read_operation(
    endpoint: str, partner_name: str, body: bytes, fixture: Fixture
) -> Operation | Refusal:
    """`endpoint` is "cohorts" or "cohorts/users"."""
    try:
        data = read_object(body)
        if data is None:
            _refuse(400, BAD_JSON)
        if len(body) > fixture.rules.max_body_bytes:
            _refuse(413, TOO_LARGE)
        workspace = _authenticate(data, partner_name, fixture)
        cohort_id = data.get("cohort_id")
        if not isinstance(cohort_id, str) or not cohort_id.strip():
            _refuse(400, BAD_COHORT_ID)
        if endpoint == "cohorts":
            return _read_name(data, workspace, cohort_id)
        return _read_changes(data, workspace, cohort_id)
    except _Refused as refused:
        return refused.refusal


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None for anything else."""
    try:
        data = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(data, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _authenticate(data: dict[str, Any], partner_name: str, fixture: Fixture) -> int:
    """The number of the workspace the client secret belongs to."""
    if fixture.partner_key is None or data.get("partner_api_key") != fixture.partner_key:
        _refuse(401, BAD_PARTNER_KEY)
    if partner_name != fixture.partner_name:
        _refuse(401, UNAUTHORIZED)
    secret = data.get("client_secret")
    found = _find_workspace(secret, fixture)
    if found is None or found[1].state == INVALIDATED:
        _refuse(401, BAD_SECRET)
    if found[1].state != ENABLED:
        _refuse(401, NOT_ENABLED.format(secret), NOT_ENABLED.format("…"))
    return found[0]


def _find_workspace(secret: object, fixture: Fixture) -> tuple[int, Workspace] | None:
    for number, workspace in enumerate(fixture.workspaces):
        if workspace.client_secret == secret:
            return number, workspace
    return None


def _read_name(data: dict[str, Any], workspace: int, cohort_id: str) -> NameCohort:
    name, created_at = data.get("name"), data.get("created_at")
    if not isinstance(name, str) or not name.strip():
        _refuse(400, BAD_NAME)
    if not isinstance(created_at, str) or not is_iso8601(created_at):
        _refuse(400, BAD_CREATED_AT)
    return NameCohort(workspace, cohort_id, name, created_at)


def _read_changes(data: dict[str, Any], workspace: int, cohort_id: str) -> ChangeMembers:
    changes = parse_changes(data.get("cohort_changes"))
    if changes is None:
        _refuse(400, BAD_CHANGES)
    if count_ids(changes) > MAX_IDS:
        _refuse(400, TOO_MANY)
    return ChangeMembers(workspace, cohort_id, changes)
