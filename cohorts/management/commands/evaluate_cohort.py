"""Who matches a definition, printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from cohorts import evaluation
from cohorts.definitions.problems import quote
from cohorts.evaluation import Prepared
from cohorts.management.door import Door, Refused
from cohorts.management.inputs import get_dataset, read_definition, read_instant
from cohorts.sql.dialects import DIALECTS


class Command(Door):
    help = "Evaluate a cohort definition on a dataset and print the result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("definition", metavar="DEFINITION.json", help="a file, or - for input")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument(
            "--as-of",
            metavar="ISO8601",
            help="evaluate as of this instant (default: now); the dataset's time zone applies "
            "where no offset is given",
        )
        parser.add_argument(
            "--format", choices=["ids", "count", "json", "sql", "sentence"], default="ids"
        )
        parser.add_argument(
            "--dialect",
            metavar="NAME",
            help="with --format sql: the engine to write for (default: the dataset's own); "
            f"one of {', '.join(DIALECTS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = get_dataset(options["dataset"])
        as_of = read_instant(options["as_of"], dataset)
        dialect = _check_dialect(options["dialect"], options["format"])
        prepared = evaluation.prepare(dataset, read_definition(options["definition"]))
        self.warn_of(prepared.warnings)
        if options["format"] == "sql":
            sql = evaluation.compiled_sql(prepared, as_of=as_of, dialect=dialect)
            self.stdout.write(sql)
            return
        for text in _FORMATS[options["format"]](prepared, as_of):
            self.stdout.write(text, ending="")


def _check_dialect(name: str | None, output: str) -> str | None:
    if name is None:
        return None
    if name not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise Refused(f"--dialect: there is no dialect {quote(name)}. Choose one of {known}.")
    if output != "sql":
        raise Refused("--dialect: only --format sql takes a dialect.")
    return name


def _ids(prepared: Prepared, as_of: datetime) -> Iterator[str]:
    for ids in _id_lists(prepared, as_of):
        yield "".join(f"{each}\n" for each in ids)


def _count(prepared: Prepared, as_of: datetime) -> Iterator[str]:
    yield f"{evaluation.count_members(prepared, as_of=as_of)}\n"


def _json(prepared: Prepared, as_of: datetime) -> Iterator[str]:
    """One object, written as the ids arrive; the count comes last because it is known last."""
    head = {
        "dataset": prepared.dataset.name,
        "as_of": as_of.isoformat().replace("+00:00", "Z"),
        "sentence": evaluation.sentence(prepared),
        "warnings": [
            {"path": warning.path, "message": warning.message} for warning in prepared.warnings
        ],
    }
    yield f'{json.dumps(head, ensure_ascii=False)[:-1]}, "ids": ['
    count = 0
    for ids in _id_lists(prepared, as_of):
        lines = ", ".join(json.dumps(each, ensure_ascii=False) for each in ids)
        yield f", {lines}" if count else lines
        count += len(ids)
    yield f'], "count": {count}}}\n'


def _sentence(prepared: Prepared, as_of: datetime) -> Iterator[str]:
    yield f"{evaluation.sentence(prepared)}\n"


def _id_lists(prepared: Prepared, as_of: datetime) -> Iterator[list[str]]:
    for batch in evaluation.stream_members(prepared, as_of=as_of):
        if batch.num_rows:
            yield batch.column(0).to_pylist()


_FORMATS = {"ids": _ids, "count": _count, "json": _json, "sentence": _sentence}
