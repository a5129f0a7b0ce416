"""How many, or exactly who, was in a cohort at one instant."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from cohorts import membership
from cohorts.evaluation import (
    Prepared,
    compiled_sql,
    count_members,
    count_on,
    opened,
    prepare,
    stream_members,
)
from cohorts.models import CohortVersion, Snapshot
from cohorts.warehouses import OnConnection


def take_snapshot(
    version: CohortVersion,
    *,
    as_of: datetime,
    on_connection: OnConnection | None = None,
) -> Snapshot:
    """Keep the members' ids, sorted, in a file of the membership store."""
    prepared = _prepared(version)
    started = time.monotonic()
    stored = membership.write_ids(
        stream_members(prepared, as_of=as_of, on_connection=on_connection),
        name=_file_name(version, as_of),
    )
    return _record(
        version, prepared, as_of, stored.rows, started, file=stored.name, sha256=stored.sha256
    )


def record_count(
    version: CohortVersion,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Snapshot:
    """Keep the size alone."""
    prepared = _prepared(version)
    started = time.monotonic()
    size = count_members(prepared, as_of=as_of, time_limit=time_limit, on_connection=on_connection)
    return _record(version, prepared, as_of, size, started)


def record_counts(version: CohortVersion, instants: Iterable[datetime]) -> None:
    """Keep the sizes at several instants, counted on one connection."""
    prepared = _prepared(version)
    with opened(prepared) as warehouse:
        for as_of in instants:
            started = time.monotonic()
            size = count_on(warehouse, prepared, as_of=as_of)
            _record(version, prepared, as_of, size, started)


def _prepared(version: CohortVersion) -> Prepared:
    cohort = version.cohort
    # A load may have replaced the file since this row was read.
    cohort.dataset.refresh_from_db()
    return prepare(cohort.dataset, version.definition, exclude_slug=cohort.slug)


def _record(
    version: CohortVersion,
    prepared: Prepared,
    as_of: datetime,
    size: int,
    started: float,
    *,
    file: str = "",
    sha256: str = "",
) -> Snapshot:
    return Snapshot.objects.create(
        version=version,
        as_of=as_of,
        size=size,
        file=file,
        sha256=sha256,
        sql=compiled_sql(prepared, as_of=as_of),
        dataset_file=prepared.dataset.file,
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _file_name(version: CohortVersion, as_of: datetime) -> str:
    instant = as_of.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"{version.cohort.slug}.v{version.number}.{instant}"
    return f"snapshots/{stem}.{secrets.token_hex(4)}.parquet"
