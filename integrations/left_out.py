"""Members that an import did not bring to Braze, each with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from cohorts import membership
from cohorts.retelling import retell
from integrations.braze.identifiers import show_identifier
from integrations.changed_ids import Echo, safe_cell
from integrations.models import ImportRun, RefusedMember

HEADER = ["member", "identifier", "problem", "detail"]


def has_left_out(run: ImportRun) -> bool:
    return bool(run.left_out_file or run.refused)


def stream_left_out(run: ImportRun, *, raw: bool = False) -> Iterator[str]:
    """Lines of CSV. Raises `StoreError`. Cells are quoted for spreadsheets, unless `raw`."""
    path = None
    if run.left_out_file:
        path = membership.verify(run.left_out_file, run.left_out_sha256)
    return _lines(run, path, raw=raw)


def _lines(run: ImportRun, path: Path | None, *, raw: bool) -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    yield writer.writerow(HEADER)
    if path is not None:
        for page in pq.ParquetFile(path).iter_batches(5_000):
            for row in page.to_pylist():
                cells = [safe_cell(row[name] or "", raw=raw) for name in ("member", "id")]
                yield writer.writerow([*cells, row["problem"], ""])
    refused = RefusedMember.objects.filter(batch__run=run).order_by("batch__number", "pk")
    for each in refused.iterator(chunk_size=2_000):
        # Braze knows identifiers alone; of a user id it is the member too.
        member = "" if run.identifier else each.identifier
        problem = _("refused to remove") if each.remove else _("refused by Braze")
        cells = [member, show_identifier(each.identifier), retell(each.reason)]
        shown, identifier, reason = (safe_cell(cell, raw=raw) for cell in cells)
        yield writer.writerow([shown, identifier, problem, reason])
