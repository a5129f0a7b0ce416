"""One reader per condition type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cohorts.definitions.nodes import (
    AT_LEAST_ONCE,
    Events,
    Exclusion,
    FirstTime,
    Funnel,
    FunnelOutcome,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Measurement,
    Performed,
    Ratio,
    Retention,
    RetentionOutcome,
    Span,
)
from cohorts.definitions.operators import FIXED_UNITS, RETENTION_UNITS, UNITS
from cohorts.definitions.parse_events import (
    parse_comparison_keys,
    parse_event_keys,
    parse_events,
    parse_measurement,
    parse_measurement_keys,
    parse_window_key,
)
from cohorts.definitions.parse_filters import find_scopes, parse_filter_keys, parse_span
from cohorts.definitions.problems import join_or, quote
from cohorts.definitions.reader import (
    Keys,
    Notes,
    read_items,
    read_object,
    read_pair,
    read_text,
    read_whole,
)

_MOST_STEPS = 10
_LAST = 10**9  # unit numbers and step numbers beyond this have no meaning


def _parse_performed(keys: Keys) -> Leaf:
    events = parse_event_keys(keys)
    times = AT_LEAST_ONCE
    value = keys.get("times")
    if "times" in keys:
        inner = read_object(keys.notes, keys.at("times"), value, "“times”")
        if inner is not None:
            times = parse_comparison_keys(inner, whole=True)
            inner.finish()
    return Performed(
        events=events,
        times=times,
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_measure(keys: Keys) -> Leaf:
    return Measure(
        measurement=parse_measurement_keys(keys),
        comparison=parse_comparison_keys(keys),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_ratio(keys: Keys) -> Leaf:
    return Ratio(
        numerator=_parse_part(keys, "numerator"),
        denominator=_parse_part(keys, "denominator"),
        comparison=parse_comparison_keys(keys),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_part(keys: Keys, key: str) -> Measurement:
    if not keys.require(key, "Give a measure: an event and a function."):
        return Measurement(events=Events(names=None), function="count")
    return parse_measurement(keys.notes, keys.at(key), keys.data[key])


def _parse_query(keys: Keys) -> Leaf:
    keys.text("query", "Name the saved Query report.")
    parse_comparison_keys(keys)
    parse_window_key(keys)
    _refuse_slug(keys, "query", "Query", "measure")
    return InCohort(cohort="", negate=keys.flag("negate"), path=keys.path)


def _refuse_slug(keys: Keys, key: str, report: str, instead: str) -> None:
    if isinstance(keys.data.get(key), str):
        keys.notes.add(
            keys.at(key),
            f"There is no saved {report} report {quote(keys.data[key])}: saved reports are not "
            f"available yet. Use {join_or([instead])} here instead.",
        )


# --- funnel


def _parse_funnel(keys: Keys) -> Leaf:
    if "funnel" in keys:
        keys.text("funnel", "")
        _refuse_slug(keys, "funnel", "Funnel", "steps")
        keys.known.append("steps")
        steps: tuple[Events, ...] = ()
    else:
        steps = _parse_steps(keys)
    order = keys.choice("order", ("sequence", "exact", "any"), "sequence")
    return Funnel(
        steps=steps,
        within=_parse_within(keys),
        order=order,
        exclude=_parse_exclude(keys, order, len(steps)),
        outcome=_parse_funnel_outcome(keys, order, len(steps)),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_steps(keys: Keys) -> tuple[Events, ...]:
    if not keys.require("steps", "List the steps, 2 to 10 choices of events."):
        return ()
    path, value = keys.at("steps"), keys.data["steps"]
    if isinstance(value, list) and value and not 2 <= len(value) <= _MOST_STEPS:
        keys.notes.add(path, f"A funnel has 2 to {_MOST_STEPS} steps, not {len(value)}.")
    items = read_items(keys.notes, path, value, "steps")
    return tuple(parse_events(keys.notes, at, item) for at, item in items)


def _parse_within(keys: Keys) -> Span | None:
    value = keys.get("within")
    if "within" not in keys:
        return None
    return parse_span(keys.notes, keys.at("within"), value, FIXED_UNITS)


def _parse_exclude(keys: Keys, order: str, steps: int) -> tuple[Exclusion, ...]:
    path, value = keys.at("exclude"), keys.get("exclude")
    if "exclude" not in keys:
        return ()
    if order == "any":
        keys.notes.add(path, "“exclude” needs steps in order. Remove it or change “order”.")
    items = read_items(keys.notes, path, value, "events to exclude")
    return tuple(_parse_exclusion(keys.notes, at, item, steps) for at, item in items)


def _parse_exclusion(notes: Notes, path: str, value: object, steps: int) -> Exclusion:
    keys = read_object(notes, path, value, "A choice of events")
    if keys is None:
        return Exclusion(events=Events(names=None), after=1)
    events, after = parse_event_keys(keys), 1
    if keys.require("between", "Give the two neighbouring steps, for example [1, 2]."):
        after = _parse_between_steps(notes, keys.at("between"), keys.data["between"], steps)
    keys.finish()
    return Exclusion(events=events, after=after, path=path)


def _parse_between_steps(notes: Notes, path: str, value: object, steps: int) -> int:
    pair = read_pair(notes, path, value, "the two neighbouring steps")
    if pair is None:
        return 1
    found = len(notes.problems)
    first, second = (read_whole(notes, at, item, 1) for at, item in pair)
    if len(notes.problems) == found:
        if second != first + 1:
            notes.add(path, "The two steps have to be neighbours, for example [1, 2].")
        elif steps and second > steps:
            notes.add(path, f"The funnel has only {steps} steps.")
    return first


def _parse_funnel_outcome(keys: Keys, order: str, steps: int) -> FunnelOutcome:
    path, value = keys.at("outcome"), keys.get("outcome", "converted")
    all_steps = FunnelOutcome(kind="converted_on", step=max(steps, 1))
    if value == "converted":
        return all_steps
    if order == "any":
        keys.notes.add(path, "With “order”: “any” the only outcome is “converted”.")
        return all_steps
    numbered = {"converted_on": 1, "dropped_at": 2, "dropped_before": 3}
    kind, inner = _open_outcome(keys, path, value, ("converted",), tuple(numbered))
    if inner is None:
        return all_steps
    step = inner.whole(kind, "", numbered[kind])
    if steps and step > steps:
        keys.notes.add(inner.at(kind), f"The funnel has only {steps} steps.")
    inner.finish()
    return FunnelOutcome(kind=kind, step=min(step, _LAST))


def _open_outcome(
    keys: Keys, path: str, value: object, plain: tuple[str, ...], numbered: tuple[str, ...]
) -> tuple[Any, Keys | None]:
    """The one key of an outcome such as {"retained_on": 7}, with a reader for its value."""
    options = join_or(plain) + ", or one of " + join_or(numbered) + " with a number in braces"
    if isinstance(value, dict):
        inner = Keys(keys.notes, path, value)
        for kind in numbered:
            if kind in inner:
                return kind, inner
        inner.known += numbered
        if value:
            inner.finish()
            return None, None
    keys.notes.add(path, f"{quote(value)} is no outcome. Use {options}.")
    return None, None


# --- retention


def _parse_retention(keys: Keys) -> Leaf:
    if "retention" in keys:
        keys.text("retention", "")
        _refuse_slug(keys, "retention", "Retention", "start")
        for key in ("start", "return", "unit"):
            keys.known.append(key)
        start = returning = Events(names=None)
        unit = "day"
    else:
        start, returning = _parse_side(keys, "start"), _parse_side(keys, "return")
        unit = keys.choice("unit", RETENTION_UNITS)
    return Retention(
        start=start,
        returning=returning,
        unit=unit,
        outcome=_parse_retention_outcome(keys),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_side(keys: Keys, key: str) -> Events:
    if not keys.require(key, "Give a choice of events, for example {“event”: “*”}."):
        return Events(names=None)
    return parse_events(keys.notes, keys.at(key), keys.data[key])


def _parse_retention_outcome(keys: Keys) -> RetentionOutcome:
    plain = ("returned", "not_retained")
    numbered = ("retained_on", "retained_between", "retained_since", "not_retained_on")
    if not keys.require("outcome", f"Use {join_or((*plain, *numbered))}."):
        return RetentionOutcome(kind="returned")
    path, value = keys.at("outcome"), keys.data["outcome"]
    if value == "returned" or value == "not_retained":
        return RetentionOutcome(kind=value)
    kind, inner = _open_outcome(keys, path, value, plain, numbered)
    if inner is None:
        return RetentionOutcome(kind="returned")
    if kind == "retained_between":
        first, last = _parse_units(inner, kind)
    else:
        first = last = inner.whole(kind, "", 0)
    inner.finish()
    open_end = kind == "retained_since"
    return RetentionOutcome(
        kind=kind, first=min(first, _LAST), last=None if open_end else min(last, _LAST)
    )


def _parse_units(keys: Keys, key: str) -> tuple[int, int]:
    path, value = keys.at(key), keys.get(key)
    pair = read_pair(keys.notes, path, value, "the first and the last unit")
    if pair is None:
        return 0, 0
    found = len(keys.notes.problems)
    first, last = (read_whole(keys.notes, at, item, 0) for at, item in pair)
    if first > last and len(keys.notes.problems) == found:
        keys.notes.add(path, "The first unit is after the last. Swap them.")
    return first, last


# --- the others


def _parse_lifecycle(keys: Keys) -> Leaf:
    state = keys.choice("state", ("new", "returning", "resurrected", "dormant"))
    events = parse_event_keys(keys, default="*")
    hint = "Give a length of time such as {“n”: 7, “unit”: “day”}."
    period = Span(n=1, unit="day")
    if keys.require("period", hint):
        period = parse_span(keys.notes, keys.at("period"), keys.data["period"], UNITS)
    return Lifecycle(
        state=state,
        period=period,
        events=events,
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_first_time(keys: Keys) -> Leaf:
    return FirstTime(
        events=parse_event_keys(keys),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_last_time(keys: Keys) -> Leaf:
    return LastTime(
        events=parse_event_keys(keys),
        window=parse_window_key(keys),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_property(keys: Keys) -> Leaf:
    node = parse_filter_keys(keys, "user")
    if "event" in find_scopes(node):
        keys.notes.add(
            keys.at("scope"),
            "A property condition looks at users. Put an event filter into “where” of an event.",
        )
    return HasProperty(filter=node, negate=keys.flag("negate"), path=keys.path)


def _parse_cohort(keys: Keys) -> Leaf:
    return InCohort(
        cohort=keys.text("cohort", "Name the cohort by its slug."),
        negate=keys.flag("negate"),
        path=keys.path,
    )


def _parse_list(keys: Keys) -> Leaf:
    if "stored" in keys and "users" not in keys:
        return _parse_stored_list(keys)
    users: tuple[str, ...] = ()
    if keys.require("users", "List the user ids."):
        items = read_items(keys.notes, keys.at("users"), keys.data["users"], "user ids")
        # An empty id is nobody's, and so is any other that the dataset does not hold.
        users = tuple(read_text(keys.notes, at, item, may_be_empty=True) for at, item in items)
    return InList(users=users, negate=keys.flag("negate"), path=keys.path)


def _parse_stored_list(keys: Keys) -> Leaf:
    """What a cohort made of an uploaded list is saved as."""
    return InList(
        stored=keys.text("stored", ""),
        stored_size=keys.whole("size", "Give the number of ids in the stored list.", minimum=0),
        negate=keys.flag("negate"),
        path=keys.path,
    )


CONDITION_READERS: dict[str, Callable[[Keys], Leaf]] = {
    "performed": _parse_performed,
    "measure": _parse_measure,
    "ratio": _parse_ratio,
    "query": _parse_query,
    "funnel": _parse_funnel,
    "retention": _parse_retention,
    "lifecycle": _parse_lifecycle,
    "first_time": _parse_first_time,
    "last_time": _parse_last_time,
    "property": _parse_property,
    "cohort": _parse_cohort,
    "list": _parse_list,
}
