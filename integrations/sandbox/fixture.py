"""The start state: keys, workspaces, profiles, cohorts and how strict the sandbox is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings

ENABLED = "partner enabled"
NOT_ENABLED = "partner not enabled"
INVALIDATED = "key invalidated"
WORKSPACE_STATES = (ENABLED, NOT_ENABLED, INVALIDATED)


class FixtureError(ValueError):
    """The fixture cannot be used; the text says which part and why."""


@dataclass(frozen=True)
class Workspace:
    client_secret: str
    state: str
    name: str
    # Of an ordinary REST API key; None: the workspace has none.
    rest_key: str | None = None


@dataclass(frozen=True)
class Profile:
    external_id: str | None
    device_ids: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rules:
    """What Braze leaves open, made adjustable. The key `settings` of a fixture."""

    hourly_limit: int = 250_000
    max_body_bytes: int = 4_000_000
    processing_delay_ms: int = 0
    lock_concurrent_writes: bool = False
    reset_in_seconds: bool = False  # x-ratelimit-reset as seconds left, not as an epoch
    retry_after_on_429: bool = False  # a 429 carries x-ratelimit-retry-after instead
    track_limit: int = 3_000  # requests to /users/track in three seconds


@dataclass(frozen=True)
class StartCohort:
    name: str | None
    members: tuple[str, ...]


@dataclass(frozen=True)
class Fixture:
    cluster: str
    partner_name: str
    partner_keys: dict[str, str]
    workspaces: tuple[Workspace, ...]
    users: tuple[Profile, ...] | None  # None: every id exists
    cohorts: dict[str, StartCohort]
    rules: Rules

    @property
    def partner_key(self) -> str | None:
        """The key that this cluster takes: Braze issues one for Europe and one for the rest."""
        return self.partner_keys.get("EU" if self.cluster.startswith("EU") else "US")

    def secrets(self) -> tuple[str, ...]:
        rest_keys = (each.rest_key for each in self.workspaces if each.rest_key)
        return (
            *self.partner_keys.values(),
            *(each.client_secret for each in self.workspaces),
            *rest_keys,
        )


def default_fixture() -> dict[str, Any]:
    """What the sandbox starts with when nobody gives it a fixture."""
    keys = settings.BRAZE_PARTNER_KEYS or {
        "US": "sandbox-partner-key-us",
        "EU": "sandbox-partner-key-eu",
    }
    return {
        "cluster": "US-01",
        "partner_name": settings.BRAZE_PARTNER_NAME,
        "partner_keys": dict(keys),
        "workspaces": [
            {
                "client_secret": "sandbox-data-import-key-A",
                "rest_key": "sandbox-rest-api-key-A",
                "state": ENABLED,
            },
            {"client_secret": "sandbox-data-import-key-partner-off", "state": NOT_ENABLED},
            {"client_secret": "sandbox-data-import-key-invalidated", "state": INVALIDATED},
        ],
    }


def digest(data: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def parse_fixture(data: object) -> Fixture:
    """A checked fixture; what it leaves out is taken from the default."""
    if not isinstance(data, dict):
        raise FixtureError("The fixture must be a JSON object.")
    full = {**default_fixture(), **data}
    users = full.get("users")
    return Fixture(
        cluster=_text(full["cluster"], "cluster"),
        partner_name=_text(full["partner_name"], "partner_name"),
        partner_keys=_partner_keys(full["partner_keys"]),
        workspaces=_workspaces(full["workspaces"]),
        users=None if users is None else tuple(_profiles(users)),
        cohorts=_cohorts(full.get("cohorts") or {}),
        rules=_rules(full.get("settings") or {}),
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise FixtureError(f"{where} must be a non-empty string.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise FixtureError(f"{where} holds half of a surrogate pair.") from error
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise FixtureError(f"{where} must be a list.")
    return value


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FixtureError(f"{where} must be an object.")
    return value


def _partner_keys(value: object) -> dict[str, str]:
    keys = _object(value, "partner_keys")
    return {region: _text(key, f"partner_keys.{region}") for region, key in keys.items()}


def _workspaces(value: object) -> tuple[Workspace, ...]:
    found = []
    for number, each in enumerate(_list(value, "workspaces")):
        where = f"workspaces.{number}"
        item = _object(each, where)
        state = item.get("state", ENABLED)
        if state not in WORKSPACE_STATES:
            raise FixtureError(f"{where}.state must be one of: {', '.join(WORKSPACE_STATES)}.")
        secret = _text(item.get("client_secret"), f"{where}.client_secret")
        name = _text(item.get("name", f"Workspace {number + 1}"), f"{where}.name")
        rest_key = item.get("rest_key")
        if rest_key is not None:
            rest_key = _text(rest_key, f"{where}.rest_key")
        found.append(Workspace(secret, state, name, rest_key))
    if not found:
        raise FixtureError("workspaces must hold at least one workspace.")
    if len({each.client_secret for each in found}) < len(found):
        raise FixtureError("workspaces: two have the same client_secret.")
    rest_keys = [each.rest_key for each in found if each.rest_key]
    if len(set(rest_keys)) < len(rest_keys):
        raise FixtureError("workspaces: two have the same rest_key.")
    return tuple(found)


def _profiles(value: object) -> list[Profile]:
    found = []
    for number, each in enumerate(_list(value, "users")):
        where = f"users.{number}"
        item = _object(each, where)
        external = item.get("external_id")
        devices = tuple(
            _text(device, f"{where}.device_ids")
            for device in _list(item.get("device_ids", []), f"{where}.device_ids")
        )
        aliases = tuple(_alias(alias, f"{where}.aliases") for alias in item.get("aliases") or [])
        if external is not None:
            external = _text(external, f"{where}.external_id")
        elif not devices and not aliases:
            raise FixtureError(f"{where} needs an external_id, a device id or an alias.")
        found.append(Profile(external, devices, aliases))
    return found


def _alias(value: object, where: str) -> tuple[str, str]:
    item = _object(value, where)
    label = _text(item.get("alias_label"), f"{where}.alias_label")
    return label, _text(item.get("alias_name"), f"{where}.alias_name")


def _cohorts(value: object) -> dict[str, StartCohort]:
    found = {}
    for identifier, each in _object(value, "cohorts").items():
        where = f"cohorts.{identifier}"
        item = _object(each, where)
        name = item.get("name")
        members = _list(item.get("members", []), f"{where}.members")
        found[_text(identifier, "cohorts: an id")] = StartCohort(
            None if name is None else _text(name, f"{where}.name"),
            tuple(_text(member, f"{where}.members") for member in members),
        )
    return found


def _rules(value: object) -> Rules:
    given = _object(value, "settings")
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(Rules)}
    for key, item in given.items():
        if key not in kinds:
            raise FixtureError(f"settings.{key} is not known. Known: {', '.join(kinds)}.")
        if type(item) is not kinds[key]:
            raise FixtureError(f"settings.{key} must be of type {kinds[key].__name__}.")
        if isinstance(item, int) and item < 0:
            raise FixtureError(f"settings.{key} must not be negative.")
    return Rules(**given)
