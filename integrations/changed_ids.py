"""The ids that a run added or removed, as a file to download."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cohorts import membership
from integrations.models import ImportBatch, ImportRun
from integrations.planning import scratch_database

PAGE = 2000
# What a spreadsheet takes for the beginning of a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def has_ids(run: ImportRun) -> bool:
    """Whether its plan is kept: not before it is drawn, and not for ever."""
    return bool(run.plan_file) and membership.path_of(run.plan_file).exists()


def stream_ids(run: ImportRun, change: str, *, raw: bool = False) -> Iterator[str]:
    """Lines of CSV: the id, and what became of the request it was in. Raises `StoreError`.

    A spreadsheet would run an id such as `=1+1`: a quote is put before it, unless `raw`.
    """
    plan = membership.verify(run.plan_file, run.plan_sha256)
    states = dict(run.batch_set.values_list("number", "state"))
    return _lines(_rows(plan, states, remove=change == "removed"), change, raw=raw)


def _lines(rows: Iterator[tuple[str, str]], change: str, *, raw: bool) -> Iterator[str]:
    writer: Any = csv.writer(_Echo())
    yield writer.writerow(["id", "change", "state"])
    for id, state in rows:
        safe = id if raw or not id.startswith(FORMULAS) else f"'{id}"
        yield writer.writerow([safe, change, state])


def _rows(plan: Path, states: dict[int, str], *, remove: bool) -> Iterator[tuple[str, str]]:
    with scratch_database() as db:
        db.execute(
            "SELECT batch, id FROM read_parquet($plan) WHERE remove = $remove ORDER BY batch, id",
            {"plan": str(plan), "remove": remove},
        )
        while page := db.fetchmany(PAGE):
            for batch, id in page:
                yield id, states.get(batch, ImportBatch.State.PLANNED)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line
