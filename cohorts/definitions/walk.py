"""What a definition is made of, part by part, in the order it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from cohorts.definitions.nodes import (
    AfterFirst,
    Condition,
    Definition,
    Events,
    Filter,
    FilterNode,
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
    Measurement,
    OtherProperty,
    Performed,
    Ratio,
    Retention,
    Window,
)


def walk_leaves(conditions: tuple[Condition, ...]) -> Iterator[Leaf]:
    """All conditions that are not groups."""
    for condition in conditions:
        if isinstance(condition, Group):
            yield from walk_leaves(condition.conditions)
        else:
            yield condition


def walk_conditions(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    """All conditions, each group before those in it."""
    for condition in conditions:
        yield condition
        if isinstance(condition, Group):
            yield from walk_conditions(condition.conditions)


def walk_windows(definition: Definition) -> Iterator[Window]:
    for leaf in walk_leaves(definition.conditions):
        match leaf:
            case Lifecycle() | HasProperty() | InCohort() | InList():
                continue
            case _:
                yield leaf.window
    yield definition.date_range


def walk_measurements(definition: Definition) -> Iterator[Measurement]:
    for leaf in walk_leaves(definition.conditions):
        if isinstance(leaf, Measure):
            yield leaf.measurement
        elif isinstance(leaf, Ratio):
            yield leaf.numerator
            yield leaf.denominator


def walk_events(definition: Definition) -> Iterator[Events]:
    for leaf in walk_leaves(definition.conditions):
        yield from events_of(leaf)
    for window in walk_windows(definition):
        if isinstance(window, AfterFirst):
            yield window.events


def walk_filters(definition: Definition) -> Iterator[Filter]:
    for leaf in walk_leaves(definition.conditions):
        if isinstance(leaf, HasProperty):
            yield from flatten_filter(leaf.filter)
    for events in walk_events(definition):
        for node in events.where:
            yield from flatten_filter(node)
    for node in definition.global_filter:
        yield from flatten_filter(node)


def flatten_filter(node: FilterNode) -> Iterator[Filter]:
    if isinstance(node, Filter):
        yield node
    else:
        for child in node.filters:
            yield from flatten_filter(child)


def list_properties(node: Filter) -> tuple[str, ...]:
    """The properties that the filter compares."""
    other = (node.value.name,) if isinstance(node.value, OtherProperty) else ()
    return (node.property, *other)


def events_of(leaf: Leaf) -> Iterator[Events]:
    """Those of the condition itself, without its window."""
    match leaf:
        case Performed() | Lifecycle() | FirstTime() | LastTime():
            yield leaf.events
        case Measure():
            yield leaf.measurement.events
        case Ratio():
            yield leaf.numerator.events
            yield leaf.denominator.events
        case Funnel():
            yield from leaf.steps
            yield from (exclusion.events for exclusion in leaf.exclude)
        case Retention():
            yield leaf.start
            yield leaf.returning
        case HasProperty() | InCohort() | InList():
            return
        case _:
            assert_never(leaf)
