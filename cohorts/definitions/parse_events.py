"""Events, measurements and windows: the parts most conditions are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cohorts.definitions.moments import find_moment, is_before
from cohorts.definitions.nodes import (
    AfterFirst,
    Ago,
    Comparison,
    Events,
    FromTo,
    Full,
    Last,
    Measurement,
    Moment,
    Number,
    Overall,
    This,
    Window,
)
from cohorts.definitions.operators import (
    ANCHOR_UNITS,
    COMPARATORS,
    FUNCTIONS,
    PROPERTY_FUNCTIONS,
    UNITS,
)
from cohorts.definitions.parse_filters import parse_filters
from cohorts.definitions.problems import join_or, quote
from cohorts.definitions.reader import (
    Keys,
    Notes,
    read_items,
    read_number,
    read_object,
    read_pair,
    read_text,
    read_whole,
)

_WINDOW_KEYS = {
    "overall": ("overall",),
    "last": ("last", "unit"),
    "ago": ("ago", "unit"),
    "full": ("full", "unit"),
    "this": ("this",),
    "from": ("from", "to"),
    "to": ("from", "to"),
    "after_first": ("after_first", "n", "unit"),
}


# --- events


def parse_event_keys(keys: Keys, *, default: str | None = None) -> Events:
    """The keys `event` and `where` of an object."""
    names: tuple[str, ...] | None = None
    if "event" in keys or default is None:
        names = _parse_names(keys)
    else:
        keys.known.append("event")
    where = keys.get("where")
    filters = parse_filters(keys.notes, keys.at("where"), where, "event") if "where" in keys else ()
    return Events(names=names, where=filters, path=keys.path)


def parse_events(notes: Notes, path: str, value: object) -> Events:
    keys = read_object(notes, path, value, "A choice of events")
    if keys is None:
        return Events(names=None, path=path)
    events = parse_event_keys(keys)
    keys.finish()
    return events


def _parse_names(keys: Keys) -> tuple[str, ...] | None:
    if not keys.require("event", "Name the event, or write “*” for any event."):
        return None
    path, value = keys.at("event"), keys.data["event"]
    if isinstance(value, list):
        items = read_items(keys.notes, path, value, "events")
        names = tuple(read_text(keys.notes, item_path, item) for item_path, item in items)
    else:
        names = (read_text(keys.notes, path, value),)
    return None if "*" in names else tuple(dict.fromkeys(names))


# --- measurements and comparisons


def parse_measurement_keys(keys: Keys) -> Measurement:
    events = parse_event_keys(keys)
    function = keys.choice("function", FUNCTIONS)
    name = None
    if keys.data.get("function") != function:
        # Whether a property belongs here cannot be said.
        keys.known.append("property")
    elif function in PROPERTY_FUNCTIONS:
        name = keys.text("property", f"Name the event property for {quote(function)}.")
    elif "property" in keys:
        keys.get("property")
        keys.notes.add(
            keys.at("property"), f"{quote(function)} looks at no property. Remove the key."
        )
    return Measurement(events=events, function=function, property=name, path=keys.path)


def parse_measurement(notes: Notes, path: str, value: object) -> Measurement:
    keys = read_object(notes, path, value, "A measure")
    if keys is None:
        return Measurement(events=Events(names=None), function="count", path=path)
    measurement = parse_measurement_keys(keys)
    keys.finish()
    return measurement


def parse_comparison_keys(keys: Keys, *, whole: bool = False) -> Comparison:
    """The keys `op` and `value` of an object."""
    op = keys.choice("op", tuple(COMPARATORS))
    if not keys.require("value", "Give the number to compare with."):
        return Comparison(op=op, value=0)
    path, value = keys.at("value"), keys.data["value"]
    if op != "between":
        return Comparison(op=op, value=_parse_amount(keys.notes, path, value, whole=whole))
    pair = read_pair(keys.notes, path, value, "the two ends")
    if pair is None:
        return Comparison(op=op, value=(0, 0))
    found = len(keys.notes.problems)
    low, high = (_parse_amount(keys.notes, at, item, whole=whole) for at, item in pair)
    if low > high and len(keys.notes.problems) == found:
        keys.notes.add(path, "The low end is above the high end. Swap them.")
    return Comparison(op=op, value=(low, high))


def _parse_amount(notes: Notes, path: str, value: object, *, whole: bool) -> Number:
    return read_whole(notes, path, value, 0) if whole else read_number(notes, path, value)


# --- windows


def parse_window_key(keys: Keys, key: str = "window") -> Window:
    value = keys.get(key)
    if key not in keys:
        return Overall(path=keys.at(key))
    return parse_window(keys.notes, keys.at(key), value)


def parse_window(notes: Notes, path: str, value: object) -> Window:
    keys = read_object(notes, path, value, "A window")
    if keys is None:
        return Overall(path=path)
    kind = next((key for key in _WINDOW_KEYS if key in keys), None)
    if kind is None:
        _refuse_window(keys)
        return Overall(path=path)
    window = _parse_kind(keys, kind)
    for key in keys.data:
        if key in _WINDOW_KEYS[kind]:
            continue
        if key in _WINDOW_KEYS:
            notes.add(keys.at(key), f"A window has either {quote(kind)} or {quote(key)}. Keep one.")
        else:
            keys.refuse_key(key)
    return window


def _refuse_window(keys: Keys) -> None:
    keys.known += dict.fromkeys(key for group in _WINDOW_KEYS.values() for key in group)
    if any(key not in keys.known for key in keys.data):
        keys.finish()
    else:
        keys.notes.add(keys.path, f"Say which window: {join_or(_WINDOW_KEYS)}.")


def _parse_kind(keys: Keys, kind: str) -> Window:
    path = keys.path
    match kind:
        case "overall":
            if keys.get("overall") is not True:
                keys.notes.add(keys.at("overall"), "Write true, or choose another window.")
            return Overall(path=path)
        case "last":
            n = keys.whole("last", "Say how many units.")
            return Last(n=n, unit=keys.choice("unit", UNITS), path=path)
        case "ago":
            return _parse_ago(keys)
        case "full":
            n = keys.whole("full", "Say how many units.")
            return Full(n=n, unit=keys.choice("unit", UNITS), path=path)
        case "this":
            return This(unit=keys.choice("this", UNITS), path=path)
        case "after_first":
            events = parse_events(keys.notes, keys.at("after_first"), keys.get("after_first"))
            n = keys.whole("n", "Say how many units the window lasts.")
            return AfterFirst(events=events, n=n, unit=keys.choice("unit", ANCHOR_UNITS), path=path)
        case _:
            return _parse_from_to(keys)


def _parse_ago(keys: Keys) -> Ago:
    path, value = keys.at("ago"), keys.get("ago")
    unit = keys.choice("unit", UNITS)
    pair = read_pair(keys.notes, path, value, "the two distances, the longer one first,")
    if pair is None:
        return Ago(start=1, end=0, unit=unit, path=keys.path)
    found = len(keys.notes.problems)
    start, end = (
        read_whole(keys.notes, at, item, minimum)
        for (at, item), minimum in zip(pair, (1, 0), strict=True)
    )
    if start <= end and len(keys.notes.problems) == found:
        keys.notes.add(
            path, f"The window is empty: the first number has to be larger than the second, {end}."
        )
    return Ago(start=start, end=end, unit=unit, path=keys.path)


def _parse_from_to(keys: Keys) -> FromTo:
    start, end = _parse_end(keys, "from"), _parse_end(keys, "to")
    if start is not None and end is not None:
        if is_before(end, start):
            keys.notes.add(keys.path, "The window ends before it begins. Swap “from” and “to”.")
        elif isinstance(start, datetime) and start == end:
            keys.notes.add(keys.path, "The window is empty: it ends where it begins.")
    return FromTo(start=start, end=end, path=keys.path)


def _parse_end(keys: Keys, key: str) -> Moment | None:
    value: Any = keys.get(key)
    if key not in keys:
        return None
    moment = find_moment(value)
    if moment is None:
        keys.notes.add(
            keys.at(key),
            f"Write a date such as “2026-01-31” or a date-time such as “2026-01-31T09:00”, "
            f"not {quote(value)}.",
        )
    return moment
