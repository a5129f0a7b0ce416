"""A copy of a cohort, to be changed without touching the original."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cohorts.models import Cohort
from cohorts.saving import save_cohort, slug_for

_LONGEST_NAME = 255


def copy_cohort(cohort: Cohort, *, by: Any) -> Cohort:
    """With its definition, description and tags; not with its schedule. Raises what `save_cohort`
    raises."""
    name = name_copy(cohort.name, _taken_names())
    copied = save_cohort(
        slug=slug_for(name),
        dataset=cohort.dataset,
        data=cohort.current_version.definition if cohort.current_version else None,
        name=name,
        description=cohort.description,
        by=by,
        expected_version=0,
    )
    copied.tags.set(cohort.tags.all())
    return copied


def name_copy(name: str, taken: set[str]) -> str:
    """`taken` in lower case."""
    number = 1
    while True:
        words = _("Copy of %(name)s") if number == 1 else _("Copy %(number)d of %(name)s")
        room = _LONGEST_NAME - len(words % {"name": "", "number": number})
        candidate = words % {"name": name[:room], "number": number}
        if candidate.lower() not in taken:
            return candidate
        number += 1


def _taken_names() -> set[str]:
    return {name.lower() for name in Cohort.objects.live().values_list("name", flat=True)}
