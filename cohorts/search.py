"""Search across what analysts name: cohorts, events and fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from cohorts.definitions.catalog import Catalog, Scope
from cohorts.listing import matching, with_sizes
from cohorts.models import Cohort, Dataset, with_dataset


@dataclass(frozen=True)
class EventFound:
    dataset: Dataset
    name: str
    count: int


@dataclass(frozen=True)
class FieldFound:
    dataset: Dataset
    name: str
    scope: Scope
    type: str

    @property
    def kind(self) -> str:
        """One of `DataLabel.Kind`."""
        return f"{self.scope}_property"


@dataclass(frozen=True)
class Found:
    cohorts: list[Cohort] = field(default_factory=list)
    events: list[EventFound] = field(default_factory=list)
    fields: list[FieldFound] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cohorts or self.events or self.fields)


def search(text: str, *, dataset: Dataset | None, most: int) -> Found:
    """At most `most` of each kind; what begins with the text comes first."""
    words = text.casefold().split()
    if not words:
        return Found()
    cohorts = with_dataset(with_sizes(matching(Cohort.objects.live(), text)), "dataset")
    datasets = Dataset.objects.defer("url", "sources")
    if dataset is not None:
        cohorts = cohorts.filter(dataset=dataset)
        datasets = datasets.filter(pk=dataset.pk)
    events: list[EventFound] = []
    fields: list[FieldFound] = []
    for each in datasets:
        catalog = Catalog.from_json(each.catalog)
        events += [
            EventFound(each, event.name, event.count)
            for event in catalog.events
            if _has(event.name, words)
        ]
        fields += _fields(each, catalog, words)
    events.sort(key=lambda event: (not _begins(event.name, text), -event.count, event.name))
    fields.sort(key=lambda field: (not _begins(field.name, text), field.name))
    return Found(_first(cohorts, text, most), events[:most], fields[:most])


def _first(cohorts: QuerySet[Cohort], text: str, most: int) -> list[Cohort]:
    # A name that begins with the text must not be cut off by fifty that merely hold it.
    beginning = list(cohorts.filter(name__istartswith=text.strip())[:most])
    if len(beginning) == most:
        return beginning
    rest = cohorts.exclude(pk__in=[cohort.pk for cohort in beginning])
    return beginning + list(rest[: most - len(beginning)])


def _fields(dataset: Dataset, catalog: Catalog, words: Iterable[str]) -> Iterator[FieldFound]:
    scopes: tuple[Scope, ...] = ("event", "user")
    for scope in scopes:
        for found in catalog.properties(scope):
            if _has(found.name, words):
                yield FieldFound(dataset, found.name, scope, found.type)


def _has(name: str, words: Iterable[str]) -> bool:
    folded = name.casefold()
    return all(word in folded for word in words)


def _begins(name: str, text: str) -> bool:
    return name.casefold().startswith(text.strip().casefold())
