"""The saved cohorts a definition refers to, directly and by way of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.check import Reference, check_definition, referenced_cohorts
from cohorts.definitions.nodes import Definition
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError, Problem, find_nearest, join_or, quote
from cohorts.models import Cohort, Dataset


@dataclass
class Found:
    references: dict[str, Reference] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class _Unusable(Exception):
    """Why a saved cohort cannot be referred to."""

    message: str
    suggestion: str | None = None


def find_references(
    dataset: Dataset,
    definition: Definition,
    data: object,
    catalog: Catalog,
    *,
    exclude_slug: str | None = None,
) -> Found:
    """Everything the definition refers to; a problem stands at the condition that leads to it."""
    found = Found()
    for slug in sorted(referenced_cohorts(definition)):
        try:
            trail = [exclude_slug] if exclude_slug else []
            _follow(dataset, slug, catalog, found.references, trail)
        except _Unusable as error:
            found.problems += [
                Problem(path, error.message, error.suggestion) for path in _places(data, slug)
            ]
    return found


def _follow(
    dataset: Dataset,
    slug: str,
    catalog: Catalog,
    references: dict[str, Reference],
    trail: Sequence[str],
) -> None:
    if slug in trail:
        circle = " → ".join([*trail[trail.index(slug) :], slug])
        raise _Unusable(_("Cohorts would refer to each other in a circle: %s.") % circle)
    if slug in references:
        return
    cohort = _usable_cohort(dataset, slug)
    definition = _usable_definition(cohort)
    for next_slug in sorted(referenced_cohorts(definition)):
        _follow(dataset, next_slug, catalog, references, [*trail, slug])
    checked = check_definition(definition, catalog=catalog, cohorts=references)
    if checked.errors:
        raise _Unusable(
            _("The cohort %(name)s no longer fits its dataset: %(why)s")
            % {"name": quote(cohort.name), "why": str(checked.errors[0])}
        )
    references[slug] = Reference(definition=definition, users=None, name=cohort.name)


def _usable_cohort(dataset: Dataset, slug: str) -> Cohort:
    cohort = Cohort.objects.filter(slug=slug).select_related("current_version").first()
    if cohort is None:
        known = Cohort.objects.live().filter(dataset=dataset).values_list("slug", flat=True)
        near = find_nearest(slug, known)
        advice = _("Did you mean %s?") % join_or(near) if near else _("Save it first.")
        raise _Unusable(
            _("There is no cohort %s.") % quote(slug) + f" {advice}", near[0] if near else None
        )
    if cohort.is_disabled:
        raise _Unusable(_("The cohort %s is disabled.") % quote(cohort.name))
    if cohort.dataset_id != dataset.pk:
        raise _Unusable(
            _("The cohort %(name)s is built on another dataset, %(dataset)s.")
            % {"name": quote(cohort.name), "dataset": quote(cohort.dataset.name)}
        )
    return cohort


def _usable_definition(cohort: Cohort) -> Definition:
    if cohort.current_version is None:
        raise _Unusable(_("The cohort %s has no definition yet.") % quote(cohort.name))
    try:
        return parse_definition(cohort.current_version.definition)
    except DefinitionError:
        raise _Unusable(
            _("The definition of the cohort %s cannot be read.") % quote(cohort.name)
        ) from None


def _places(data: object, slug: str, path: str = "") -> Iterator[str]:
    """The JSON paths at which the definition names the cohort."""
    conditions = data.get("conditions", []) if isinstance(data, dict) else []
    for number, condition in enumerate(conditions):
        place = f"{path}conditions[{number}]"
        if condition.get("type") == "cohort" and condition.get("cohort") == slug:
            yield f"{place}.cohort"
        yield from _places(condition, slug, f"{place}.")
