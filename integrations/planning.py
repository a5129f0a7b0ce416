"""From who should be in Braze and what Braze holds to what has to be sent.

Works on Parquet files only, by DuckDB, so ten million ids need no more memory than its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from integrations.plan_batches import BATCH_IDS, PlannedBatch, number_batches
from integrations.scratch import scratch_database, view_of

ID_BYTES = 987

# The columns of an empty set.
NO_IDS = "CAST(NULL AS VARCHAR) AS id"
NO_DOUBTS = f"{NO_IDS}, false AS remove, CAST(NULL AS TIMESTAMP) AS sent_at, false AS echo"


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The files a plan starts from. `None` is an empty set.

    `members`, `confirmed` and `ever_sent`: column id. `in_doubt`: id, remove, sent_at (UTC) and
    echo, one row an id. An echo is an id whose fate is known, but of which an earlier, unanswered
    request may still arrive: it only has to wait before it is sent the opposite way.
    """

    members: Path | None
    confirmed: Path | None
    in_doubt: Path | None
    ever_sent: Path | None = None
    # How Braze knows the members, where not by the id itself. `values`: id and value.
    identified_by: IdentifiedBy | None = None


@dataclass(frozen=True, kw_only=True)
class IdentifiedBy:
    mark: str
    most_bytes: int
    values: Path | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    size: int
    added: int
    removed: int
    unchanged: int
    blank: int
    invalid: int
    batches: int
    # Members whose identifier another member has too.
    duplicate: int = 0
    # Until when ids in doubt keep the end of the plan waiting; UTC without a zone.
    waits_until: datetime | None = None


def count_changes(
    holdings: Holdings, *, now: datetime, repair: bool = False, most_ids: int = BATCH_IDS
) -> Counts:
    """What a plan would hold, without keeping one."""
    with scratch_database() as db:
        _load(db, holdings, repair=repair)
        return _count(db, number_batches(db, now, most_ids))


def draw_plan(
    holdings: Holdings,
    draft: Path,
    *,
    now: datetime,
    repair: bool = False,
    most_ids: int = BATCH_IDS,
    left_out: Path | None = None,
) -> tuple[Counts, list[PlannedBatch]]:
    """Write the plan to `draft`: Parquet rows (batch, remove, id), batches numbered from 1.

    Removals come first, then additions; ids that must wait come last, in batches of their own.
    No id stands on both sides, none twice. `left_out` gets the members without a place in it,
    as rows (member, id, problem).
    """
    with scratch_database() as db:
        _load(db, holdings, repair=repair)
        batches = number_batches(db, now, most_ids)
        db.execute(
            "COPY (SELECT batch, remove, id FROM numbered ORDER BY batch, remove DESC, id) "
            "TO $draft (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)",
            {"draft": str(draft)},
        )
        if left_out is not None:
            db.execute(
                "COPY (SELECT member, raw AS id, problem FROM classed WHERE problem IS NOT NULL "
                "ORDER BY member) TO $draft (FORMAT parquet, COMPRESSION zstd)",
                {"draft": str(left_out)},
            )
        return _count(db, batches), batches


def _load(db: duckdb.DuckDBPyConnection, holdings: Holdings, *, repair: bool) -> None:
    view_of(db, "everyone", holdings.members, NO_IDS)
    view_of(db, "confirmed", holdings.confirmed, NO_IDS)
    view_of(
        db,
        "in_doubt",
        holdings.in_doubt,
        NO_DOUBTS,
    )
    view_of(db, "ever_sent", holdings.ever_sent, NO_IDS)
    _class_members(db, holdings.identified_by)
    db.execute("CREATE TEMP TABLE members AS SELECT id FROM classed WHERE problem IS NULL")
    # A repair trusts no record: every member is sent again, and everyone who was ever sent
    # and is no member is removed again.
    doubted = "SELECT id FROM in_doubt WHERE NOT echo"
    held = f"SELECT id FROM confirmed UNION {doubted}"
    settled = f"SELECT id FROM confirmed ANTI JOIN ({doubted}) USING (id)"
    if repair:
        held += " UNION SELECT id FROM ever_sent"
        settled = "SELECT id FROM confirmed WHERE false"
    db.execute(
        f"""
        CREATE TEMP TABLE changes AS
        SELECT id, false AS remove FROM members ANTI JOIN ({settled}) USING (id)
        UNION ALL
        SELECT id, true AS remove FROM ({held}) ANTI JOIN members USING (id)
        """
    )


def _class_members(db: duckdb.DuckDBPyConnection, by: IdentifiedBy | None) -> None:
    """Make `classed` (member, raw, id, problem): the identifier of each, or why it has none."""
    raw, mark, most, source = "id", "", ID_BYTES, "everyone"
    if by is not None:
        mark, most = by.mark, by.most_bytes
        if by.values is not None:
            view_of(db, "property_values", by.values, "")
            db.execute(
                "CREATE TEMP TABLE valued AS SELECT everyone.id, min(value) AS value "
                "FROM everyone LEFT JOIN property_values USING (id) GROUP BY everyone.id"
            )
            raw, source = "value", "valued"
    written = mark.replace("'", "''")
    problem = f"""
        CASE WHEN trim(coalesce({raw}, ''), E' \\t\\r\\n') = '' THEN 'blank'
             WHEN strlen({raw}) > {most} OR contains({raw}, chr(0)) OR contains({raw}, chr(31))
             THEN 'invalid' END
    """
    db.execute(
        f"""
        CREATE TEMP VIEW identified AS
        SELECT id AS member, {raw} AS raw, '{written}' || {raw} AS id, {problem} AS problem
        FROM {source}
        """
    )
    if source == "everyone":
        db.execute("CREATE TEMP VIEW classed AS SELECT * FROM identified")
        return
    # Of members that share an identifier the first stands for all.
    db.execute(
        """
        CREATE TEMP TABLE classed AS
        SELECT member, raw, id,
               CASE WHEN problem IS NULL AND row_number() OVER (
                        PARTITION BY id, problem IS NULL ORDER BY member
                    ) > 1 THEN 'duplicate' ELSE problem END AS problem
        FROM identified
        """
    )


def _count(db: duckdb.DuckDBPyConnection, batches: list[PlannedBatch]) -> Counts:
    [(size, blank, invalid, duplicate)] = db.execute(
        "SELECT count(*), count(*) FILTER (problem = 'blank'), "
        "count(*) FILTER (problem = 'invalid'), count(*) FILTER (problem = 'duplicate') "
        "FROM classed"
    ).fetchall()
    added = sum(batch.added for batch in batches)
    return Counts(
        size=size,
        added=added,
        removed=sum(batch.removed for batch in batches),
        unchanged=size - blank - invalid - duplicate - added,
        duplicate=duplicate,
        blank=blank,
        invalid=invalid,
        batches=len(batches),
        waits_until=max((each.not_before for each in batches if each.not_before), default=None),
    )
