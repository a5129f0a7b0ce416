"""Folders for a piece of work go with it, and at the latest some days after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from cohorts.warehouse import scratch_folder
from cohorts.warehouse.scratch_folder import remove_left_behind

DAY = timedelta(days=1)
KILLED = """
import sys, time
from pathlib import Path
from cohorts.warehouse import scratch_folder
scratch_folder.place = Path(sys.argv[1])
from cohorts.warehouse.scratch import scratch_database
with scratch_database("64MB") as db:
    print("open", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(scratch_folder, "place", tmp_path / "scratch")
    return tmp_path / "scratch"


def age(path: Path) -> None:
    then = time.time() - 2 * DAY.total_seconds()
    os.utime(path, (then, then))


def test_it_lies_beside_the_data(settings: object) -> None:
    assert scratch_folder.place == settings.DATA_DIR / "scratch"  # type: ignore[attr-defined]


def test_it_is_gone_with_all_that_is_in_it(place: Path) -> None:
    with scratch_folder.scratch_folder() as folder:
        (folder / "ids.parquet").write_bytes(b"x")
        assert list(place.iterdir()) == [folder]
        assert folder.stat().st_mode & 0o077 == 0
    assert list(place.iterdir()) == []


def test_it_is_gone_after_an_error(place: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_folder.scratch_folder():
        raise ZeroDivisionError
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_when_it_is_old(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(place)],
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)
    (left,) = place.iterdir()
    with scratch_folder.scratch_folder() as folder:
        assert remove_left_behind(DAY) == 0
        age(left)
        assert remove_left_behind(DAY) == 1
        assert list(place.iterdir()) == [folder]
