"""Load files as a dataset."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cohorts.datasets import add_dataset
from cohorts.management.door import Door
from cohorts.warehouse.load import FileSet


class Command(Door):
    help = "Load events and users from CSV, gzipped CSV, Parquet or JSON-lines files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--events", nargs="+", required=True, metavar="FILE")
        parser.add_argument("--users", nargs="+", default=[], metavar="FILE")
        parser.add_argument("--user-id", required=True, metavar="COL")
        parser.add_argument("--event", required=True, metavar="COL")
        parser.add_argument("--time", required=True, metavar="COL")
        parser.add_argument(
            "--users-id", metavar="COL", help="the id column of --users (default: --user-id)"
        )
        parser.add_argument(
            "--timezone",
            metavar="ZONE",
            help="where calendar days begin and end (default: UTC, or as it was with --replace)",
        )
        parser.add_argument("--replace", action="store_true", help="reload an existing dataset")

    def handle(self, *args: Any, **options: Any) -> None:
        files = FileSet(
            events=tuple(options["events"]),
            users=tuple(options["users"]),
            user_id=options["user_id"],
            event=options["event"],
            time=options["time"],
            users_id=options["users_id"],
        )
        dataset, loaded = add_dataset(
            options["name"], files, timezone=options["timezone"], replace=options["replace"]
        )
        self.warn(loaded.notes)
        period = ""
        if loaded.first_event_at and loaded.last_event_at:
            period = f", {loaded.first_event_at:%Y-%m-%d} to {loaded.last_event_at:%Y-%m-%d}"
        self.stdout.write(
            f"{dataset.name}: {loaded.event_count:,} events of {loaded.user_count:,} users{period}"
        )
