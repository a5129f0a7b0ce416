"""Disabling a cohort, and what stands against it.

Other cohorts that refer to it stand against it here; upper floors add their own reasons with
`register_objection`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.definitions.references import referenced_cohorts
from cohorts.models import Cohort

Objection = Callable[[Cohort], str | None]
OBJECTIONS: list[Objection] = []


class DisableRefused(Exception):
    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def register_objection(objection: Objection) -> None:
    if objection not in OBJECTIONS:
        OBJECTIONS.append(objection)


def find_objections(cohort: Cohort) -> list[str]:
    """Why it cannot be disabled, in words for people; empty when it can."""
    return [reason for objection in OBJECTIONS if (reason := objection(cohort))]


def disable(cohort: Cohort, *, by: Any) -> None:
    # Saving brings the engine along, which what only starts the project does not need.
    from cohorts.saving import disable_cohort

    with transaction.atomic():
        locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
        if reasons := find_objections(locked):
            raise DisableRefused(reasons)
        disable_cohort(locked, by=by)


def find_users_of(cohort: Cohort) -> list[Cohort]:
    """Live cohorts whose current definition refers to this one."""
    # The text search only narrows: a slug can also stand in a name or value.
    candidates = (
        Cohort.objects.live()
        .exclude(pk=cohort.pk)
        .annotate(text=Cast("current_version__definition", TextField()))
        .filter(text__contains=f'"{cohort.slug}"')
        .select_related("current_version")
    )
    return [other for other in candidates if _refers_to(other, cohort.slug)]


def _refers_to(other: Cohort, slug: str) -> bool:
    if other.current_version is None:
        return False
    try:
        definition = parse_definition(other.current_version.definition)
    except DefinitionError:
        # It cannot be read, so it cannot be shown not to refer: better to keep both.
        return True
    return slug in referenced_cohorts(definition)


def _is_used_by_cohorts(cohort: Cohort) -> str | None:
    names = [other.name for other in find_users_of(cohort)]
    if not names:
        return None
    return _("Other cohorts refer to it: %s. Change those first.") % ", ".join(names)


register_objection(_is_used_by_cohorts)
