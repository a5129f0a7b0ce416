"""The dictionary of a dataset: what its catalog found, with what people say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cohorts.definitions.catalog import Catalog, Event, Property
from cohorts.models import DataLabel, Dataset

Kind = DataLabel.Kind
Labels = Mapping[tuple[str, str], DataLabel]
# `DataLabel.name` takes no more.
LONGEST_NAME = 500


@dataclass(frozen=True)
class Entry:
    """An event or a property. `count` is how many rows have it."""

    kind: DataLabel.Kind
    name: str
    count: int
    type: str
    label: DataLabel
    event: Event | None = None
    known: Property | None = None

    @property
    def title(self) -> str:
        return self.label.display_name or self.name

    @property
    def last_at(self) -> datetime | None:
        last = self.event.last_at if self.event else None
        return datetime.fromisoformat(last) if last else None

    @property
    def first_at(self) -> datetime | None:
        first = self.event.first_at if self.event else None
        return datetime.fromisoformat(first) if first else None

    @property
    def can_be_labelled(self) -> bool:
        return len(self.name) <= LONGEST_NAME

    def matches(self, words: list[str]) -> bool:
        said = (self.name, self.label.display_name, self.label.description, self.label.category)
        text = "\n".join(said).casefold()
        return all(word in text for word in words)


def read_labels(dataset: Dataset) -> Labels:
    return {(label.kind, label.name): label for label in DataLabel.objects.filter(dataset=dataset)}


def read_entries(dataset: Dataset, kind: DataLabel.Kind, labels: Labels) -> list[Entry]:
    """Events by their number, properties in the order of the data."""
    catalog = Catalog.from_json(dataset.catalog)
    found = _events(catalog) if kind == Kind.EVENT else _properties(catalog, kind)
    blank = DataLabel(dataset=dataset, kind=kind)
    return [
        Entry(kind=kind, name=name, label=labels.get((kind, name), blank), **rest)
        for name, rest in found
    ]


def find_entry(dataset: Dataset, kind: str, name: str) -> Entry | None:
    if kind not in Kind.values:
        return None
    labels = DataLabel.objects.filter(dataset=dataset, kind=kind, name=name[: LONGEST_NAME + 1])
    known = {(label.kind, label.name): label for label in labels}
    entries = read_entries(dataset, Kind(kind), known)
    return next((entry for entry in entries if entry.name == name), None)


def visible_catalog(catalog: Catalog, labels: Labels) -> Catalog:
    """Without what is hidden, for what is offered. Never for checking a definition."""

    def is_shown(kind: DataLabel.Kind, name: str) -> bool:
        label = labels.get((kind, name))
        return label is None or not label.is_hidden

    return Catalog(
        timezone=catalog.timezone,
        events=tuple(e for e in catalog.events if is_shown(Kind.EVENT, e.name)),
        event_properties=tuple(
            p for p in catalog.event_properties if is_shown(Kind.EVENT_PROPERTY, p.name)
        ),
        user_properties=tuple(
            p for p in catalog.user_properties if is_shown(Kind.USER_PROPERTY, p.name)
        ),
    )


def describe_label(label: DataLabel | None) -> dict[str, Any]:
    """What the builder is told of an event or a property, beside its name; only what is said."""
    if label is None:
        return {}
    said = {
        "label": label.display_name,
        "description": label.description,
        "hidden": label.is_hidden,
    }
    return {key: value for key, value in said.items() if value}


def _events(catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in sorted(catalog.events, key=lambda event: (-event.count, event.name)):
        yield event.name, {"count": event.count, "type": "", "event": event}


def _properties(catalog: Catalog, kind: DataLabel.Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    for known in catalog.properties("event" if kind == Kind.EVENT_PROPERTY else "user"):
        yield known.name, {"count": known.filled, "type": known.type, "known": known}
