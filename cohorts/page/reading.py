"""The cohort of a page with what its head shows, in two queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest

from cohorts.definitions.nodes import Definition
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.definitions.references import referenced_cohorts
from cohorts.evaluation import Prepared, prepare
from cohorts.listing import with_sizes, with_stars
from cohorts.models import Cohort, CohortVersion, Tag


@dataclass(frozen=True)
class Labels:
    """`tags` of the cohort, and the names of those it refers to, by slug."""

    tags: tuple[str, ...]
    names: dict[str, str]


def get_cohort(request: HttpRequest, slug: str) -> Any:
    """With `size`, `counted_at`, `is_starred` and `version_count`."""
    versions = CohortVersion.objects.filter(cohort=OuterRef("pk")).order_by().values("cohort")
    cohorts = with_sizes(Cohort.objects.select_related("dataset", "current_version", "owner"))
    found = (
        with_stars(cohorts, request.user)
        .annotate(
            version_count=Coalesce(Subquery(versions.annotate(n=Count("*")).values("n")), 0),
        )
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise Http404
    return found


def find_definition(cohort: Cohort) -> Definition | None:
    """None if there is none, or none that can be read."""
    if cohort.current_version is None:
        return None
    try:
        return parse_definition(cohort.current_version.definition)
    except DefinitionError:
        return None


def read_labels(cohort: Cohort, definition: Definition | None) -> Labels:
    slugs = referenced_cohorts(definition) if definition else frozenset()
    tags = (
        Tag.objects.filter(cohorts=cohort)
        .order_by()
        .annotate(kind=Value("tag", CharField()), key=Value("", CharField()))
        .values_list("kind", "key", "name")
    )
    names = (
        Cohort.objects.filter(slug__in=slugs)
        .order_by()
        .annotate(kind=Value("cohort", CharField()))
        .values_list("kind", "slug", "name")
    )
    rows = list(tags.union(names, all=True) if slugs else tags)
    return Labels(
        tuple(sorted((name for kind, _, name in rows if kind == "tag"), key=str.casefold)),
        {slug: name for kind, slug, name in rows if kind == "cohort"},
    )


def prepare_current(cohort: Cohort) -> Prepared:
    """Raises DefinitionError."""
    version = cohort.current_version
    return prepare(
        cohort.dataset, version.definition if version else None, exclude_slug=cohort.slug
    )
