"""Does a filter fit the property it looks at?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from cohorts.definitions.catalog import Catalog, Property, PropertyType, Scope
from cohorts.definitions.kinds import Kind, find_kind
from cohorts.definitions.moments import find_moment, first_instant_of, instant_after
from cohorts.definitions.nodes import Filter, OtherProperty
from cohorts.definitions.operators import OPERATORS, get_operators
from cohorts.definitions.problems import Problem, find_nearest, join_or, quote

_WANTED = {
    "string": "a text in quotes",
    "number": "a number",
    "boolean": "true or false",
    "time": "a date such as “2026-01-31” or a date-time such as “2026-01-31T09:00”",
}
_NAMES = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "time": "a time",
    "json": "a JSON object",
}


def check_filter(node: Filter, catalog: Catalog) -> Iterator[Problem]:
    found = catalog.find_property(node.scope, node.property)
    if found is None:
        yield describe_unknown(node.scope, node.property, f"{node.path}.property", catalog)
        return
    owner, path = found
    unfit = _find_unfit_operator(node, owner.type, is_path=bool(path))
    if unfit is not None:
        yield unfit
    elif isinstance(node.value, OtherProperty):
        yield from _check_other(node, node.value, catalog)
    else:
        yield from _check_value(node, find_kind(node, catalog), catalog)


def describe_unknown(scope: Scope, name: str, path: str, catalog: Catalog) -> Problem:
    """The problem of a property that is in no column, with the names most like it."""
    owner = "An event" if scope == "event" else "A user"
    message = f"{owner} has no property {quote(name)}."
    other: Scope = "user" if scope == "event" else "event"
    nearest = find_nearest(name, (known.name for known in catalog.properties(scope)))
    if catalog.find_property(other, name) is not None:
        message += f" There is one of {other}s: use “scope”: “{other}” for it."
    elif nearest:
        message += f" Did you mean {join_or(nearest)}?"
    else:
        message += " Choose one of the properties of the dataset."
    return Problem(path, message, nearest[0] if nearest else None)


def find_unknown_in_json(scope: Scope, name: str, path: str, catalog: Catalog) -> Problem | None:
    """A warning for a path that no JSON of the column has shown."""
    found = catalog.find_property(scope, name)
    if found is None or not found[1] or not found[0].json_paths:
        return None
    owner, parts = found
    wanted = ".".join("0" if part.isdigit() else part for part in parts)
    known = {".".join("0" if p.isdigit() else p for p in k.split(".")) for k in owner.json_paths}
    if any(path == wanted or path.startswith(f"{wanted}.") for path in known):
        return None
    nearest = [f"{owner.name}.{near}" for near in find_nearest(wanted, sorted(known))]
    advice = f" Did you mean {join_or(nearest)}?" if nearest else ""
    return Problem(
        path,
        f"{quote(owner.name)} has shown no path {quote('.'.join(parts))} yet.{advice}",
        nearest[0] if nearest else None,
    )


def find_unknown_values(node: Filter, catalog: Catalog) -> Iterator[Problem]:
    """Warnings for values the property has never had, where all it has had are known."""
    found = catalog.find_property(node.scope, node.property)
    if found is None or found[1] or not found[0].has_all_values:
        return
    if node.op not in ("=", "!=", "in", "not_in"):
        return
    path = f"{node.path}.value"
    listed = node.value if isinstance(node.value, tuple) else None
    values = [node.value] if listed is None else listed
    for index, value in enumerate(values):
        if _is_unseen(found[0], value, ignore_case=node.ignore_case):
            place = path if listed is None else f"{path}[{index}]"
            yield _describe_unknown_value(found[0], value, place)


def _is_unseen(owner: Property, value: object, *, ignore_case: bool) -> bool:
    """Only texts and numbers; a value of the wrong type is an error of its own."""
    known = [name for name, _ in owner.top_values]
    if owner.type == "string" and isinstance(value, str):
        if ignore_case:
            return value.casefold() not in {name.casefold() for name in known}
        return value not in known
    if owner.type == "number" and isinstance(value, int | float):
        return all(value != float(name) for name in known)
    return False


def _describe_unknown_value(owner: Property, value: object, path: str) -> Problem:
    known = (name for name, _ in owner.top_values)
    nearest = find_nearest(value, known) if isinstance(value, str) else ()
    advice = f" Did you mean {join_or(nearest)}?" if nearest else ""
    return Problem(
        path,
        f"{quote(owner.name)} has never been {quote(value)} yet.{advice}",
        nearest[0] if nearest else None,
    )


def _find_unfit_operator(
    node: Filter, property_type: PropertyType, *, is_path: bool
) -> Problem | None:
    if property_type == "json" and not is_path:
        if OPERATORS[node.op].arity == "none":
            return None
        message = (
            f"{quote(node.property)} is a JSON object. Name a path inside it, "
            f"for example {quote(node.property + '.name')}, or use “exists”."
        )
        return Problem(f"{node.path}.op", message, "exists")
    if property_type == "json" or property_type in OPERATORS[node.op].types:
        return None
    fitting = [row.key for row in get_operators(property_type)]
    return Problem(
        f"{node.path}.op",
        f"{quote(node.op)} does not fit {quote(node.property)}, which is "
        f"{_NAMES[property_type]}. Use {join_or(fitting)}.",
    )


def _check_other(node: Filter, other: OtherProperty, catalog: Catalog) -> Iterator[Problem]:
    path = f"{node.path}.value.property"
    found = catalog.find_property(node.scope, other.name)
    if found is None:
        yield describe_unknown(node.scope, other.name, path, catalog)
        return
    kind, (owner, inside) = find_kind(node, catalog), found
    if owner.type == "json" and inside:
        return
    if owner.type != kind or owner.type not in OPERATORS[node.op].types:
        yield Problem(
            path,
            f"{quote(node.property)} and {quote(other.name)} cannot be compared by "
            f"{quote(node.op)}: {quote(other.name)} is {_NAMES[owner.type]}.",
        )


def _check_value(node: Filter, kind: Kind | None, catalog: Catalog) -> Iterator[Problem]:
    if OPERATORS[node.op].arity in ("none", "span", "pattern") or kind in ("any", "json"):
        return
    path = f"{node.path}.value"
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    wrong = False
    for index, value in enumerate(values):
        if not _is_of_kind(value, kind):
            wrong = True
            place = f"{path}[{index}]" if isinstance(node.value, tuple) else path
            yield Problem(place, _describe_wrong(node, value, kind))
    if kind == "time" and node.op == "between" and not wrong:
        yield from _check_order(node, catalog)


def _is_of_kind(value: object, kind: Kind | None) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "time":
            return find_moment(value) is not None
        case _:
            return False


def _describe_wrong(node: Filter, value: object, kind: Kind | None) -> str:
    if kind is None or kind not in _WANTED:
        return f"{quote(node.op)} cannot compare with {quote(value)}."
    return f"{quote(node.property)} is compared with {_WANTED[kind]}, not {quote(value)}."


def _check_order(node: Filter, catalog: Catalog) -> Iterator[Problem]:
    zone = ZoneInfo(catalog.timezone)
    ends = node.value if isinstance(node.value, tuple) else ()
    low, high = map(find_moment, ends)
    if low is None or high is None:
        return
    is_instant = isinstance(high, datetime)
    end = first_instant_of(high, zone) if is_instant else instant_after(high, zone)
    if first_instant_of(low, zone) > end:
        yield Problem(f"{node.path}.value", "The low end is above the high end. Swap them.")
