"""How an identifier is written where sets of ids are kept, and how Braze wants to read it.

An external id stands as it is. An alias and a device id begin with a character that no id may
hold, so that sets can mix the kinds and one kind is never taken for another: a change of the
kind is an ordinary difference of two sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

Kind = Literal["external_id", "alias", "device_id"]

MARK = "\x1f"
ALIAS_MARK = f"{MARK}alias{MARK}"
DEVICE_MARK = f"{MARK}device{MARK}"
# Bytes that Braze takes, of a whole external id and of each part of an alias.
MAX_EXTERNAL_ID = 987
MAX_ALIAS_PART = 236
MAX_DEVICE_ID = 255


class Identifier(NamedTuple):
    kind: Kind
    # The id; of an alias its name.
    value: str
    label: str = ""


def read_identifier(written: str) -> Identifier:
    if written.startswith(ALIAS_MARK):
        label, _, name = written.removeprefix(ALIAS_MARK).partition(MARK)
        return Identifier("alias", name, label)
    if written.startswith(DEVICE_MARK):
        return Identifier("device_id", written.removeprefix(DEVICE_MARK))
    return Identifier("external_id", written)


def write_identifier(identifier: Identifier) -> str:
    match identifier.kind:
        case "alias":
            return f"{ALIAS_MARK}{identifier.label}{MARK}{identifier.value}"
        case "device_id":
            return f"{DEVICE_MARK}{identifier.value}"
        case _:
            return identifier.value


def show_identifier(written: str) -> str:
    """For people: an alias as `label: name`."""
    identifier = read_identifier(written)
    return f"{identifier.label}: {identifier.value}" if identifier.label else identifier.value


def by_kind(written: Iterable[str]) -> dict[str, list[Any]]:
    """One object of `cohort_changes`, without the kinds that do not occur."""
    found: dict[str, list[Any]] = {}
    for each in written:
        kind, value, label = read_identifier(each)
        if kind == "alias":
            alias = {"alias_label": label, "alias_name": value}
            found.setdefault("aliases", []).append(alias)
        else:
            found.setdefault("device_ids" if kind == "device_id" else "user_ids", []).append(value)
    return found


def values_of(written: Iterable[str]) -> list[str]:
    """Everything that names a member, to be masked in texts of others."""
    return [read_identifier(each).value for each in written]
