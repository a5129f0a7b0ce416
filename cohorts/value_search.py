"""Values to choose from while typing: first the catalog's, then the data's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cohorts.definitions.catalog import Catalog, Property, Scope
from cohorts.models import Dataset

LIMIT = 20


@dataclass(frozen=True)
class FoundValue:
    value: str
    count: int


def search_values(
    dataset: Dataset, scope: Scope, name: str, typed: str, events: Sequence[str] = ()
) -> list[FoundValue]:
    """The most frequent values that contain what was typed, whatever its case."""
    found = Catalog.from_json(dataset.catalog).find_property(scope, name)
    if found is None:
        return []
    known, path = found
    if path or known.type == "json":
        return []
    return _from_catalog(known, typed)


def _from_catalog(known: Property, typed: str) -> list[FoundValue]:
    needle = typed.casefold()
    matching = [FoundValue(v, n) for v, n in known.top_values if needle in v.casefold()]
    return matching[:LIMIT]
