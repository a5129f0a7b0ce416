"""From JSON to the typed tree, or to every problem at once."""

from __future__ import annotations

import json
from typing import Any

from cohorts.definitions.nodes import (
    AnyFilter,
    Condition,
    Definition,
    FilterNode,
    Group,
    InCohort,
    Overall,
    Window,
)
from cohorts.definitions.parse_conditions import CONDITION_READERS
from cohorts.definitions.parse_events import parse_window_key
from cohorts.definitions.parse_filters import find_scopes, parse_filters
from cohorts.definitions.problems import DefinitionError, Problem, join_or, quote
from cohorts.definitions.reader import Keys, Notes, read_items, read_object
from cohorts.definitions.walk import walk_leaves

VERSION = 1
DEEPEST_GROUP = 10
MOST_LEAVES = 200


def load_definition(text: str | bytes) -> Any:
    """The JSON value of a text; raises DefinitionError where it is not JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        message = "The definition is nested too deep to be read."
    except UnicodeDecodeError:
        message = "The definition is not UTF-8 text."
    except json.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
    except ValueError:
        message = "The definition holds a number of too many digits."
    raise DefinitionError([Problem("", message)])


def parse_definition(data: object) -> Definition:
    """Raises DefinitionError with all problems; takes any value that JSON can hold."""
    notes = Notes()
    keys = read_object(notes, "", data, "A definition")
    if keys is None:
        raise DefinitionError(notes.problems)
    _parse_version(keys)
    definition = Definition(
        match=keys.choice("match", ("all", "any")),
        conditions=_parse_conditions(keys, depth=0),
        global_filter=_parse_global_filter(keys),
        date_range=_parse_date_range(keys),
    )
    keys.finish()
    leaves = sum(1 for _ in walk_leaves(definition.conditions))
    if leaves > MOST_LEAVES:
        notes.add(
            "conditions", f"There are {leaves} conditions. At most {MOST_LEAVES} are possible."
        )
    if notes.problems:
        raise DefinitionError(notes.problems)
    return definition


def _parse_version(keys: Keys) -> None:
    if keys.require("version", f"Write {VERSION}."):
        version = keys.data["version"]
        if isinstance(version, bool) or version != VERSION:
            keys.notes.add("version", f"Only version {VERSION} is known, not {quote(version)}.")


def _parse_global_filter(keys: Keys) -> tuple[FilterNode, ...]:
    path, value = keys.at("global_filter"), keys.get("global_filter")
    if "global_filter" not in keys:
        return ()
    filters = parse_filters(keys.notes, path, value, None)
    for node in filters:
        if isinstance(node, AnyFilter) and len(find_scopes(node)) > 1:
            keys.notes.add(
                f"{node.path}.any",
                "Event filters and user filters cannot stand in one “any”. Use only one scope.",
            )
    return filters


def _parse_date_range(keys: Keys) -> Window:
    return parse_window_key(keys, "date_range") if "date_range" in keys else Overall()


def _parse_conditions(keys: Keys, depth: int) -> tuple[Condition, ...]:
    if not keys.require("conditions", "List at least one condition."):
        return ()
    items = read_items(keys.notes, keys.at("conditions"), keys.data["conditions"], "conditions")
    return tuple(_parse_condition(keys.notes, path, item, depth) for path, item in items)


def _parse_condition(notes: Notes, path: str, value: object, depth: int) -> Condition:
    keys = read_object(notes, path, value, "A condition")
    if keys is None:
        return InCohort(cohort="", path=path)
    if "type" not in keys and ("conditions" in keys or "match" in keys):
        return _parse_group(keys, depth + 1)
    types = join_or(CONDITION_READERS)
    if not keys.require("type", f"Use {types}, or “match” and “conditions” for a group."):
        return InCohort(cohort="", path=path)
    found = len(notes.problems)
    kind = keys.choice("type", tuple(CONDITION_READERS))
    if len(notes.problems) > found:
        return InCohort(cohort="", path=path)
    condition = CONDITION_READERS[kind](keys)
    keys.finish()
    return condition


def _parse_group(keys: Keys, depth: int) -> Condition:
    if depth > DEEPEST_GROUP:
        keys.notes.add(
            keys.path,
            f"Groups are nested deeper than {DEEPEST_GROUP}. Move this group further out.",
        )
        return InCohort(cohort="", path=keys.path)
    group = Group(
        match=keys.choice("match", ("all", "any")),
        conditions=_parse_conditions(keys, depth),
        negate=keys.flag("negate"),
        path=keys.path,
    )
    keys.finish()
    return group
