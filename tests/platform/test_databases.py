from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from launcher.layout import ROOT

pytestmark = [pytest.mark.database_both, pytest.mark.django_db(transaction=True)]


def test_it_runs_on_the_database_it_says(database: str) -> None:
    assert connection.vendor == database


def test_it_starts_from_an_empty_table() -> None:
    assert not Group.objects.filter(name="Left behind").exists()
    Group.objects.create(name="Left behind")


def test_it_starts_from_an_empty_table_once_more() -> None:
    assert not Group.objects.filter(name="Left behind").exists()
    Group.objects.create(name="Left behind")


def test_threads_see_the_same_database() -> None:
    Group.objects.create(name="Seen by all")
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        seen.append((connection.vendor, Group.objects.filter(name="Seen by all").exists()))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(connection.vendor, True)]


def test_processes_see_the_same_database(process_environ: Callable[[], dict[str, str]]) -> None:
    Group.objects.create(name="Seen by all")
    code = "from django.contrib.auth.models import Group; print(*Group.objects.values_list('name'))"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=process_environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Seen by all" in done.stdout
