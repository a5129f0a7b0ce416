"""Does a definition fit its dataset and the cohorts it refers to?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.check_filters import (
    check_filter,
    describe_unknown,
    find_unknown_in_json,
    find_unknown_values,
)
from cohorts.definitions.moments import first_instant_of, instant_after
from cohorts.definitions.nodes import Definition, Events, FromTo, InCohort, Measurement, Window
from cohorts.definitions.operators import NUMERIC_FUNCTIONS
from cohorts.definitions.problems import Problem, find_nearest, join_or, quote
from cohorts.definitions.references import (
    CycleError,
    Reference,
    referenced_cohorts,
    sort_references,
)
from cohorts.definitions.walk import (
    walk_events,
    walk_filters,
    walk_leaves,
    walk_measurements,
    walk_windows,
)

__all__ = ["Checked", "Reference", "check_definition", "referenced_cohorts"]


@dataclass(frozen=True)
class Checked:
    """Errors keep a definition from being used; warnings do not."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_definition(
    definition: Definition,
    *,
    catalog: Catalog,
    cohorts: Mapping[str, Reference],
    slug: str | None = None,
) -> Checked:
    """`cohorts` holds everything referred to, also indirectly. `slug` is the name under which
    this definition is to be saved: a way back to it is a cycle."""
    return Checked(
        errors=tuple(_find_errors(definition, catalog, cohorts, slug)),
        warnings=tuple(_find_warnings(definition, catalog)),
    )


def _find_errors(
    definition: Definition,
    catalog: Catalog,
    cohorts: Mapping[str, Reference],
    slug: str | None,
) -> Iterator[Problem]:
    for node in walk_filters(definition):
        yield from check_filter(node, catalog)
    for measurement in walk_measurements(definition):
        yield from _check_measurement(measurement, catalog)
    for window in walk_windows(definition):
        yield from _check_window(window, catalog)
    yield from _check_references(definition, cohorts, slug)


def _find_warnings(definition: Definition, catalog: Catalog) -> Iterator[Problem]:
    for events in walk_events(definition):
        yield from _find_unknown_events(events, catalog)
    for node in walk_filters(definition):
        path = f"{node.path}.property"
        warning = find_unknown_in_json(node.scope, node.property, path, catalog)
        if warning is not None:
            yield warning
        yield from find_unknown_values(node, catalog)
    for measurement in walk_measurements(definition):
        if measurement.property is not None:
            path = f"{measurement.path}.property"
            warning = find_unknown_in_json("event", measurement.property, path, catalog)
            if warning is not None:
                yield warning


def _check_measurement(measurement: Measurement, catalog: Catalog) -> Iterator[Problem]:
    name, path = measurement.property, f"{measurement.path}.property"
    if name is None:
        return
    found = catalog.find_property("event", name)
    if found is None:
        yield describe_unknown("event", name, path, catalog)
        return
    owner, inside = found
    if measurement.function not in NUMERIC_FUNCTIONS or owner.type == "number":
        return
    if owner.type != "json" or not inside:
        known = (p.name for p in catalog.event_properties if p.type == "number")
        nearest = join_or(find_nearest(name, known))
        advice = f" Did you mean {nearest}?" if nearest else ""
        yield Problem(
            path,
            f"{quote(measurement.function)} needs a property that is a number, and "
            f"{quote(name)} is none.{advice}",
        )


def _check_window(window: Window, catalog: Catalog) -> Iterator[Problem]:
    """Parsing has compared two dates and two date-times; a mixture depends on the zone."""
    if not isinstance(window, FromTo) or window.start is None or window.end is None:
        return
    if isinstance(window.start, datetime) == isinstance(window.end, datetime) and (
        not isinstance(window.start, datetime)
        or (window.start.tzinfo is None) == (getattr(window.end, "tzinfo", None) is None)
    ):
        return
    zone = ZoneInfo(catalog.timezone)
    start = first_instant_of(window.start, zone)
    is_date = not isinstance(window.end, datetime)
    end = instant_after(window.end, zone) if is_date else first_instant_of(window.end, zone)
    if start >= end:
        yield Problem(window.path, "The window ends before it begins. Swap “from” and “to”.")


def _check_references(
    definition: Definition, cohorts: Mapping[str, Reference], slug: str | None
) -> Iterator[Problem]:
    known = dict(cohorts)
    if slug is not None:
        known[slug] = Reference(definition, None, slug)
    for leaf in walk_leaves(definition.conditions):
        if isinstance(leaf, InCohort):
            problem = _find_unusable(leaf, known)
            if problem is not None:
                yield problem


def _find_unusable(leaf: InCohort, known: Mapping[str, Reference]) -> Problem | None:
    path = f"{leaf.path}.cohort"
    if leaf.cohort not in known:
        return _describe_unknown_cohort(leaf.cohort, path, known)
    try:
        sort_references(Definition(match="all", conditions=(leaf,)), known)
    except CycleError as error:
        message = f"Cohorts would refer to each other in a circle: {error}. Break it somewhere."
        return Problem(path, message)
    except KeyError as error:
        return _describe_unknown_cohort(str(error.args[0]), path, known)
    return None


def _describe_unknown_cohort(slug: str, path: str, known: Mapping[str, Reference]) -> Problem:
    nearest = find_nearest(slug, known)
    advice = f" Did you mean {join_or(nearest)}?" if nearest else " Save it first."
    return Problem(
        path, f"There is no cohort {quote(slug)}.{advice}", nearest[0] if nearest else None
    )


def _find_unknown_events(events: Events, catalog: Catalog) -> Iterator[Problem]:
    known = {event.name for event in catalog.events}
    names = events.names or ()
    for index, name in enumerate(names):
        if name in known:
            continue
        path = f"{events.path}.event" if len(names) == 1 else f"{events.path}.event[{index}]"
        nearest = find_nearest(name, known)
        advice = f" Did you mean {join_or(nearest)}?" if nearest else ""
        yield Problem(
            path,
            f"The dataset has not seen an event {quote(name)} yet.{advice}",
            nearest[0] if nearest else None,
        )
