"""Why a user is in a cohort, or is not, printed as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from cohorts import evaluation
from cohorts.definitions.problems import find_nearest, join_or, quote
from cohorts.explaining import explain_member, explanation_as_json
from cohorts.management.door import Door, Refused
from cohorts.management.inputs import read_instant
from cohorts.models import Cohort


class Command(Door):
    help = "Explain why a user is in a saved cohort or not: every condition with its verdict."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("user", metavar="USER_ID", help="the id exactly as in the dataset")
        parser.add_argument(
            "--as-of",
            metavar="ISO8601",
            help="explain as of this instant (default: now); the dataset's time zone applies "
            "where no offset is given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        cohort = _get_cohort(options["slug"])
        as_of = read_instant(options["as_of"], cohort.dataset)
        if cohort.current_version is None:
            raise Refused(f"slug: The cohort {quote(cohort.slug)} has no definition yet.")
        definition = cohort.current_version.definition
        prepared = evaluation.prepare(cohort.dataset, definition, exclude_slug=cohort.slug)
        self.warn_of(prepared.warnings)
        explanation = explain_member(prepared, options["user"], as_of=as_of)
        told = explanation_as_json(explanation, cohort.slug)
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))


def _get_cohort(slug: str) -> Cohort:
    """A disabled cohort is explained too: it stays for its history."""
    cohort = Cohort.objects.select_related("dataset", "current_version").filter(slug=slug).first()
    if cohort is not None:
        return cohort
    near = find_nearest(slug, Cohort.objects.live().values_list("slug", flat=True))
    advice = f" Did you mean {join_or(near)}?" if near else ""
    raise Refused(f"slug: There is no cohort {quote(slug)}.{advice}")
