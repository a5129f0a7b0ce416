"""The versions of a cohort: what each changed, whom two differ by, and going back to one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from cohorts.definitions.describe import describe
from cohorts.definitions.nodes import Definition
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.definitions.references import referenced_cohorts
from cohorts.evaluation import prepare
from cohorts.models import Cohort, CohortVersion, Snapshot
from cohorts.page.differences import Difference, tell_differences
from cohorts.page.regions import count_regions
from cohorts.saving import save_cohort

SHOWN_VERSIONS = 50


@dataclass(frozen=True)
class Entry:
    """`restores` is the number of the version whose definition it brought back."""

    version: CohortVersion
    differences: tuple[Difference, ...]
    restores: int | None
    size: int | None
    is_first: bool


@dataclass(frozen=True)
class Comparison:
    before: CohortVersion
    after: CohortVersion
    sentence_before: str
    sentence_after: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class MemberDifference:
    added: int
    removed: int
    unchanged: int
    as_of: datetime


def read_changes(cohort: Cohort) -> list[Entry]:
    """Latest first. Three queries, whatever the number of versions."""
    versions = list(cohort.versions.select_related("saved_by")[: SHOWN_VERSIONS + 1])
    definitions = {version.pk: _parse(version) for version in versions}
    names = _names_of(definitions.values())
    sizes = _latest_sizes(versions)
    entries = []
    for place, version in enumerate(versions[:SHOWN_VERSIONS]):
        older = versions[place + 1 :]
        entries.append(
            Entry(
                version,
                _differences(definitions, version, older[0], names) if older else (),
                _find_twin(version, older),
                sizes.get(version.pk),
                is_first=version.number == 1,
            )
        )
    return entries


def compare_versions(before: CohortVersion, after: CohortVersion) -> Comparison:
    definitions = {version.pk: _parse(version) for version in (before, after)}
    names = _names_of(definitions.values())
    return Comparison(
        before,
        after,
        _sentence(definitions[before.pk], names),
        _sentence(definitions[after.pk], names),
        _differences(definitions, after, before, names),
    )


def compare_members(
    cohort: Cohort, before: CohortVersion, after: CohortVersion, *, now: datetime
) -> MemberDifference:
    """Both evaluated as of now, in one query. Raises DefinitionError and WarehouseError."""
    sets = [
        prepare(cohort.dataset, version.definition, exclude_slug=cohort.slug)
        for version in (before, after)
    ]
    regions = count_regions(sets, as_of=now, time_limit=settings.PREVIEW_TIME_LIMIT)
    return MemberDifference(
        added=regions.only(1), removed=regions.only(0), unchanged=regions.only(0, 1), as_of=now
    )


def restore(cohort: Cohort, version: CohortVersion, *, seen: int, by: Any) -> Cohort:
    """Save the definition of an old version as the next one. `seen` is the number of the version
    that was current when the person decided. Raises what `save_cohort` raises."""
    return save_cohort(
        slug=cohort.slug,
        dataset=cohort.dataset,
        data=version.definition,
        by=by,
        expected_version=seen,
    )


def _parse(version: CohortVersion) -> Definition | None:
    try:
        return parse_definition(version.definition)
    except DefinitionError:
        return None


def _names_of(definitions: Any) -> dict[str, str]:
    slugs = {slug for each in definitions if each for slug in referenced_cohorts(each)}
    if not slugs:
        return {}
    return dict(Cohort.objects.filter(slug__in=slugs).values_list("slug", "name"))


def _latest_sizes(versions: Sequence[CohortVersion]) -> dict[int, int]:
    rows = Snapshot.objects.filter(version__in=versions).order_by("as_of", "pk")
    return dict(rows.values_list("version_id", "size"))


def _differences(
    definitions: dict[int, Definition | None],
    version: CohortVersion,
    older: CohortVersion,
    names: dict[str, str],
) -> tuple[Difference, ...]:
    """None can be told of a definition that cannot be read."""
    before, after = definitions[older.pk], definitions[version.pk]
    if before is None or after is None:
        return ()
    return tuple(tell_differences(before, after, language=get_language() or "en", names=names))


def _sentence(definition: Definition | None, names: dict[str, str]) -> str:
    if definition is None:
        return ""
    return describe(definition, language=get_language() or "en", names=names)


def _find_twin(version: CohortVersion, older: Sequence[CohortVersion]) -> int | None:
    """The latest older version of the same definition. Saving the same twice in a row makes no
    version, so a twin was brought back."""
    own = _canonical(version.definition)
    return next((each.number for each in older if _canonical(each.definition) == own), None)


def _canonical(data: object) -> str:
    return json.dumps(data, sort_keys=True)
