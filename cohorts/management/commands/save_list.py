"""Save a static cohort from a list of ids, or change the list of one."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandParser

from cohorts.list_reading import ListError
from cohorts.management.door import Door, Refused
from cohorts.management.inputs import get_dataset
from cohorts.models import StoredList
from cohorts.saving import NameTaken, SaveConflict
from cohorts.static_lists import Action, SavedList, Upload, save_list


class Command(Door):
    help = "Save a static cohort from a file of ids: .csv or .tsv, else one id on each line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("file", metavar="FILE", help="a file, or - for input")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--name", metavar="TEXT", help="default: the slug")
        parser.add_argument("--description", metavar="TEXT")
        parser.add_argument("--column", default="", metavar="NAME", help="or its number, from 1")
        parser.add_argument("--header", choices=("detect", "yes", "no"), default="detect")
        actions = parser.add_mutually_exclusive_group()
        for option, action in (
            ("--append", Action.APPENDED),
            ("--remove", Action.REMOVED),
            ("--replace", Action.REPLACED),
        ):
            actions.add_argument(option, action="store_const", dest="action", const=action)

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = get_dataset(options["dataset"])
        with _opened(options["file"]) as (file, name):
            upload = Upload(
                file=file, name=name, header=options["header"], column=options["column"]
            )
            try:
                saved = save_list(
                    slug=options["slug"],
                    dataset=dataset,
                    upload=upload,
                    action=options["action"] or Action.CREATED,
                    name=options["name"],
                    description=options["description"],
                )
            except ListError as error:
                raise Refused(f"{error.subject or options['file']}: {error}") from None
            except NameTaken as error:
                raise Refused(f"name: {error}") from None
            except SaveConflict as error:
                raise Refused(f"slug: {error}") from None
        self.warn(_report(saved.made))
        self.stdout.write(_outcome(saved))


def _report(made: StoredList) -> Iterator[str]:
    """What a person is told beside the outcome, on standard error."""
    if made.header:
        yield "row 1: taken for the name of the column"
    unknown = "unknown to the dataset not counted"
    if made.unknown is not None:
        unknown = f"{made.unknown} unknown to the dataset"
    yield (
        f"{made.rows} rows: {made.accepted} accepted ({unknown}), {made.blank} blank, "
        f"{made.duplicate} duplicate, {made.refused} refused"
    )


def _outcome(saved: SavedList) -> str:
    version = saved.cohort.current_version
    number = version.number if version else 0
    if not saved.is_changed:
        return f"{saved.cohort.slug}: version {number}, unchanged"
    made = saved.made
    return (
        f"{saved.cohort.slug}: version {number}, {made.size} ids "
        f"({made.added} added, {made.removed} removed)"
    )


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, str]]:
    """The file and its name. Standard input is kept first: a list is looked at twice."""
    if name == "-":
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.seek(0)
            yield cast("BinaryIO", copy), ""
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        raise Refused(f"{name}: there is no such file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise Refused(f"{name!r}: cannot be read: {reason}.") from None
    with file:
        yield file, Path(name).name
