"""Who is in a cohort, page by page in the order of their ids, and all of them as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from django.conf import settings

from cohorts import membership
from cohorts.csv_lines import write_line
from cohorts.evaluation import Prepared, compiling, opened, stream_members
from cohorts.models import Cohort, Snapshot
from cohorts.sql.compile import compile_count, compile_member_page, to_sql
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.id_sets import find_present

PAGE_SIZE = 50
# How many stored sets are looked through for since when somebody is in.
LOOKED_BACK = 12


@dataclass(frozen=True)
class Entry:
    """`since` is when an import first found them, of those it has found ever since; `is_older` if
    that was the oldest one looked at."""

    id: str
    since: datetime | None = None
    is_older: bool = False


@dataclass(frozen=True)
class MemberPage:
    entries: tuple[Entry, ...]
    as_of: datetime
    has_next: bool
    # Of the whole cohort; only the first page without a search has counted it.
    total: int | None = None

    @property
    def last_id(self) -> str:
        return self.entries[-1].id if self.entries else ""


def read_page(
    cohort: Cohort, prepared: Prepared, *, now: datetime, prefix: str = "", after: str = ""
) -> MemberPage:
    """Raises WarehouseError."""
    given = compiling(prepared, now)
    query = compile_member_page(
        prepared.definition, **given, limit=PAGE_SIZE + 1, after=after, prefix=prefix
    )
    engine = prepared.dataset.engine
    total = None
    with opened(prepared, settings.PREVIEW_TIME_LIMIT) as warehouse:
        ids = [str(row[0]) for row in warehouse.rows(to_sql(query, engine))]
        if not prefix and not after:
            count = to_sql(compile_count(prepared.definition, **given), engine)
            ((total,),) = warehouse.rows(count)
    shown = ids[:PAGE_SIZE]
    return MemberPage(
        entries=tuple(date_entries(shown, _find_sets(cohort, shown))),
        as_of=now,
        has_next=len(ids) > PAGE_SIZE,
        total=None if total is None else int(total),
    )


def date_entries(ids: Sequence[str], sets: Sequence[tuple[datetime, set[str]]]) -> Iterator[Entry]:
    """`sets` are who was in at an instant, latest first."""
    for user in ids:
        since = None
        is_older = bool(sets)
        for at, members in sets:
            if user not in members:
                is_older = False
                break
            since = at
        yield Entry(user, since, is_older)


def csv_lines(prepared: Prepared, *, as_of: datetime, raw: bool = False) -> Iterator[str]:
    """A header and a line per id. What a spreadsheet would take for a formula is quoted by an
    apostrophe, unless it is `raw`. Raises WarehouseError at once if nothing can be had."""
    batches = stream_members(prepared, as_of=as_of)
    # The first answer is waited for here, while the page can still say what went wrong.
    first = next(batches, None)
    return _write_lines(first, batches, raw=raw)


def _write_lines(
    first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch], *, raw: bool
) -> Iterator[str]:
    yield write_line(["user_id"])
    batch = first
    while batch is not None:
        ids = batch.column(0).to_pylist()
        yield "".join(write_line([each], raw=raw) for each in ids)
        batch = next(rest, None)


def _find_sets(cohort: Cohort, ids: Sequence[str]) -> list[tuple[datetime, set[str]]]:
    """Of the latest snapshots that kept who was in; one that is gone ends the list."""
    if not ids:
        return []
    snapshots = Snapshot.objects.filter(version__cohort=cohort).exclude(file="")
    found: list[tuple[datetime, set[str]]] = []
    with suppress(WarehouseError):
        for as_of, file in snapshots.values_list("as_of", "file")[:LOOKED_BACK]:
            path = membership.path_of(file)
            if not path.exists():
                break
            found.append((as_of, find_present(ids, path)))
    return found
