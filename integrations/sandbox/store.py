"""The sandbox's memory: cohorts, members and the request log, on disk."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.sandbox.fixture import ENABLED, Fixture, digest, parse_fixture
from integrations.sandbox.profiles import write_member
from integrations.sandbox.schema import StateError, open_reader, open_writer

Sides = list[tuple[bool, list[str]]]  # (should_remove, members), in the order they were sent


# By attribute and value of an array.
Arrays = dict[tuple[str, str], Sides]


@dataclass(frozen=True)
class Naming:
    name: str
    created_at: str


@dataclass
class Entry:
    """One line of the request log. Never holds a key or the id of a member."""

    method: str
    path: str
    status: int | None  # None: the connection was cut
    message: str = ""
    workspace: int | None = None
    cohort: str | None = None
    added: int = 0
    removed: int = 0
    fault: str | None = None
    size: int = 0
    sha256: str = ""
    warnings: list[str] = field(default_factory=list)


class Store:
    """One writer behind a lock; every reader has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._lock_file = _lock_state(path)
        try:
            self._db = open_writer(path)
        except StateError:
            self._lock_file.close()
            raise
        self._next_due = self._find_next_due()

    def close(self) -> None:
        with self._lock:
            self._db.close()
            self._lock_file.close()

    # -- fixture and control ------------------------------------------------

    def start(self, data: dict[str, Any], *, keep_cohorts: bool) -> Fixture:
        """The kept state, unless this start state is not the one it was started with.

        `keep_cohorts`: a changed start state brings new keys only, never fewer cohorts.
        """
        mark = digest(data)
        kept = self.get_meta("started_with")
        if kept == mark:
            return parse_fixture(json.loads(self.get_meta("fixture") or "{}"))
        fixture = parse_fixture(data)
        if kept is None or not keep_cohorts:
            self.replace(data)
        else:
            self.set_meta("fixture", json.dumps(data))
        self.set_meta("started_with", mark)
        return fixture

    def replace(self, data: dict[str, Any]) -> Fixture:
        """The fixture's cohorts and nothing else; the log begins anew."""
        fixture = parse_fixture(data)
        home = next((n for n, w in enumerate(fixture.workspaces) if w.state == ENABLED), 0)
        with self._transaction() as db:
            for table in ("pending", "requests", "members", "cohorts", "profiles"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
            db.execute("DELETE FROM meta WHERE key IN ('faults', 'switches')")
            people = ((write_member(each),) for each in fixture.users or ())
            db.executemany("INSERT OR IGNORE INTO profiles VALUES (?)", people)
            for identifier, cohort in fixture.cohorts.items():
                pk = self._cohort(home, identifier)
                db.execute("UPDATE cohorts SET name = ? WHERE pk = ?", (cohort.name, pk))
                self._change(pk, [(False, sorted(set(cohort.members)))], None)
            self._put("fixture", json.dumps(data))
        self._next_due = None
        return fixture

    def fixture_data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.get_meta("fixture") or "{}")
        return data

    def get_meta(self, key: str) -> str | None:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        with self._lock:
            self._put(key, value)

    def _put(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- the endpoints --------------------------------------------------

    def record(
        self, entry: Entry, operation: Naming | Sides | None = None, *, due: float | None = None
    ) -> int:
        """Log a request and let its operation take effect, in one transaction.

        With `due`, an instant to come, the operation waits until then.
        """
        with self._transaction() as db:
            self._apply_due()
            number = self._insert(entry)
            if operation is None or entry.workspace is None or entry.cohort is None:
                return number
            if isinstance(operation, Naming) or operation:
                pk = self._cohort(entry.workspace, entry.cohort)
                if due is None:
                    self._apply(pk, operation, number, entry.warnings)
                else:
                    self._postpone(pk, operation, number, due, entry.warnings)
            else:  # nothing to change, and done
                db.execute("UPDATE requests SET applied = 1 WHERE number = ?", (number,))
        return number

    def record_arrays(self, entry: Entry, arrays: Arrays, *, due: float | None = None) -> int:
        """The same for values of array attributes."""
        with self._transaction() as db:
            self._apply_due()
            number = self._insert(entry)
            db.execute("UPDATE requests SET applied = ? WHERE number = ?", (due is None, number))
            for (attribute, value), sides in arrays.items():
                if all(remove for remove, _members in sides) and not self._knows(
                    entry.workspace or 0, attribute, value
                ):
                    continue  # taking away what nobody has leaves no trace
                pk = self._array_value(entry.workspace or 0, attribute, value)
                if due is None:
                    self._apply(pk, sides, number, entry.warnings)
                else:
                    self._postpone(pk, sides, number, due, entry.warnings)
        return number

    def count_since(self, instant: float) -> int:
        """Requests logged since then: what the hourly limit counts."""
        with self._lock:
            query = "SELECT count(*) FROM requests WHERE time >= ?"
            return int(self._db.execute(query, (instant,)).fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One moment of the state, with everything that is due by now."""
        with closing(self.open_snapshot()) as connection:
            yield connection

    def open_snapshot(self) -> sqlite3.Connection:
        """Like `reading`, for an answer that is written bit by bit; the caller closes it."""
        if self._next_due is not None and self._next_due <= time.time():
            with self._transaction():
                self._apply_due()
        connection = open_reader(self.path)
        connection.execute("BEGIN")
        return connection

    # -- inside a transaction -----------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                self._next_due = self._find_next_due()
                raise
            self._db.execute("COMMIT")

    def _insert(self, entry: Entry) -> int:
        cursor = self._db.execute(
            "INSERT INTO requests (time, method, path, status, message, workspace, cohort, added,"
            " removed, applied, fault, bytes, sha256, warnings)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            (
                *(time.time(), entry.method, entry.path, entry.status, entry.message),
                *(entry.workspace, entry.cohort, entry.added, entry.removed),
                *(entry.fault, entry.size, entry.sha256, json.dumps(entry.warnings)),
            ),
        )
        return int(cursor.lastrowid or 0)

    def _cohort(self, workspace: int, identifier: str) -> int:
        query = "SELECT pk FROM cohorts WHERE workspace = ? AND id = ?"
        row = self._db.execute(query, (workspace, identifier)).fetchone()
        if row is None:
            insert = "INSERT INTO cohorts (workspace, id) VALUES (?, ?) RETURNING pk"
            row = self._db.execute(insert, (workspace, identifier)).fetchone()
        return int(row[0])

    def _knows(self, workspace: int, attribute: str, value: str) -> bool:
        query = "SELECT 1 FROM cohorts WHERE workspace = ? AND id = ?"
        found = self._db.execute(query, (workspace, f"{attribute}: {value}"))
        return found.fetchone() is not None

    def _array_value(self, workspace: int, attribute: str, value: str) -> int:
        pk = self._cohort(workspace, f"{attribute}: {value}")
        query = "UPDATE cohorts SET name = ?, attribute = ? WHERE pk = ? AND attribute IS NULL"
        self._db.execute(query, (value, attribute, pk))
        return pk

    def _apply(self, pk: int, operation: Naming | Sides, number: int, warnings: list[str]) -> None:
        name = self._db.execute("SELECT name FROM cohorts WHERE pk = ?", (pk,)).fetchone()[0]
        entered = left = 0
        if isinstance(operation, Naming):
            self._db.execute(
                "UPDATE cohorts SET name = ?, created_at = ?, changed_at = ? WHERE pk = ?",
                (operation.name, operation.created_at, time.time(), pk),
            )
            found = ["rename_without_need"] if name == operation.name else []
        else:
            entered, left = self._change(pk, operation, number)
            found = ["cohort_not_named"] if name is None else []
            if entered + left < sum(len(members) for _remove, members in operation):
                found.append("unchanged_member_sent_again")
        self._db.execute(
            'UPDATE requests SET entered = entered + ?, "left" = "left" + ?, applied = 1,'
            " warnings = ? WHERE number = ?",
            (entered, left, json.dumps(warnings + found), number),
        )

    def _change(self, pk: int, sides: Sides, number: int | None) -> tuple[int, int]:
        entered = left = 0
        for remove, members in sides:
            if remove:
                query = "DELETE FROM members WHERE cohort = ? AND profile = ?"
                left += self._db.executemany(query, ((pk, m) for m in members)).rowcount
            else:
                query = "INSERT OR IGNORE INTO members VALUES (?, ?, ?)"
                rows: Iterable[tuple[int, str, int | None]] = ((pk, m, number) for m in members)
                entered += self._db.executemany(query, rows).rowcount
        entered, left = max(entered, 0), max(left, 0)  # rowcount is -1 for an empty list
        self._db.execute(
            "UPDATE cohorts SET size = size + ?, changed_at = ? WHERE pk = ?",
            (entered - left, time.time(), pk),
        )
        return entered, left

    # -- changes that take effect later ---------------------------------------

    def _postpone(
        self, pk: int, operation: Naming | Sides, number: int, due: float, warnings: list[str]
    ) -> None:
        written: dict[str, Any] = {"pk": pk, "warnings": warnings}
        if isinstance(operation, Naming):
            written |= {"name": operation.name, "created_at": operation.created_at}
        else:
            written["sides"] = operation
        insert = "INSERT INTO pending (due, request, operation) VALUES (?, ?, ?)"
        self._db.execute(insert, (due, number, json.dumps(written)))
        self._next_due = due if self._next_due is None else min(due, self._next_due)

    def _apply_due(self) -> None:
        if self._next_due is None or self._next_due > time.time():
            return
        query = "SELECT pk, request, operation FROM pending WHERE due <= ? ORDER BY due, pk"
        for row, number, written in self._db.execute(query, (time.time(),)).fetchall():
            data = json.loads(written)
            sides = [(bool(remove), members) for remove, members in data.get("sides", [])]
            named = Naming(data["name"], data["created_at"]) if "name" in data else None
            self._apply(data["pk"], named or sides, number, data["warnings"])
            self._db.execute("DELETE FROM pending WHERE pk = ?", (row,))
        self._next_due = self._find_next_due()

    def _find_next_due(self) -> float | None:
        row = self._db.execute("SELECT min(due) FROM pending").fetchone()
        return None if row[0] is None else float(row[0])


def _lock_state(path: Path) -> Any:
    """Hold the state file for this process alone; the lock ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_file = path.with_name(path.name + ".lock").open("a")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock_file.close()
        raise StateError(f"{path} is in use by another sandbox. Give --state another file.") from (
            error
        )
    return lock_file
