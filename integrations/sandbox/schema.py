"""The state file: one SQLite database, opened so that an answered request survives a kill."""

from __future__ import annotations

import sqlite3
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cohorts (
  pk INTEGER PRIMARY KEY, workspace INTEGER NOT NULL, id TEXT NOT NULL, name TEXT,
  created_at TEXT, size INTEGER NOT NULL DEFAULT 0, changed_at REAL, UNIQUE (workspace, id));
CREATE TABLE IF NOT EXISTS members (
  cohort INTEGER NOT NULL, profile TEXT NOT NULL, request INTEGER,
  PRIMARY KEY (cohort, profile)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profiles (profile TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
  number INTEGER PRIMARY KEY, time REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  status INTEGER, message TEXT NOT NULL, workspace INTEGER, cohort TEXT, added INTEGER NOT NULL,
  removed INTEGER NOT NULL, entered INTEGER NOT NULL DEFAULT 0, "left" INTEGER NOT NULL DEFAULT 0,
  applied INTEGER NOT NULL, fault TEXT, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  warnings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
  pk INTEGER PRIMARY KEY, due REAL NOT NULL, request INTEGER NOT NULL, operation TEXT NOT NULL);
"""
FORMAT = 1


class StateError(Exception):
    """The state file cannot be used."""


def open_writer(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    try:
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StateError(f"{path} is not a state file of the sandbox: {error}.") from error
    except StateError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # In a write-ahead log every commit is handed to the operating system, which keeps it
    # whatever becomes of this process. Only a power cut could lose it: fine for a sandbox.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA busy_timeout=10000")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, FORMAT):
        raise StateError(f"{path} was written by another version. Remove it to start anew.")
    connection.executescript(TABLES)
    names = [row[1] for row in connection.execute("PRAGMA table_info(cohorts)")]
    if "attribute" not in names:
        # Set for a value of an array attribute, which is kept like a cohort.
        connection.execute("ALTER TABLE cohorts ADD COLUMN attribute TEXT")
    connection.execute(f"PRAGMA user_version={FORMAT}")


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection of its own: it sees one moment while writing goes on."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=10000")
    return connection
