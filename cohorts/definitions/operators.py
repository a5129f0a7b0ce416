"""One row per operator: what the screens call it, what it fits and what value it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from cohorts.definitions.catalog import PropertyType

# How many and what: nothing, one value, a pair, a list, a length of time, a regular expression.
Arity: TypeAlias = Literal["none", "one", "pair", "list", "span", "pattern"]


@dataclass(frozen=True)
class Operator:
    """`words` are the English of a sentence; `positive` names the twin a negative one denies."""

    key: str
    label: str
    words: str
    arity: Arity
    types: tuple[PropertyType, ...]
    positive: str | None = None


_ALL: tuple[PropertyType, ...] = ("string", "number", "boolean", "time", "json")

OPERATORS: dict[str, Operator] = {
    operator.key: operator
    for operator in (
        Operator("=", "=", "is", "one", ("string", "number", "boolean")),
        Operator("!=", "≠", "is not", "one", ("string", "number", "boolean"), "="),
        Operator(">", ">", "is more than", "one", ("number",)),
        Operator(">=", "≥", "is at least", "one", ("number",)),
        Operator("<", "<", "is less than", "one", ("number",)),
        Operator("<=", "≤", "is at most", "one", ("number",)),
        Operator("between", "between", "is between", "pair", ("number", "time")),
        Operator("in", "is one of", "is one of", "list", ("string", "number")),
        Operator("not_in", "is none of", "is none of", "list", ("string", "number"), "in"),
        Operator("contains", "contains", "contains", "one", ("string",)),
        Operator(
            "not_contains", "does not contain", "does not contain", "one", ("string",), "contains"
        ),
        Operator("starts_with", "starts with", "starts with", "one", ("string",)),
        Operator("ends_with", "ends with", "ends with", "one", ("string",)),
        Operator("matches", "matches", "matches", "pattern", ("string",)),
        Operator("before", "before", "is before", "one", ("time",)),
        Operator("after", "after", "is after", "one", ("time",)),
        Operator("last", "in the last", "is in the last", "span", ("time",)),
        Operator("not_last", "not in the last", "is not in the last", "span", ("time",), "last"),
        Operator("exists", "exists", "exists", "none", _ALL),
        Operator("not_exists", "does not exist", "does not exist", "none", _ALL, "exists"),
    )
}

COMPARATORS: dict[str, tuple[str, str]] = {
    "=": ("=", "exactly"),
    "!=": ("≠", "not exactly"),
    ">": (">", "more than"),
    ">=": ("≥", "at least"),
    "<": ("<", "fewer than"),
    "<=": ("≤", "at most"),
    "between": ("between", "between"),
}

NUMERIC_FUNCTIONS = ("sum", "avg", "min", "max", "median")
PROPERTY_FUNCTIONS = (*NUMERIC_FUNCTIONS, "unique")
CALENDAR_FUNCTIONS = ("active_days", "active_weeks", "active_months")
FUNCTIONS = ("count", *PROPERTY_FUNCTIONS, *CALENDAR_FUNCTIONS)

UNITS = ("hour", "day", "week", "month", "quarter", "year")
FIXED_UNITS = ("second", "minute", "hour", "day", "week")
ANCHOR_UNITS = ("hour", "day", "week")
RETENTION_UNITS = ("day", "week", "month")


def get_operators(property_type: PropertyType) -> tuple[Operator, ...]:
    """The operators that fit a property of this type; for JSON those of a path inside it."""
    if property_type == "json":
        return tuple(OPERATORS.values())
    return tuple(row for row in OPERATORS.values() if property_type in row.types)


def operators_as_json() -> dict[str, list[dict[str, Any]]]:
    """For the builder page: by property type, the operators with label and arity."""
    types: tuple[PropertyType, ...] = ("string", "number", "boolean", "time", "json")
    return {
        property_type: [
            {"key": row.key, "label": row.label, "arity": row.arity}
            for row in get_operators(property_type)
        ]
        for property_type in types
    }
