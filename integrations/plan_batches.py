"""The batches of a plan: what one request may hold, in which order, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from integrations.pace import paced
from integrations.scratch import scratch_database

BATCH_IDS = 1000
# A request may hold 1 MB. Ids are weighed as JSON writes them; the rest of the body and the one
# id that can cross the line (987 control characters, six bytes each) fit in what is left.
BATCH_BYTES = 993_000
# How long an id in doubt waits before it is sent the opposite way: a request without an answer
# may still arrive after its time-out.
QUIET_PERIOD = timedelta(seconds=paced(300))


@dataclass(frozen=True, kw_only=True)
class PlannedBatch:
    number: int
    added: int
    removed: int
    not_before: datetime | None
    # Adds people whom a removal of this run may take out again if it arrives late.
    after_removals: bool


class PlanReader:
    """Reads batches of a plan file; one database for a whole slice of sending."""

    def __init__(self, plan: Path) -> None:
        self._plan = str(plan)
        self._scratch = scratch_database()
        self._db = self._scratch.__enter__()

    def __enter__(self) -> PlanReader:
        return self

    def __exit__(self, *details: object) -> None:
        self._scratch.__exit__(None, None, None)

    def read(self, number: int) -> tuple[list[str], list[str]]:
        """The ids to add and the ids to remove: always the same for one number."""
        rows = self._db.execute(
            "SELECT remove, id FROM read_parquet($plan) WHERE batch = $number "
            "ORDER BY remove DESC, id",
            {"plan": self._plan, "number": number},
        ).fetchall()
        return [id for remove, id in rows if not remove], [id for remove, id in rows if remove]


def number_batches(
    db: duckdb.DuckDBPyConnection, now: datetime, most_ids: int
) -> list[PlannedBatch]:
    """From the tables `changes` and `in_doubt` make `numbered` (batch, remove, id, not_before), and
    list its batches."""
    instant = f"TIMESTAMP '{now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
    quiet = f"INTERVAL {int(QUIET_PERIOD.total_seconds())} SECOND"
    # An alias or a device id may belong to a profile that another identifier names too, so that
    # what is removed would undo what is added. There every addition follows all removals.
    [(mixed,)] = db.execute(
        "SELECT coalesce(bool_or(starts_with(id, chr(31))), false) FROM changes"
    ).fetchall()
    late = (
        f"(SELECT max(sent_at) + {quiet} FROM in_doubt WHERE in_doubt.remove)" if mixed else "NULL"
    )
    db.execute(
        f"""
        CREATE TEMP VIEW timed AS
        SELECT changes.id, changes.remove,
               CASE WHEN in_doubt.remove <> changes.remove
                         AND in_doubt.sent_at + {quiet} > {instant}
                    THEN in_doubt.sent_at + {quiet}
                    WHEN NOT changes.remove AND {late} > {instant} THEN {late}
                    END AS not_before
        FROM changes LEFT JOIN in_doubt ON in_doubt.id = changes.id
        """
    )
    turn = "CASE WHEN NOT remove THEN 2 WHEN waits THEN 1 ELSE 0 END" if mixed else "waits::INT"
    # Chunks of so many ids; a chunk over the byte limit is cut again by its running weight.
    db.execute(
        f"""
        CREATE TEMP TABLE numbered AS
        WITH turned AS (
            SELECT *, {turn} AS turn FROM (SELECT *, not_before IS NOT NULL AS waits FROM timed)
        ), placed AS (
            SELECT *, (row_number() OVER (PARTITION BY turn ORDER BY remove DESC, id) - 1)
                      // {most_ids} AS chunk
            FROM turned
        ), weighed AS (
            SELECT *, sum(
                       strlen(to_json(id)) + CASE WHEN starts_with(id, chr(31)) THEN 40 ELSE 1 END
                   ) OVER (
                       PARTITION BY turn, chunk ORDER BY remove DESC, id
                       ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                   ) AS bytes
            FROM placed
        )
        SELECT dense_rank() OVER (
                   ORDER BY turn, chunk, CAST(bytes AS BIGINT) // {BATCH_BYTES}
               )::INTEGER AS batch,
               remove, id, not_before
        FROM weighed
        """
    )
    rows = db.execute(
        "SELECT batch, count(*) FILTER (NOT remove), count(*) FILTER (remove), max(not_before) "
        "FROM numbered GROUP BY batch ORDER BY batch"
    ).fetchall()
    return [
        PlannedBatch(
            number=number,
            added=added,
            removed=removed,
            not_before=not_before,
            after_removals=mixed and added > 0,
        )
        for number, added, removed, not_before in rows
    ]
