"""Definitions in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from cohorts.definitions.english_parts import (
    compare_words,
    count_words,
    label_comparison,
    label_measurement,
    label_window,
    name_any,
    shorten,
    tell_events,
    tell_filter,
    tell_measurement,
    tell_span,
    tell_window,
)
from cohorts.definitions.nodes import (
    Condition,
    Definition,
    FirstTime,
    Funnel,
    Group,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Overall,
    Performed,
    Ratio,
    Retention,
)
from cohorts.definitions.problems import quote
from cohorts.definitions.walk import flatten_filter

_STATES = {
    "new": "are new",
    "returning": "are returning",
    "resurrected": "are resurrected",
    "dormant": "are dormant",
}


def tell_definition(definition: Definition, names: Mapping[str, str]) -> str:
    parts = [f"Users {_join(definition.match, definition.conditions, names)}."]
    for node in definition.global_filter:
        is_event = next(flatten_filter(node)).scope == "event"
        told = tell_filter(node)
        parts.append(f"Only events where {told} count." if is_event else f"Only users: {told}.")
    if not isinstance(definition.date_range, Overall):
        parts.append(f"Overall means {tell_window(definition.date_range)}.")
    return " ".join(parts)


def label_leaf(leaf: Leaf, names: Mapping[str, str]) -> tuple[str, str]:
    match leaf:
        case Performed():
            title = f"{name_any(leaf.events)} {label_comparison(leaf.times)}"
        case Measure():
            title = f"{label_measurement(leaf.measurement)} {label_comparison(leaf.comparison)}"
        case Ratio():
            above, below = label_measurement(leaf.numerator), label_measurement(leaf.denominator)
            title = f"{above} / {below} {label_comparison(leaf.comparison)}"
        case Funnel():
            title = " → ".join(name_any(step) for step in leaf.steps)
        case Retention():
            title = f"{name_any(leaf.start)} ↻ {name_any(leaf.returning)}"
        case Lifecycle():
            return leaf.state.capitalize(), f"by {leaf.period.n} {leaf.period.unit}(s)"
        case FirstTime():
            title = f"First {name_any(leaf.events)}"
        case LastTime():
            title = f"Last {name_any(leaf.events)}"
        case HasProperty():
            return shorten(tell_filter(leaf.filter)), ""
        case InCohort():
            return f"In cohort {shorten(names.get(leaf.cohort, leaf.cohort))}", ""
        case InList():
            return f"In a list of {leaf.size:,}", ""
        case _:
            assert_never(leaf)
    return title, label_window(leaf.window)


def _join(match: str, conditions: Sequence[Condition], names: Mapping[str, str]) -> str:
    word = "and" if match == "all" else "or"
    return f", {word} ".join(_tell_condition(condition, names) for condition in conditions)


def _tell_condition(condition: Condition, names: Mapping[str, str]) -> str:
    if isinstance(condition, Group):
        inner = f"({_join(condition.match, condition.conditions, names)})"
        return f"not {inner}" if condition.negate else inner
    return _tell_leaf(condition, names)


def _tell_leaf(leaf: Leaf, names: Mapping[str, str]) -> str:
    match leaf:
        case Performed():
            return _tell_performed(leaf)
        case InCohort():
            verb = "are not" if leaf.negate else "are"
            return f"who {verb} in the cohort {quote(names.get(leaf.cohort, leaf.cohort))}"
        case HasProperty():
            told = f"whose {tell_filter(leaf.filter)}"
        case InList():
            users = "user" if leaf.size == 1 else "users"
            told = f"who are in a list of {leaf.size:,} {users}"
        case Measure():
            what = tell_measurement(leaf.measurement)
            told = f"whose {what} {compare_words(leaf.comparison)}{_during(leaf)}"
        case Ratio():
            above, below = tell_measurement(leaf.numerator), tell_measurement(leaf.denominator)
            told = f"whose {above} divided by {below} {compare_words(leaf.comparison)}"
            told += _during(leaf)
        case Funnel():
            told = f"who {_tell_funnel(leaf)}{_during(leaf)}"
        case Retention():
            told = _tell_retention(leaf)
        case Lifecycle():
            events = "" if leaf.events.names is None else f" by {tell_events(leaf.events)}"
            told = f"who {_STATES[leaf.state]}{events} in periods of {tell_span(leaf.period)}"
        case FirstTime():
            told = f"who first performed {tell_events(leaf.events)}{_during(leaf)}"
        case LastTime():
            told = f"who last performed {tell_events(leaf.events)}{_during(leaf)}"
        case _:
            assert_never(leaf)
    return f"not those {told}" if leaf.negate else told


def _tell_performed(leaf: Performed) -> str:
    events, times, during = tell_events(leaf.events), leaf.times, _during(leaf)
    never = (times.op, times.value) in (("=", 0), ("<", 1), ("<=", 0))
    at_least_once = (times.op, times.value) in ((">=", 1), (">", 0), ("!=", 0))
    did = "performed" if leaf.negate == never else "did not perform"
    counted = "" if never or at_least_once else f" {count_words(times)}"
    return f"who {did} {events}{counted}{during}"


def _tell_funnel(leaf: Funnel) -> str:
    arrow = ", " if leaf.order == "any" else " → "
    steps = arrow.join(tell_events(step) for step in leaf.steps)
    step = leaf.outcome.step
    match leaf.outcome.kind:
        case "converted_on" if step >= len(leaf.steps):
            told = f"went through {steps}"
        case "converted_on":
            told = f"reached step {step} of {steps}"
        case "dropped_at":
            told = f"dropped off at step {step} of {steps}"
        case "dropped_before":
            told = f"dropped off before step {step} of {steps}"
        case _:
            assert_never(leaf.outcome.kind)
    if leaf.order == "any":
        told += " in any order"
    elif leaf.order == "exact":
        told += " with nothing in between"
    for exclusion in leaf.exclude:
        told += f", without {tell_events(exclusion.events)} after step {exclusion.after}"
    return told if leaf.within is None else f"{told} within {tell_span(leaf.within)}"


def _tell_retention(leaf: Retention) -> str:
    first, last, unit = leaf.outcome.first, leaf.outcome.last, leaf.unit
    back = tell_events(leaf.returning)
    match leaf.outcome.kind:
        case "returned":
            told = f"came back with {back}"
        case "retained_on":
            told = f"came back with {back} on {unit} {first}"
        case "retained_between":
            told = f"came back with {back} between {unit} {first} and {unit} {last}"
        case "retained_since":
            told = f"came back with {back} on {unit} {first} or later"
        case "not_retained":
            told = f"never came back with {back}"
        case "not_retained_on":
            told = f"did not come back with {back} on {unit} {first}"
        case _:
            assert_never(leaf.outcome.kind)
    return f"who {told} after {tell_events(leaf.start)}{_during(leaf)}"


def _during(leaf: Performed | Measure | Ratio | Funnel | Retention | FirstTime | LastTime) -> str:
    told = tell_window(leaf.window)
    return f" {told}" if told else ""
