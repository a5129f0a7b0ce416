"""Stored lists of ids that definitions name, and the definition of a cohort that is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from cohorts import membership
from cohorts.definitions.nodes import Definition, InList
from cohorts.definitions.problems import Problem
from cohorts.definitions.references import Reference
from cohorts.definitions.walk import walk_leaves
from cohorts.models import Cohort, CohortVersion, Dataset, StoredList


def list_definition(stored: str, size: int) -> dict[str, Any]:
    """The definition of a static cohort: everyone of the population who is in the list."""
    condition = {"type": "list", "stored": stored, "size": size}
    return {"version": 1, "match": "all", "conditions": [condition]}


def stored_list_of(data: object) -> str | None:
    """The name of its list, if a cohort of this definition is static."""
    match data:
        case {"conditions": [{"type": "list", "stored": str(stored), "size": int(size)}]}:
            return stored if data == list_definition(stored, size) else None
        case _:
            return None


@dataclass(frozen=True)
class ListChange:
    version: CohortVersion
    made: StoredList


def find_list_changes(cohort: Cohort) -> list[ListChange]:
    """What was done to the list of a static cohort, latest first; empty for any other."""
    current = cohort.current_version
    if current is None or stored_list_of(current.definition) is None:
        return []
    versions = list(cohort.versions.select_related("saved_by"))
    names = {version.pk: stored_list_of(version.definition) for version in versions}
    rows = {row.file: row for row in StoredList.objects.filter(file__in=names.values())}
    return [
        ListChange(version, rows[name])
        for version in versions
        if (name := names[version.pk]) and name in rows
    ]


def find_lists(
    dataset: Dataset, definition: Definition, references: Mapping[str, Reference]
) -> tuple[dict[str, Path], list[Problem]]:
    """The files of all stored lists needed, each proven to be what was uploaded."""
    lists: dict[str, Path] = {}
    problems = []
    for path, leaf in _walk_lists(definition, references):
        if leaf.stored is None or leaf.stored in lists:
            continue
        row = StoredList.objects.filter(dataset=dataset, file=leaf.stored).first()
        if row is None or row.size != leaf.stored_size:
            problems.append(Problem(path, _("There is no such stored list. Upload it again.")))
            continue
        try:
            lists[leaf.stored] = membership.verify(row.file, row.sha256)
        except membership.StoreError as error:
            problems.append(Problem(path, _("The list cannot be used: %s") % error))
    return lists, problems


def _walk_lists(
    definition: Definition, references: Mapping[str, Reference]
) -> Iterator[tuple[str, InList]]:
    """Those of the definition with their paths, and those of all it refers to."""
    for leaf in walk_leaves(definition.conditions):
        if isinstance(leaf, InList):
            yield f"{leaf.path}.stored", leaf
    for reference in references.values():
        inner = reference.definition.conditions if reference.definition else ()
        for leaf in walk_leaves(inner):
            if isinstance(leaf, InList):
                yield "conditions", leaf
