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
from typing import NamedTuple

import duckdb
import pyarrow as pa

from cohorts import membership
from cohorts.models import Cohort
from integrations.fail_points import reach
from integrations.models import Connection, ImportBatch, ImportRun, Ledger, RefusedMember
from integrations.plan_batches import QUIET_PERIOD
from integrations.planning import NO_DOUBTS, NO_IDS, Holdings, IdentifiedBy
from integrations.scratch import scratch_database, view_of

_REFUSED = pa.schema([("batch", pa.int32()), ("id", pa.string())])


def get_ledger(cohort: Cohort, connection: Connection) -> Ledger:
    """The ledger of a cohort in a workspace; an empty one is opened on first use."""
    ledger, _ = Ledger.objects.get_or_create(
        cohort=cohort,
        connection=connection,
        defaults={"braze_cohort_id": f"coh_{secrets.token_hex(12)}"},
    )
    return ledger


def holdings_of(
    ledger: Ledger | None, members: Path | None, identified: IdentifiedBy | None = None
) -> Holdings:
    """The files a plan for this ledger starts from, each checked against its checksum."""
    if ledger is None:
        return Holdings(members=members, confirmed=None, in_doubt=None, identified_by=identified)
    return Holdings(
        members=members,
        confirmed=_checked(ledger.confirmed_file, ledger.confirmed_sha256),
        in_doubt=_checked(ledger.in_doubt_file, ledger.in_doubt_sha256),
        ever_sent=_checked(ledger.ever_sent_file, ledger.ever_sent_sha256),
        identified_by=identified,
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
    outcomes = outcomes_of(run.batch_set.exclude(state=ImportBatch.State.PLANNED))
    refused = RefusedMember.objects.filter(batch__run=run)
    plan = membership.verify(run.plan_file, run.plan_sha256)
    prefix = f"ledgers/{ledger.pk}/run-{run.pk}-{run.lease_epoch}"
    return settle_files(
        holdings_of(ledger, None),
        plan,
        outcomes,
        now=datetime.now(UTC),
        prefix=prefix,
        refused=refused.values_list("batch__number", "identifier").iterator(),
    )


def settle_files(
    holdings: Holdings,
    plan: Path,
    outcomes: list[Outcome],
    *,
    now: datetime,
    prefix: str,
    refused: Iterable[tuple[int, str]] = (),
) -> Settled:
    """What is held after the answers, stored under names that begin with `prefix`.

    `refused`: batch and id of those that Braze refused while it took the rest of the batch.
    """
    with scratch_database() as db:
        _load(db, holdings, plan, outcomes, list(refused), quiet_since=now - QUIET_PERIOD)
        confirmed = store(db, f"{prefix}-confirmed.parquet", _CONFIRMED)
        reach("ledger_half_written")
        return Settled(
            confirmed=confirmed,
            in_doubt=store(db, f"{prefix}-in-doubt.parquet", _IN_DOUBT),
            ever_sent=store(db, f"{prefix}-ever-sent.parquet", _EVER_SENT),
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


class Outcome(NamedTuple):
    """How far one batch got. `sent_at`: when it last left, UTC without a zone."""

    batch: int
    acknowledged: bool
    # Acknowledged, yet an earlier try of it, or a queue at Braze, may still apply it later.
    echo: bool
    sent_at: datetime | None


def outcomes_of(batches: Iterable[ImportBatch]) -> list[Outcome]:
    """Of the batches that Braze may have. A refused one changed nothing."""
    rows: list[Outcome] = []
    for batch in batches:
        acknowledged = batch.state == ImportBatch.State.ACKNOWLEDGED
        in_doubt = batch.state in (ImportBatch.State.SENDING, ImportBatch.State.UNKNOWN)
        if acknowledged or in_doubt:
            sent = batch.last_sent_at
            naive = sent.astimezone(UTC).replace(tzinfo=None) if sent else None
            rows.append(Outcome(batch.number, acknowledged, batch.may_echo, naive))
    return rows


def _load(
    db: duckdb.DuckDBPyConnection,
    holdings: Holdings,
    plan: Path,
    outcomes: list[Outcome],
    refused: list[tuple[int, str]],
    *,
    quiet_since: datetime,
) -> None:
    db.execute(
        "CREATE TEMP TABLE outcomes "
        "(batch INTEGER, acknowledged BOOLEAN, echo BOOLEAN, sent_at TIMESTAMP)"
    )
    if outcomes:
        db.executemany("INSERT INTO outcomes VALUES (?, ?, ?, ?)", outcomes)
    db.execute(
        "CREATE TEMP TABLE quiet AS SELECT CAST($since AS TIMESTAMP) AS since",
        {"since": quiet_since.astimezone(UTC).replace(tzinfo=None)},
    )
    view_of(db, "plan", plan, "")
    view_of(db, "confirmed", holdings.confirmed, NO_IDS)
    view_of(db, "in_doubt", holdings.in_doubt, NO_DOUBTS)
    view_of(db, "ever_sent", holdings.ever_sent, NO_IDS)
    batches, ids = [batch for batch, _id in refused], [id for _batch, id in refused]
    db.register("refused", pa.table({"batch": batches, "id": ids}, schema=_REFUSED))
    # Who was refused is where they were before, unless an earlier try without an answer may have
    # done what this one refused.
    db.execute(
        """
        CREATE TEMP VIEW answers AS
        SELECT batch, remove, id, acknowledged AND refused.id IS NULL AS acknowledged, echo,
               sent_at
        FROM plan JOIN outcomes USING (batch) LEFT JOIN refused USING (batch, id)
        WHERE refused.id IS NULL OR echo
        """
    )


# An unanswered request leaves `confirmed` as it was: whether the id is in Braze is unknown
# either way, and the next plan asserts it again in the direction wanted then.
_CONFIRMED = """
    SELECT id FROM confirmed ANTI JOIN
        (SELECT id FROM answers WHERE acknowledged AND remove) USING (id)
    UNION
    SELECT id FROM answers WHERE acknowledged AND NOT remove
"""
# One row an id, the gravest first: unanswered now; answered now after an unanswered try; in doubt
# before and answered now, when the unanswered request may still arrive; untouched by this run.
_IN_DOUBT = """
    SELECT id, remove, sent_at, echo FROM (
        SELECT id, remove, sent_at, false AS echo, 1 AS rank FROM answers WHERE NOT acknowledged
        UNION ALL
        SELECT id, remove, sent_at, true, 2 FROM answers WHERE acknowledged AND echo
        UNION ALL
        SELECT id, remove, sent_at, true, 3 FROM in_doubt SEMI JOIN answers USING (id)
        UNION ALL
        SELECT id, remove, sent_at, echo, 4 FROM in_doubt ANTI JOIN answers USING (id)
    )
    WHERE NOT echo OR sent_at > (SELECT since FROM quiet)
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY rank) = 1
"""
_EVER_SENT = """
    SELECT id FROM ever_sent UNION SELECT id FROM answers
"""


def store(db: duckdb.DuckDBPyConnection, name: str, query: str) -> membership.StoredFile:
    def write(draft: Path) -> None:
        db.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY id) TO $draft "
            "(FORMAT parquet, COMPRESSION zstd)",
            {"draft": str(draft)},
        )

    return membership.write_file(name, write)
