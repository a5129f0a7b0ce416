"""How a filter reads what it looks at: as text, number, boolean or time."""

from __future__ import annotations

from typing import Literal, TypeAlias

from cohorts.definitions.catalog import Catalog, PropertyType
from cohorts.definitions.nodes import Filter, FilterValue, OtherProperty
from cohorts.definitions.operators import OPERATORS

# "json": two leaves of JSON, each of whatever type it has; "any": only whether there is a value.
Kind: TypeAlias = Literal["string", "number", "boolean", "time", "json", "any"]


def find_kind(node: Filter, catalog: Catalog) -> Kind | None:
    """None where the property is unknown, or a JSON value is of no type the operator takes."""
    if OPERATORS[node.op].arity == "none":
        return "any"
    own = _find_type(node.property, node, catalog)
    if own is None or own != "json":
        return own
    return _find_kind_in_json(node, catalog)


def _find_type(name: str, node: Filter, catalog: Catalog) -> PropertyType | None:
    found = catalog.find_property(node.scope, name)
    return None if found is None else found[0].type


def _find_kind_in_json(node: Filter, catalog: Catalog) -> Kind | None:
    types = OPERATORS[node.op].types
    if isinstance(node.value, OtherProperty):
        other = _find_type(node.value.name, node, catalog)
        if other == "json" and len(types) == 1:
            return types[0]
        return other
    kind = _find_kind_of_value(node.value, may_be_time="time" in types)
    if len(types) == 1:
        return types[0]
    return kind if kind in types else None


def _find_kind_of_value(value: FilterValue, *, may_be_time: bool) -> Kind | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "time" if may_be_time else "string"
        case _:
            return None
