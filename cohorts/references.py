"""The saved cohorts a definition refers to, directly and by way of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cohorts.definitions.nodes import Definition, InCohort
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError, Problem, find_nearest, join_or, quote
from cohorts.definitions.references import Reference, referenced_cohorts
from cohorts.definitions.walk import walk_leaves
from cohorts.models import Cohort, Dataset


@dataclass
class Found:
    references: dict[str, Reference] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Unusable(Exception):
    """Why a saved cohort cannot be referred to."""


def find_references(
    dataset: Dataset, definition: Definition, *, exclude_slug: str | None = None
) -> Found:
    """Everything the definition refers to. A problem stands at the condition that leads to it.

    Circles are left in; checking the definition finds them. `exclude_slug` is the cohort that
    the definition is for, so what is saved under it does not count.
    """
    found = Found()
    for leaf in walk_leaves(definition.conditions):
        if isinstance(leaf, InCohort):
            try:
                _collect(dataset, leaf.cohort, found.references, exclude_slug)
            except _Unusable as error:
                found.problems.append(Problem(f"{leaf.path}.cohort", str(error)))
    return found


def _collect(
    dataset: Dataset, first: str, references: dict[str, Reference], exclude_slug: str | None
) -> None:
    waiting = [first]
    while waiting:
        slug = waiting.pop()
        if slug in references or slug == exclude_slug:
            continue
        cohort = _usable_cohort(dataset, slug)
        definition = _usable_definition(cohort)
        references[slug] = Reference(definition=definition, users=None, name=cohort.name)
        waiting += referenced_cohorts(definition)


def _usable_cohort(dataset: Dataset, slug: str) -> Cohort:
    cohort = Cohort.objects.filter(slug=slug).select_related("current_version").first()
    if cohort is None:
        raise _Unusable(" ".join(_words_for_unknown(dataset, slug)))
    if cohort.is_disabled:
        raise _Unusable(_("The cohort %s is disabled. Choose another one.") % quote(cohort.name))
    if cohort.dataset_id != dataset.pk:
        raise _Unusable(
            _("The cohort %(name)s is built on another dataset, %(dataset)s.")
            % {"name": quote(cohort.name), "dataset": quote(cohort.dataset.name)}
        )
    return cohort


def _words_for_unknown(dataset: Dataset, slug: str) -> Iterator[str]:
    yield _("There is no cohort %s.") % quote(slug)
    known = Cohort.objects.live().filter(dataset=dataset).values_list("slug", flat=True)
    near = find_nearest(slug, known)
    yield _("Did you mean %s?") % join_or(near) if near else _("Save it first.")


def _usable_definition(cohort: Cohort) -> Definition:
    if cohort.current_version is None:
        raise _Unusable(_("The cohort %s has no definition yet.") % quote(cohort.name))
    try:
        return parse_definition(cohort.current_version.definition)
    except DefinitionError:
        raise _Unusable(
            _("The definition of the cohort %s cannot be read.") % quote(cohort.name)
        ) from None
