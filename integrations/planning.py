"""From who should be in Braze and what Braze holds to what has to be sent.

Works on Parquet files only, by DuckDB, so ten million ids need no more memory than its limit.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from integrations.pace import paced

BATCH_IDS = 1000
# A request may hold 1 MB. Ids are weighed as JSON writes them; the rest of the body and the one
# id that can cross the line (987 control characters, six bytes each) fit in what is left.
BATCH_BYTES = 993_000
ID_BYTES = 987
# How long an id in doubt waits before it is sent the opposite way: a request without an answer
# may still arrive after its time-out.
QUIET_PERIOD = timedelta(seconds=paced(300))
MEMORY_LIMIT = "512MB"

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


@dataclass(frozen=True, kw_only=True)
class PlannedBatch:
    number: int
    added: int
    removed: int
    not_before: datetime | None
    # Adds people whom a removal of this run may take out again if it arrives late.
    after_removals: bool


@contextmanager
def scratch_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that spills to a folder of its own and is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="plan-")
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": "2",
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def count_changes(
    holdings: Holdings, *, now: datetime, repair: bool = False, most_ids: int = BATCH_IDS
) -> Counts:
    """What a plan would hold, without keeping one."""
    with scratch_database() as db:
        _load(db, holdings, repair=repair)
        return _count(db, _number_batches(db, now, most_ids))


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
        batches = _number_batches(db, now, most_ids)
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


def view_of(
    db: duckdb.DuckDBPyConnection, name: str, path: Path | None, empty_columns: str
) -> None:
    if path is None:
        db.execute(f"CREATE TEMP VIEW {name} AS SELECT {empty_columns} WHERE false")
    else:
        # A view cannot take a parameter; the relation API quotes the path instead.
        db.read_parquet(str(path)).create_view(name)


def _number_batches(
    db: duckdb.DuckDBPyConnection, now: datetime, most_ids: int
) -> list[PlannedBatch]:
    """Make the table `numbered` (batch, remove, id, not_before) and list its batches."""
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
