"""Members that an import did not bring to Braze, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from django.utils.translation import gettext as _

from cohorts import membership
from cohorts.csv_lines import write_line
from cohorts.retelling import retell
from integrations.braze.identifiers import show_identifier
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
    yield write_line(HEADER)
    if path is not None:
        for page in pq.ParquetFile(path).iter_batches(5_000):
            for row in page.to_pylist():
                yield write_line([row["member"], row["id"], row["problem"], ""], raw=raw)
    refused = RefusedMember.objects.filter(batch__run=run).order_by("batch__number", "pk")
    for each in refused.iterator(chunk_size=2_000):
        # Braze knows identifiers alone; of a user id it is the member too.
        member = "" if run.identifier else each.identifier
        problem = _("refused to remove") if each.remove else _("refused by Braze")
        cells = [member, show_identifier(each.identifier), problem, retell(each.reason)]
        yield write_line(cells, raw=raw)
