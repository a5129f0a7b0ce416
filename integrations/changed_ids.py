"""The ids that a run added or removed, as a file to download."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cohorts import membership
from cohorts.csv_lines import write_line
from integrations.braze.identifiers import show_identifier
from integrations.models import ImportBatch, ImportRun, RefusedMember
from integrations.scratch import scratch_database

PAGE = 2000


def has_ids(run: ImportRun) -> bool:
    """Whether its plan is kept: not before it is drawn, and not for ever."""
    return bool(run.plan_file) and membership.path_of(run.plan_file).exists()


def stream_ids(run: ImportRun, change: str, *, raw: bool = False) -> Iterator[str]:
    """Lines of CSV: the id, and what became of the request it was in. Raises `StoreError`."""
    plan = membership.verify(run.plan_file, run.plan_sha256)
    states = dict(run.batch_set.values_list("number", "state"))
    refused = set(
        RefusedMember.objects.filter(batch__run=run).values_list("batch__number", "identifier")
    )
    return _lines(_rows(plan, states, refused, remove=change == "removed"), change, raw=raw)


def _lines(rows: Iterator[tuple[str, str]], change: str, *, raw: bool) -> Iterator[str]:
    yield write_line(["id", "change", "state"])
    for id, state in rows:
        yield write_line([show_identifier(id), change, state], raw=raw)


def _rows(
    plan: Path, states: dict[int, str], refused: set[tuple[int, str]], *, remove: bool
) -> Iterator[tuple[str, str]]:
    with scratch_database() as db:
        db.execute(
            "SELECT batch, id FROM read_parquet($plan) WHERE remove = $remove ORDER BY batch, id",
            {"plan": str(plan), "remove": remove},
        )
        while page := db.fetchmany(PAGE):
            for batch, id in page:
                is_refused = (batch, id) in refused
                state = states.get(batch, ImportBatch.State.PLANNED)
                yield id, ImportBatch.State.REFUSED if is_refused else state
