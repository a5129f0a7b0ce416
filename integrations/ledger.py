"""What Braze holds of a cohort by our record, and how a run changes that record.

Ids live in immutable Parquet files; the ledger row points to the current ones. A run's answers are
settled into new files, and the pointers move in the transaction that closes the run.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cohorts import membership
from cohorts.models import Cohort
from integrations.models import Connection, ImportBatch, ImportRun, Ledger
from integrations.planning import Holdings, scratch_database


def get_ledger(cohort: Cohort, connection: Connection) -> Ledger:
    """The ledger of a cohort in a workspace; an empty one is opened on first use."""
    ledger, _ = Ledger.objects.get_or_create(
        cohort=cohort,
        connection=connection,
        defaults={"braze_cohort_id": f"coh_{secrets.token_hex(12)}"},
    )
    return ledger


def holdings_of(ledger: Ledger | None, members: Path | None) -> Holdings:
    """The files a plan for this ledger starts from, each checked against its checksum."""
    if ledger is None:
        return Holdings(members=members, confirmed=None, in_doubt=None, ever_sent=None)
    return Holdings(
        members=members,
        confirmed=_checked(ledger.confirmed_file, ledger.confirmed_sha256),
        in_doubt=_checked(ledger.in_doubt_file, ledger.in_doubt_sha256),
        ever_sent=_checked(ledger.ever_sent_file, ledger.ever_sent_sha256),
    )


def _checked(name: str, sha256: str) -> Path | None:
    return membership.verify(name, sha256) if name else None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The new files of a ledger, stored but not yet pointed to."""

    confirmed: membership.StoredFile
    in_doubt: membership.StoredFile
    ever_sent: membership.StoredFile


def settle(ledger: Ledger, run: ImportRun) -> Settled:
    """Work the answers to a run's batches into new ledger files."""
    outcomes = _outcomes(run.batch_set.exclude(state=ImportBatch.State.PLANNED))
    plan = membership.verify(run.plan_file, run.plan_sha256)
    holdings = holdings_of(ledger, None)
    with scratch_database() as db:
        _load(db, holdings, plan, outcomes)
        prefix = f"ledgers/{ledger.pk}/run-{run.pk}-{run.lease_epoch}"
        return Settled(
            confirmed=_store(db, f"{prefix}-confirmed.parquet", _CONFIRMED),
            in_doubt=_store(db, f"{prefix}-in-doubt.parquet", _IN_DOUBT),
            ever_sent=_store(db, f"{prefix}-ever-sent.parquet", _EVER_SENT),
        )


def point_to(ledger: Ledger, settled: Settled) -> None:
    """Move the pointers. Belongs in the transaction that closes the run."""
    Ledger.objects.filter(pk=ledger.pk).update(
        **_pointer("confirmed", settled.confirmed),
        **_pointer("in_doubt", settled.in_doubt),
        **_pointer("ever_sent", settled.ever_sent),
        updated_at=datetime.now(UTC),
    )


def _pointer(field: str, stored: membership.StoredFile) -> dict[str, object]:
    return {
        f"{field}_file": stored.name,
        f"{field}_sha256": stored.sha256,
        f"{field}_count": stored.rows,
    }


_Outcome = tuple[int, bool, bool, datetime | None]


def _outcomes(batches: Iterable[ImportBatch]) -> list[_Outcome]:
    """(batch, acknowledged, in doubt, last sent) of every batch that was ever sent."""
    rows: list[_Outcome] = []
    for batch in batches:
        acknowledged = batch.state == ImportBatch.State.ACKNOWLEDGED
        in_doubt = batch.state in (ImportBatch.State.SENDING, ImportBatch.State.UNKNOWN)
        if acknowledged or in_doubt:
            sent = batch.last_sent_at
            naive = sent.astimezone(UTC).replace(tzinfo=None) if sent else None
            rows.append((batch.number, acknowledged, in_doubt, naive))
    return rows


def _load(
    db: duckdb.DuckDBPyConnection, holdings: Holdings, plan: Path, outcomes: list[_Outcome]
) -> None:
    db.execute(
        "CREATE TEMP TABLE outcomes "
        "(batch INTEGER, acknowledged BOOLEAN, doubtful BOOLEAN, sent_at TIMESTAMP)"
    )
    if outcomes:
        db.executemany("INSERT INTO outcomes VALUES (?, ?, ?, ?)", outcomes)
    db.read_parquet(str(plan)).create_view("plan")
    db.execute("CREATE TEMP VIEW answers AS SELECT * FROM plan JOIN outcomes USING (batch)")
    for name, path, empty in [
        ("confirmed", holdings.confirmed, "CAST(NULL AS VARCHAR) AS id"),
        (
            "in_doubt",
            holdings.in_doubt,
            "CAST(NULL AS VARCHAR) AS id, false AS remove, CAST(NULL AS TIMESTAMP) AS sent_at",
        ),
        ("ever_sent", holdings.ever_sent, "CAST(NULL AS VARCHAR) AS id"),
    ]:
        if path is None:
            db.execute(f"CREATE TEMP VIEW {name} AS SELECT {empty} WHERE false")
        else:
            db.read_parquet(str(path)).create_view(name)


# An unanswered request leaves `confirmed` as it was: whether the id is in Braze is unknown
# either way, and the next plan asserts it again in the direction wanted then.
_CONFIRMED = """
    SELECT id FROM confirmed ANTI JOIN
        (SELECT id FROM answers WHERE acknowledged AND remove) USING (id)
    UNION
    SELECT id FROM answers WHERE acknowledged AND NOT remove
"""
_IN_DOUBT = """
    SELECT id, remove, sent_at FROM in_doubt ANTI JOIN answers USING (id)
    UNION ALL
    SELECT id, remove, sent_at FROM answers WHERE doubtful
"""
_EVER_SENT = """
    SELECT id FROM ever_sent UNION SELECT id FROM answers
"""


def _store(db: duckdb.DuckDBPyConnection, name: str, query: str) -> membership.StoredFile:
    def write(draft: Path) -> None:
        db.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY id) TO $draft "
            "(FORMAT parquet, COMPRESSION zstd)",
            {"draft": str(draft)},
        )

    return membership.write_file(name, write)
