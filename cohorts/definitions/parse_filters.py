"""Filters: one comparison of a property, or several of which any may hold."""

from __future__ import annotations

from typing import Any

from cohorts.definitions.catalog import Scope
from cohorts.definitions.moments import find_moment, is_before
from cohorts.definitions.nodes import (
    AnyFilter,
    Filter,
    FilterNode,
    FilterValue,
    OtherProperty,
    Scalar,
    Span,
)
from cohorts.definitions.operators import OPERATORS, UNITS, Operator
from cohorts.definitions.patterns import find_fault
from cohorts.definitions.problems import quote
from cohorts.definitions.reader import (
    Keys,
    Notes,
    check_size,
    read_items,
    read_object,
    read_pair,
    read_text,
)

# Deeper than anyone means; keeps a hostile definition from exhausting the stack.
_DEEPEST_ANY = 20


def parse_filters(
    notes: Notes, path: str, value: object, default_scope: Scope | None
) -> tuple[FilterNode, ...]:
    return tuple(
        parse_filter(notes, item_path, item, default_scope)
        for item_path, item in read_items(notes, path, value, "filters")
    )


def parse_filter(
    notes: Notes, path: str, value: object, default_scope: Scope | None, depth: int = 0
) -> FilterNode:
    """Without a default scope the filter has to name its own."""
    keys = read_object(notes, path, value, "A filter")
    if keys is None:
        return AnyFilter(filters=(), path=path)
    node = parse_filter_keys(keys, default_scope, depth)
    keys.finish()
    return node


def parse_filter_keys(keys: Keys, default_scope: Scope | None, depth: int = 0) -> FilterNode:
    if "any" in keys:
        return _parse_any(keys, default_scope, depth)
    scope = keys.choice("scope", ("event", "user"), default_scope)
    name = keys.text("property", "Name the property to look at.")
    ignore_case = keys.flag("ignore_case")
    op, value = "=", None
    if keys.require("op", "Choose an operator, for example “=”."):
        op, value = _parse_comparison(keys)
    keys.known.append("value")
    return Filter(
        property=name, op=op, value=value, scope=scope, ignore_case=ignore_case, path=keys.path
    )


def find_scopes(node: FilterNode) -> frozenset[Scope]:
    if isinstance(node, Filter):
        return frozenset([node.scope])
    return frozenset(scope for child in node.filters for scope in find_scopes(child))


def _parse_any(keys: Keys, default_scope: Scope | None, depth: int) -> AnyFilter:
    path, value = keys.at("any"), keys.get("any")
    if depth >= _DEEPEST_ANY:
        keys.notes.add(
            path, "“any” is nested too deep. One level is enough: list all filters in it."
        )
        return AnyFilter(filters=(), path=keys.path)
    filters = tuple(
        parse_filter(keys.notes, item_path, item, default_scope, depth + 1)
        for item_path, item in read_items(keys.notes, path, value, "filters")
    )
    return AnyFilter(filters=filters, path=keys.path)


def _parse_comparison(keys: Keys) -> tuple[str, FilterValue]:
    op = keys.choice("op", tuple(OPERATORS))
    if op != keys.data["op"]:
        return op, None
    operator, path = OPERATORS[op], keys.at("value")
    if operator.arity == "none":
        if "value" in keys:
            keys.notes.add(path, f"{quote(op)} takes no value. Remove it.")
        return op, None
    if not keys.require("value", _hint(operator)):
        return op, None
    return op, _parse_value(keys.notes, path, keys.data["value"], operator)


def _hint(operator: Operator) -> str:
    match operator.arity:
        case "pair":
            return "Give the two ends as [low, high]."
        case "list":
            return "Give the values as a list."
        case "span":
            return "Give a length of time such as {“n”: 7, “unit”: “day”}."
        case "pattern":
            return "Give a regular expression."
        case _:
            return "Give the value to compare with."


def _parse_value(notes: Notes, path: str, value: object, operator: Operator) -> FilterValue:
    match operator.arity:
        case "one":
            return _parse_one(notes, path, value)
        case "pair":
            return _parse_between(notes, path, value)
        case "list":
            return tuple(
                _parse_scalar(notes, item_path, item)
                for item_path, item in read_items(notes, path, value, "values")
            )
        case "span":
            return parse_span(notes, path, value, UNITS)
        case "pattern":
            return _parse_pattern(notes, path, value)
        case "none":
            return None


def _parse_one(notes: Notes, path: str, value: object) -> FilterValue:
    if isinstance(value, dict):
        keys = Keys(notes, path, value)
        name = keys.text("property", "Name the property to compare with.")
        keys.finish()
        return OtherProperty(name=name)
    scalar: Scalar = _parse_scalar(notes, path, value)
    return scalar


def _parse_between(notes: Notes, path: str, value: object) -> FilterValue:
    pair = read_pair(notes, path, value, "the two ends")
    if pair is None:
        return None
    found = len(notes.problems)
    low, high = (_parse_scalar(notes, at, item) for at, item in pair)
    if len(notes.problems) == found and _is_above(low, high):
        notes.add(path, "The low end is above the high end. Swap them.")
    return (low, high)


def _is_above(low: Any, high: Any) -> bool:
    if isinstance(low, str) and isinstance(high, str):
        start, end = find_moment(low), find_moment(high)
        return bool(start is not None and end is not None and is_before(end, start))
    return not isinstance(low, str | bool) and not isinstance(high, str | bool) and low > high


def _parse_scalar(notes: Notes, path: str, value: object) -> Any:
    """Whether it fits the operator is known with the property's type."""
    if isinstance(value, str):
        return read_text(notes, path, value, may_be_empty=True)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return check_size(notes, path, value)
    notes.add(path, f"Give a text, a number, true or false, not {quote(value)}.")
    return 0


def _parse_pattern(notes: Notes, path: str, value: object) -> str:
    found = len(notes.problems)
    pattern = read_text(notes, path, value, may_be_empty=True)
    if len(notes.problems) == found and (fault := find_fault(pattern)):
        notes.add(path, fault)
    return pattern


def parse_span(notes: Notes, path: str, value: object, units: tuple[str, ...]) -> Span:
    keys = read_object(notes, path, value, "A length of time")
    if keys is None:
        return Span(n=1, unit=units[0])
    n = keys.whole("n", "Say how many units.")
    unit = keys.choice("unit", units)
    keys.finish()
    return Span(n=n, unit=unit)
