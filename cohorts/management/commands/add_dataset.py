"""Load files, or name tables of a warehouse, as a dataset."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cohorts.datasets import add_dataset, add_warehouse
from cohorts.management.door import Door, Refused
from cohorts.models import Dataset
from cohorts.warehouse.load import FileSet, Loaded
from cohorts.warehouse.tables import Surveyed, TableSet


class Command(Door):
    help = (
        "Load events and users from CSV, gzipped CSV, Parquet or JSON-lines files, "
        "or use tables of a warehouse where they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--events", nargs="+", default=[], metavar="FILE")
        parser.add_argument("--users", nargs="+", default=[], metavar="FILE")
        parser.add_argument(
            "--url",
            help="a warehouse instead of files: postgresql://user:password@host/database, "
            "clickhouse://user:password@host:8443/database?secure=1 or sc://host:15002",
        )
        parser.add_argument("--events-table", metavar="TABLE", help="as schema.table")
        parser.add_argument("--users-table", metavar="TABLE", help="as schema.table")
        parser.add_argument("--user-id", required=True, metavar="COL")
        parser.add_argument("--event", required=True, metavar="COL")
        parser.add_argument("--time", required=True, metavar="COL")
        parser.add_argument(
            "--users-id", metavar="COL", help="the id column of the users (default: --user-id)"
        )
        parser.add_argument(
            "--timezone",
            metavar="ZONE",
            help="where calendar days begin and end (default: UTC, or as it was with --replace)",
        )
        parser.add_argument("--replace", action="store_true", help="read an existing dataset anew")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        dataset, added = _add_tables(options) if options["url"] else _add_files(options)
        self.warn(added.notes)
        period = ""
        if added.first_event_at and added.last_event_at:
            period = f", {added.first_event_at:%Y-%m-%d} to {added.last_event_at:%Y-%m-%d}"
        self.stdout.write(
            f"{dataset.name}: {added.event_count:,} events of {added.user_count:,} users{period}"
        )


def _check(options: dict[str, Any]) -> None:
    """Either files or a warehouse."""
    if options["url"] is None:
        if options["events_table"] or options["users_table"]:
            raise Refused("--url: say which warehouse the tables are in.")
        if not options["events"]:
            raise Refused("--events: give files, or --url and --events-table.")
    elif options["events"] or options["users"]:
        raise Refused("--events: give files or a warehouse, not both.")
    elif not options["events_table"]:
        raise Refused("--events-table: say which table holds the events.")


def _add_files(options: dict[str, Any]) -> tuple[Dataset, Loaded]:
    files = FileSet(
        events=tuple(options["events"]), users=tuple(options["users"]), **_columns(options)
    )
    return add_dataset(options["name"], files, **_choices(options))


def _add_tables(options: dict[str, Any]) -> tuple[Dataset, Surveyed]:
    tables = TableSet(
        events=options["events_table"], users=options["users_table"], **_columns(options)
    )
    return add_warehouse(options["name"], options["url"], tables, **_choices(options))


def _columns(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("user_id", "event", "time", "users_id")}


def _choices(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("timezone", "replace")}
