"""List imports, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from cohorts.management.door import Door
from integrations.management.lookups import get_cohort
from integrations.models import ImportRun
from integrations.runs import run_as_json

HEADINGS = ("Import", "Cohort", "Trigger", "Queued (UTC)", "Result", "Users", "Added", "Removed")


class Command(Door):
    help = "List the imports of a cohort, or of all, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, **options: Any) -> None:
        runs = ImportRun.objects.select_related("cohort", "connection").defer(
            "connection__data_import_key"
        )
        if options["slug"]:
            runs = runs.filter(cohort=get_cohort(options["slug"]))
        if options["format"] == "json":
            listed = [run_as_json(run) for run in runs.iterator()]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2))
            return
        for line in _table([HEADINGS, *(_row(run) for run in runs.iterator())]):
            self.stdout.write(line)


def _row(run: ImportRun) -> tuple[str, ...]:
    counts = (run.size, run.added, run.removed)
    return (
        str(run.pk),
        run.cohort.slug,
        run.trigger,
        f"{run.queued_at:%Y-%m-%d %H:%M:%S}",
        run.state,
        *("-" if count is None else f"{count:,}" for count in counts),
    )


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        # Numbers to the right.
        cells = [
            cell.rjust(width) if column in (0, 5, 6, 7) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
