"""`cohort_changes`: its shape, its limits, and the habits worth a warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.sandbox.profiles import Profiles

MAX_IDS = 1_000
MAX_EXTERNAL_ID_BYTES = 987
MAX_ALIAS_BYTES = 236
ID_KEYS = ("user_ids", "device_ids", "aliases")

Identifier = tuple[str, ...]  # ("user_ids", id), ("device_ids", id) or ("aliases", label, name)


@dataclass(frozen=True)
class Change:
    """One object of `cohort_changes`."""

    user_ids: tuple[str, ...]
    device_ids: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]
    should_remove: bool

    def __len__(self) -> int:
        return len(self.user_ids) + len(self.device_ids) + len(self.aliases)

    def identifiers(self) -> list[Identifier]:
        return [
            *(("user_ids", each) for each in self.user_ids),
            *(("device_ids", each) for each in self.device_ids),
            *(("aliases", *pair) for pair in self.aliases),
        ]

    def resolve(self, profiles: Profiles) -> list[str]:
        """The members it speaks of, each once, in a fixed order."""
        found = {
            *profiles.by_external_ids(self.user_ids),
            *profiles.by_device_ids(self.device_ids),
            *profiles.by_aliases(self.aliases),
        }
        return sorted(found)


def parse_changes(value: object) -> tuple[Change, ...] | None:
    """The changes, or None when the shape is not the documented one."""
    if not isinstance(value, list):
        return None
    changes = [_parse_change(each) for each in value]
    if any(change is None for change in changes):
        return None
    return tuple(change for change in changes if change is not None)


def _parse_change(value: object) -> Change | None:
    if not isinstance(value, dict) or not any(key in value for key in ID_KEYS):
        return None
    user_ids = _texts(value.get("user_ids", []))
    device_ids = _texts(value.get("device_ids", []))
    aliases = _aliases(value.get("aliases", []))
    should_remove = value.get("should_remove", False)
    if user_ids is None or device_ids is None or aliases is None:
        return None
    if not isinstance(should_remove, bool):
        return None
    return Change(user_ids, device_ids, aliases, should_remove)


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def _aliases(value: object) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(value, list):
        return None
    pairs = [_alias(each) for each in value]
    if any(pair is None for pair in pairs):
        return None
    return tuple(pair for pair in pairs if pair is not None)


def _alias(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, dict):
        return None
    label, name = value.get("alias_label"), value.get("alias_name")
    if not isinstance(label, str) or not isinstance(name, str):
        return None
    return label, name


def count_ids(changes: tuple[Change, ...]) -> int:
    return sum(len(change) for change in changes)


def find_warnings(changes: tuple[Change, ...]) -> list[str]:
    """Codes of what Braze takes but a careful sender never does."""
    added: set[Identifier] = set()
    removed: set[Identifier] = set()
    found: list[str] = []
    for change in changes:
        side = removed if change.should_remove else added
        identifiers = change.identifiers()
        before = len(side)
        side.update(identifiers)
        if len(side) - before < len(identifiers):
            found.append("duplicate_id")
        if not identifiers:
            found.append("empty_object")
    if not added.isdisjoint(removed):
        found.append("id_in_add_and_remove")
    found.extend(_length_warnings(added | removed))
    return list(dict.fromkeys(found))


def _length_warnings(identifiers: set[Identifier]) -> list[str]:
    found = set()
    for kind, *parts in identifiers:
        limit = {"user_ids": MAX_EXTERNAL_ID_BYTES, "aliases": MAX_ALIAS_BYTES}.get(kind)
        for part in parts:
            if not part.strip():
                found.add("blank_id")
            # A character is four bytes at most, so most ids need no encoding to be cleared.
            if limit and len(part) * 4 > limit and len(part.encode()) > limit:
                found.add("external_id_too_long" if kind == "user_ids" else "alias_too_long")
    return sorted(found)
