"""Saving cohorts: every definition is kept as a version, and none is ever changed."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cohorts.definitions.problems import DefinitionError, Problem, is_showable, quote
from cohorts.evaluation import prepare
from cohorts.models import Cohort, CohortVersion, Dataset

# Addresses below /cohorts/ that are pages of their own.
RESERVED_SLUGS = frozenset({"new", "builder", "tags"})
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}", re.ASCII)
_LONGEST_NAME = 255


class SaveConflict(Exception):
    """The cohort is not what the person saw when they began; nothing was saved."""


class NameTaken(Exception):
    """Another live cohort has this name; nothing was saved."""


def save_cohort(
    *,
    slug: str,
    dataset: Dataset,
    data: object,
    name: str | None = None,
    description: str | None = None,
    by: Any = None,
    expected_version: int | None = None,
) -> Cohort:
    """Create the cohort or add a version to it. `None` leaves name and description as they are.

    `expected_version` is the number the person began from, 0 for a cohort not yet saved.
    """
    try:
        with transaction.atomic():
            # Saves of one dataset wait for each other: two that are each fine alone could
            # close a circle of references together, or both take one name.
            locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
            cohort = Cohort.objects.filter(slug=slug).first()
            _check_unchanged(cohort, locked, expected_version)
            prepare(locked, data, exclude_slug=slug)
            cohort = _saved_row(cohort, slug, locked, name, description, by)
            _add_version(cohort, data, by)
    except IntegrityError:
        # Another dataset's save was faster with the same name or slug.
        raise NameTaken(_("Another cohort has this name.")) from None
    return cohort


def disable_cohort(cohort: Cohort, *, by: Any = None) -> None:
    """Take it out of use; its versions, snapshots and imports stay."""
    cohort.disabled_at = timezone.now()
    cohort.disabled_by = by
    cohort.save(update_fields=["disabled_at", "disabled_by", "updated_at"])


def slug_for(name: str) -> str:
    """A slug that no cohort has yet, from letters and digits of the name if it has any."""
    stem = slugify(name)[:90].strip("-_") or "cohort"
    taken = {*Cohort.objects.filter(slug__startswith=stem).values_list("slug", flat=True)}
    taken |= RESERVED_SLUGS
    slug, number = stem, 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug


def clean_name(name: str) -> str:
    """The name as it is kept. Raises DefinitionError at `name`."""
    cleaned = name.strip()
    if not cleaned:
        problem = _("The name is empty. Give the cohort a name.")
    elif len(cleaned) > _LONGEST_NAME:
        problem = _("The name has %(length)d characters; %(most)d is the most.") % {
            "length": len(cleaned),
            "most": _LONGEST_NAME,
        }
    elif not is_showable(cleaned):
        problem = _("The name holds characters that cannot be shown. Remove them.")
    else:
        return cleaned
    raise DefinitionError([Problem("name", problem)])


def _check_unchanged(cohort: Cohort | None, dataset: Dataset, expected_version: int | None) -> None:
    number = cohort.current_version.number if cohort and cohort.current_version else 0
    if cohort is not None and cohort.is_disabled:
        raise SaveConflict(_("The cohort %s is disabled. Use another slug.") % quote(cohort.slug))
    if cohort is not None and cohort.dataset_id != dataset.pk:
        raise SaveConflict(
            _("The cohort %(slug)s is built on the dataset %(dataset)s. Use another slug.")
            % {"slug": quote(cohort.slug), "dataset": quote(cohort.dataset.name)}
        )
    if expected_version is not None and expected_version != number:
        raise SaveConflict(
            _("The cohort was changed by someone else meanwhile. Load it again before you save.")
        )


def _saved_row(
    cohort: Cohort | None,
    slug: str,
    dataset: Dataset,
    name: str | None,
    description: str | None,
    by: Any,
) -> Cohort:
    if cohort is None:
        _check_slug(slug)
        cohort = Cohort(slug=slug, dataset=dataset, owner=by, name=slug)
    if name is not None:
        cohort.name = clean_name(name)
    if description is not None:
        cohort.description = description.strip()
    twin = Cohort.objects.live().filter(name__iexact=cohort.name).exclude(pk=cohort.pk).first()
    if twin is not None:
        raise NameTaken(_("The cohort %s has this name already.") % quote(twin.slug))
    cohort.save()
    return cohort


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug):
        message = _("A slug holds 1 to 100 letters, digits, hyphens and underscores.")
        raise DefinitionError([Problem("slug", message)])
    if slug in RESERVED_SLUGS:
        raise DefinitionError([Problem("slug", _("This word is taken by a page. Choose another."))])


def _add_version(cohort: Cohort, data: object, by: Any) -> None:
    current = cohort.current_version
    if current is not None and _canonical(current.definition) == _canonical(data):
        return
    cohort.current_version = CohortVersion.objects.create(
        cohort=cohort,
        number=current.number + 1 if current else 1,
        definition=data,
        saved_by=by,
    )
    cohort.save(update_fields=["current_version", "updated_at"])


def _canonical(data: object) -> str:
    return json.dumps(data, sort_keys=True)
