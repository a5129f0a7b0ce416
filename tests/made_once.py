"""Databases with the product's tables: migrated once a session, copied for each process of it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from psycopg import sql

from tests import databases

_ME = os.environ.get("PYTEST_XDIST_WORKER", "main")
_OWN = f"test_cohorts_{_ME}_{os.getpid()}"
_COMMON = f"test_cohorts_{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """One for all processes of the session."""
    folder = factory.getbasetemp()
    return folder if _ME == "main" else folder.parent


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_sqlite(folder: Path) -> dict[str, Any]:
    """The settings of a new one."""
    given = databases.current_settings()
    made, mine = folder / "tables.sqlite3", given["TEST"]["NAME"]
    with _alone(folder):
        if not made.exists():
            draft = made.with_suffix(".draft")
            _migrate({**given, "NAME": str(draft)})
            draft.rename(made)
    shutil.copy(made, mine)
    return {**given, "NAME": mine}


def make_postgresql(server_url: str, folder: Path) -> dict[str, Any]:
    """The settings of a new one."""
    users = folder / "postgresql"
    with _alone(folder):
        users.mkdir(exist_ok=True)
        if not any(users.iterdir()):
            _run(server_url, "CREATE DATABASE {}", _COMMON)
            _migrate(_postgresql(server_url, _COMMON))
        (users / _ME).touch()
        _run(server_url, "CREATE DATABASE {} TEMPLATE {}", _OWN, _COMMON)
    return _postgresql(server_url, _OWN)


def drop_postgresql(server_url: str, folder: Path) -> None:
    """The last to end takes away what all copied, too."""
    users = folder / "postgresql"
    with _alone(folder):
        _run(server_url, "DROP DATABASE {} WITH (FORCE)", _OWN)
        (users / _ME).unlink()
        if not any(users.iterdir()):
            _run(server_url, "DROP DATABASE {} WITH (FORCE)", _COMMON)


def _postgresql(server_url: str, name: str) -> dict[str, Any]:
    return {**databases.settings_for(server_url, name=name), "NAME": name}


def _migrate(database: dict[str, Any]) -> None:
    with databases.using(database):
        call_command("migrate", verbosity=0, interactive=False)


def _run(url: str, statement: str, *names: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        identifiers = [sql.Identifier(name) for name in names]
        connection.execute(sql.SQL(statement).format(*identifiers))
