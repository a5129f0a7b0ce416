"""English for what conditions are made of: events, filters, numbers, windows."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from cohorts.definitions.nodes import (
    AfterFirst,
    Ago,
    AnyFilter,
    Comparison,
    Events,
    Filter,
    FilterNode,
    FromTo,
    Full,
    Last,
    Measurement,
    Moment,
    OtherProperty,
    Overall,
    Scalar,
    Span,
    This,
    Window,
)
from cohorts.definitions.operators import COMPARATORS, OPERATORS
from cohorts.definitions.problems import make_printable, quote

_FUNCTIONS = {
    "count": "number",
    "sum": "sum of {}",
    "avg": "average of {}",
    "min": "smallest {}",
    "max": "largest {}",
    "median": "median of {}",
    "unique": "number of different {}",
    "active_days": "number of active days",
    "active_weeks": "number of active weeks",
    "active_months": "number of active months",
}
_IS = {"=": "is", "!=": "is not", "<": "is less than"}


def shorten(text: str, limit: int = 60) -> str:
    text = make_printable(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# --- events and filters


def name_any(events: Events) -> str:
    """The names alone, for a label."""
    if events.names is None:
        return "Any event"
    return shorten(" or ".join(events.names))


def tell_events(events: Events) -> str:
    if events.names is None:
        told = "any event"
    else:
        told = " or ".join(shorten(name) for name in events.names)
    if events.where:
        told += f" (where {' and '.join(tell_filter(node) for node in events.where)})"
    return told


def tell_filter(node: FilterNode) -> str:
    if isinstance(node, AnyFilter):
        return f"({' or '.join(tell_filter(child) for child in node.filters)})"
    told = f"{shorten(node.property)} {OPERATORS[node.op].words}"
    value = _tell_value(node)
    return f"{told} {value}" if value else told


def _tell_value(node: Filter) -> str:
    match node.value:
        case None:
            return ""
        case Span():
            return tell_span(node.value)
        case OtherProperty(name=name):
            return f"its {shorten(name)}"
        case (low, high) if node.op == "between":
            return f"{_tell_scalar(low)} and {_tell_scalar(high)}"
        case tuple():
            shown = [_tell_scalar(item) for item in node.value[:5]]
            more = len(node.value) - len(shown)
            return ", ".join(shown) + (f" and {more} more" if more else "")
        case _:
            return _tell_scalar(node.value)


def _tell_scalar(value: Scalar) -> str:
    if isinstance(value, str | bool):
        return quote(value)
    return tell_number(value)


# --- numbers


def tell_number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else f"{float(value):g}"
    if not value.is_integer():
        return repr(value)
    return f"{value:,.0f}" if abs(value) < 10**15 else f"{float(value):g}"


def count_words(times: Comparison) -> str:
    """How often, such as “at least 3 times”."""
    if isinstance(times.value, tuple):
        low, high = map(tell_number, times.value)
        return f"between {low} and {high} times"
    noun = "time" if times.value == 1 else "times"
    return f"{COMPARATORS[times.op][1]} {tell_number(times.value)} {noun}"


def compare_words(comparison: Comparison) -> str:
    if isinstance(comparison.value, tuple):
        low, high = map(tell_number, comparison.value)
        return f"is between {low} and {high}"
    words = _IS.get(comparison.op, f"is {COMPARATORS[comparison.op][1]}")
    return f"{words} {tell_number(comparison.value)}"


def label_comparison(comparison: Comparison) -> str:
    if isinstance(comparison.value, tuple):
        low, high = map(tell_number, comparison.value)
        return f"{low} to {high}"
    return f"{COMPARATORS[comparison.op][0]} {tell_number(comparison.value)}"


def tell_measurement(measurement: Measurement) -> str:
    what = _FUNCTIONS[measurement.function].format(shorten(measurement.property or ""))
    return f"{what} of {tell_events(measurement.events)}"


def label_measurement(measurement: Measurement) -> str:
    what = _FUNCTIONS[measurement.function].format(shorten(measurement.property or ""))
    return f"{what[:1].upper()}{what[1:]} of {name_any(measurement.events)}"


# --- time


def tell_span(span: Span) -> str:
    return _count_units(span.n, span.unit)


def tell_window(window: Window) -> str:
    """Empty for the overall window."""
    match window:
        case Overall():
            return ""
        case Last(n=n, unit=unit):
            return f"in the last {_count_units(n, unit)}"
        case Ago(start=start, end=end, unit=unit):
            return f"between {tell_number(start)} and {_count_units(end, unit)} ago"
        case Full(n=n, unit=unit):
            return f"in the last {tell_number(n)} full {unit}{'' if n == 1 else 's'}"
        case This(unit=unit):
            return f"this {unit}"
        case FromTo(start=start, end=end):
            return _tell_range(start, end)
        case AfterFirst(events=events, n=n, unit=unit):
            return f"within {_count_units(n, unit)} from first performing {tell_events(events)}"
        case _:
            assert_never(window)


def label_window(window: Window) -> str:
    match window:
        case Overall():
            return "overall"
        case Last(n=n, unit=unit):
            return f"in the last {tell_number(n)} {unit}(s)"
        case _:
            return tell_window(window)


def _tell_range(start: Moment | None, end: Moment | None) -> str:
    if start is None and end is not None:
        return f"until {_spell(end)}"
    if end is None and start is not None:
        return f"since {_spell(start)}"
    return f"from {_spell(start)} to {_spell(end)}"


def _spell(moment: Moment | None) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat(sep=" ")
    return "" if moment is None else moment.isoformat()


def _count_units(n: int, unit: str) -> str:
    return f"{tell_number(n)} {unit}{'' if n == 1 else 's'}"
