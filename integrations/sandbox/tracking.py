"""`/users/track`: array attributes of users, as an ordinary REST API key may write them. Pure.

Of a request only `add` and `remove` of array attributes are played; other attributes, events and
purchases are taken and forgotten. No profile is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.changes import MAX_ALIAS_BYTES, MAX_EXTERNAL_ID_BYTES
from integrations.sandbox.fixture import Fixture
from integrations.sandbox.profiles import Profiles
from integrations.sandbox.protocol import BAD_JSON, TOO_LARGE, Refusal, read_object
from integrations.sandbox.store import Arrays

PATH = "/users/track"
MAX_OBJECTS = 75
MAX_VALUE_BYTES = 255
BAD_KEY = "Invalid API Key"
NO_DATA = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."
TOO_MANY = "At most 75 attributes objects are allowed per request"
_IDENTIFIERS = ("external_id", "user_alias", "braze_id", "email", "phone")


@dataclass(frozen=True)
class TrackUsers:
    """A request that is taken, with the objects in it that are not."""

    workspace: int
    arrays: Arrays
    processed: int
    errors: tuple[dict[str, Any], ...] = ()
    added: int = 0
    removed: int = 0
    warnings: tuple[str, ...] = ()

    def answer(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": "success", "attributes_processed": self.processed}
        return {**body, "errors": list(self.errors)} if self.errors else body

    @property
    def first_id(self) -> str | None:
        """Under which the request is logged: a sender changes one value at a time."""
        for attribute, value in self.arrays:
            return name_value(attribute, value)
        return None


def name_value(attribute: str, value: str) -> str:
    """The id by which pages and the state know one value of one attribute."""
    return f"{attribute}: {value}"


def find_workspace(authorization: str, fixture: Fixture) -> int | None:
    scheme, _, key = authorization.partition(" ")
    for number, workspace in enumerate(fixture.workspaces):
        if scheme.lower() == "bearer" and workspace.rest_key and key.strip() == workspace.rest_key:
            return number
    return None


def read_track(
    authorization: str, body: bytes, fixture: Fixture, profiles: Profiles
) -> tuple[TrackUsers, None] | tuple[None, tuple[Refusal, dict[str, Any]]]:
    """What to do, or the refusal with its whole body."""
    workspace = find_workspace(authorization, fixture)
    if workspace is None:
        return None, _refusal(401, BAD_KEY)
    data = read_object(body)
    if data is None:
        return None, _refusal(400, BAD_JSON)
    if len(body) > fixture.rules.max_body_bytes:
        return None, _refusal(413, TOO_LARGE)
    objects = data.get("attributes")
    if not isinstance(objects, list) or not objects:
        return None, _refusal(400, NO_DATA)
    if len(objects) > MAX_OBJECTS:
        return None, _refusal(400, TOO_MANY)
    reading = _Reading(profiles)
    for index, each in enumerate(objects):
        reading.read(index, each)
    if len(reading.errors) == len(objects):
        return None, _refusal(400, NO_DATA, errors=reading.errors)
    return (
        TrackUsers(
            workspace,
            reading.arrays,
            len(objects) - len(reading.errors),
            tuple(reading.errors),
            reading.added,
            reading.removed,
            tuple(reading.warnings()),
        ),
        None,
    )


def _refusal(status: int, text: str, **more: Any) -> tuple[Refusal, dict[str, Any]]:
    return Refusal(status, text, text), {"message": text, **more}


@dataclass
class _Reading:
    """Object by object, in the order of the request."""

    profiles: Profiles
    arrays: Arrays = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    added: int = 0
    removed: int = 0
    _seen: list[tuple[str, ...]] = field(default_factory=list)
    _may_create: bool = False

    def read(self, index: int, item: Any) -> None:
        problem = _problem(item)
        if problem is not None:
            self.errors.append({"type": problem, "input_array": "attributes", "index": index})
            return
        if item.get("_update_existing_only") is not True and "user_alias" not in item:
            self._may_create = True
        member = self._member(item)
        for attribute, operation in item.items():
            for remove, value in _operations(attribute, operation):
                self._count(item, attribute, value, remove)
                sides = self.arrays.setdefault((attribute, value), [])
                if member is not None:
                    sides.append((remove, [member]))

    def warnings(self) -> list[str]:
        found = ["duplicate_id"] if len(set(self._seen)) < len(self._seen) else []
        return [*found, "may_create_users"] if self._may_create else found

    def _member(self, item: dict[str, Any]) -> str | None:
        if "external_id" in item:
            return next(iter(self.profiles.by_external_ids([item["external_id"]])), None)
        if "user_alias" in item:
            pair = item["user_alias"]["alias_label"], item["user_alias"]["alias_name"]
            return next(iter(self.profiles.by_aliases([pair])), None)
        return None  # a braze id, an e-mail address or a phone number: nobody is known by them

    def _count(self, item: dict[str, Any], attribute: str, value: str, remove: bool) -> None:
        who = str(item.get("external_id", item.get("user_alias")))
        self._seen.append((who, attribute, value))
        self.added += not remove
        self.removed += remove


def _operations(attribute: str, operation: Any) -> list[tuple[bool, str]]:
    if attribute in _IDENTIFIERS or not isinstance(operation, dict):
        return []
    return [
        *((True, value) for value in operation.get("remove", ())),
        *((False, value) for value in operation.get("add", ())),
    ]


def _problem(item: Any) -> str | None:
    if not isinstance(item, dict):
        return "an attributes object must be an object"
    given = [name for name in _IDENTIFIERS if name in item]
    if not given:
        return "'external_id', 'user_alias', 'braze_id', 'email' or 'phone' is required"
    if "external_id" in given and "user_alias" in given:
        return "'external_id' and 'user_alias' cannot both be given"
    if "external_id" in given and not _is_text(item["external_id"], MAX_EXTERNAL_ID_BYTES):
        return "'external_id' is not valid"
    if "user_alias" in given and not _is_alias(item["user_alias"]):
        return "'user_alias' is not valid"
    for attribute, operation in item.items():
        if not _is_operation(attribute, operation):
            return "an array attribute takes 'add' and 'remove' with lists of strings"
    return None


def _is_operation(attribute: str, operation: Any) -> bool:
    if attribute in _IDENTIFIERS or not isinstance(operation, dict):
        return True
    return all(
        isinstance(operation.get(name, []), list)
        and all(_is_text(value, MAX_VALUE_BYTES) for value in operation.get(name, []))
        for name in ("add", "remove")
    )


def _is_alias(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_text(value.get(part), MAX_ALIAS_BYTES) for part in ("alias_label", "alias_name")
    )


def _is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value.encode()) <= most
