"""Load what somebody uploaded in the browser. The page of the upload starts this."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cohorts.management.door import Door, Refused
from cohorts.models import DataUpload
from cohorts.uploads import load


class Command(Door):
    help = "Load the files of an upload, by its number. The page of the upload shows the outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, metavar="NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            upload = load(options["number"])
        except DataUpload.DoesNotExist:
            raise Refused(f"NUMBER: there is no upload {options['number']}.") from None
        self.stdout.write(f"{upload.dataset_name}: {upload.get_state_display()}")
