"""Save a cohort, or a new version of it, from a definition file."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cohorts import evaluation
from cohorts.management.door import Door, Refused
from cohorts.management.inputs import get_dataset, read_definition
from cohorts.saving import NameTaken, SaveConflict, save_cohort


class Command(Door):
    help = "Save a cohort under a slug; an existing one gets a new version if it differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("definition", metavar="DEFINITION.json", help="a file, or - for input")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--name", metavar="TEXT", help="default: the slug")
        parser.add_argument("--description", metavar="TEXT")

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = get_dataset(options["dataset"])
        data = read_definition(options["definition"])
        try:
            cohort = save_cohort(
                slug=options["slug"],
                dataset=dataset,
                data=data,
                name=options["name"],
                description=options["description"],
            )
        except NameTaken as error:
            raise Refused(f"name: {error}") from None
        except SaveConflict as error:
            raise Refused(f"slug: {error}") from None
        prepared = evaluation.prepare(dataset, data, exclude_slug=cohort.slug)
        self.warn_of(prepared.warnings)
        number = cohort.current_version.number if cohort.current_version else 0
        self.stdout.write(f"{cohort.slug}: version {number}")
