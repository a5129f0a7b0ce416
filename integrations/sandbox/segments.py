"""The segment builder's filters: read from an address, turned into SQL, checked for one person.

Rows joined by OR form a group, and groups are joined by AND, as in Braze.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

INCLUDES = "includes_value"
EXCLUDES = "does_not_include_value"
MAX_ROWS = 12
# Counting every person of all cohorts needs a walk over every member.
MAX_COUNTED = 300_000
_MEMBER = "EXISTS (SELECT 1 FROM members m WHERE m.cohort = ? AND m.profile = p.profile)"
_INSIDE = {INCLUDES: _MEMBER, EXCLUDES: f"NOT {_MEMBER}"}


@dataclass(frozen=True)
class Row:
    join: str  # "and" or "or": how it follows the row above
    operator: str
    cohort: int | None  # None: nothing chosen yet


def read_rows(query: dict[str, list[str]]) -> list[Row]:
    """The rows of the address, after the button that was pressed."""
    joins, operators = query.get("join", []), query.get("op", [])
    rows = []
    for number, value in enumerate(query.get("value", [])[:MAX_ROWS]):
        join = joins[number] if number < len(joins) else "and"
        operator = operators[number] if number < len(operators) else INCLUDES
        known = value.isascii() and value.isdigit() and len(value) < 16
        rows.append(
            Row(
                "or" if join == "or" else "and",
                EXCLUDES if operator == EXCLUDES else INCLUDES,
                int(value) if known else None,
            )
        )
    dropped = query.get("drop", [""])[0]
    if dropped.isascii() and dropped.isdigit() and int(dropped) < len(rows):
        del rows[int(dropped)]
    more = query.get("more", [""])[0]
    if more in ("and", "or") and len(rows) < MAX_ROWS:
        rows.append(Row(more, INCLUDES, None))
    return rows or [Row("and", INCLUDES, None)]


def group_rows(rows: list[Row]) -> list[list[Row]]:
    """Rows with a cohort, OR inside a group, AND between groups."""
    groups: list[list[Row]] = []
    for row in rows:
        if row.cohort is None:
            continue
        if row.join == "or" and groups:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


class Segments:
    """Answers about segments in one moment of the state. `listed`: the fixture names the people."""

    def __init__(self, db: sqlite3.Connection, *, listed: bool) -> None:
        self._db = db
        self._everyone = (
            "SELECT profile FROM profiles" if listed else "SELECT DISTINCT profile FROM members"
        )
        self._listed = listed

    def count(self, groups: list[list[Row]]) -> int | None:
        """People in the segment; None when no filter is set."""
        if not groups:
            return None
        single = _single(groups)
        if single is not None:
            found = self._db.execute("SELECT size FROM cohorts WHERE pk = ?", (single,)).fetchone()
            return int(found[0]) if found else 0
        query, values = self._people(groups)
        return int(self._db.execute(f"SELECT count(*) FROM ({query})", values).fetchone()[0])  # noqa: S608

    def count_everyone(self) -> int | None:
        """All people known here, unless counting them would take long."""
        total = self._db.execute("SELECT coalesce(sum(size), 0) FROM cohorts").fetchone()[0]
        if not self._listed and total > MAX_COUNTED:
            return None
        return int(self._db.execute(f"SELECT count(*) FROM ({self._everyone})").fetchone()[0])  # noqa: S608

    def members(self, groups: list[list[Row]], after: str, limit: int) -> list[sqlite3.Row]:
        """A page of the segment, with the request that added them when it is one cohort."""
        if not groups:
            return []
        single = _single(groups)
        if single is not None:
            return list_members(self._db, single, after, limit)
        query, values = self._people(groups)
        sql = (
            f"SELECT profile, NULL AS request, NULL AS time FROM ({query})"  # noqa: S608
            " WHERE profile > ? ORDER BY profile LIMIT ?"
        )
        return self._db.execute(sql, (*values, after, limit)).fetchall()

    def _people(self, groups: list[list[Row]]) -> tuple[str, list[Any]]:
        """Walk the smallest known set, and ask of each person whether every group holds."""
        base = next((g for g in groups if all(row.operator == INCLUDES for row in g)), [])
        people, values = self._everyone, [row.cohort for row in base]
        if base:
            marks = ", ".join("?" * len(base))
            many = "DISTINCT " if len(base) > 1 else ""
            people = f"SELECT {many}profile FROM members WHERE cohort IN ({marks})"  # noqa: S608
        conditions = ["1"]
        for group in groups:
            if group is not base:
                conditions.append(f"({' OR '.join(_INSIDE[row.operator] for row in group)})")
                values += [row.cohort for row in group]
        return f"SELECT p.profile FROM ({people}) p WHERE {' AND '.join(conditions)}", values  # noqa: S608

    # -- one person -------------------------------------------------------------

    def knows(self, profile: str) -> bool:
        if not self._listed:
            return True
        query = "SELECT 1 FROM profiles WHERE profile = ?"
        return self._db.execute(query, (profile,)).fetchone() is not None

    def unmet(self, groups: list[list[Row]], profile: str) -> list[list[Row]]:
        """The groups of which no row is true for this person."""
        return [group for group in groups if not any(self._holds(r, profile) for r in group)]

    def _holds(self, row: Row, profile: str) -> bool:
        query = "SELECT 1 FROM members WHERE cohort = ? AND profile = ?"
        inside = self._db.execute(query, (row.cohort, profile)).fetchone() is not None
        return inside is (row.operator == INCLUDES)

    def cohorts_of(self, profile: str) -> list[sqlite3.Row]:
        query = (
            "SELECT c.pk, c.id, c.name, c.attribute, r.time FROM cohorts c"
            " JOIN members m ON m.cohort = c.pk LEFT JOIN requests r ON r.number = m.request"
            " WHERE m.profile = ? ORDER BY c.name"
        )
        return self._db.execute(query, (profile,)).fetchall()


def _single(groups: list[list[Row]]) -> int | None:
    """The cohort, when the segment is just that cohort."""
    if len(groups) == 1 and len(groups[0]) == 1 and groups[0][0].operator == INCLUDES:
        return groups[0][0].cohort
    return None


def list_members(db: sqlite3.Connection, cohort: int, after: str, limit: int) -> list[sqlite3.Row]:
    query = (
        "SELECT m.profile, m.request, r.time FROM members m"
        " LEFT JOIN requests r ON r.number = m.request"
        " WHERE m.cohort = ? AND m.profile > ? ORDER BY m.profile LIMIT ?"
    )
    return db.execute(query, (cohort, after, limit)).fetchall()
