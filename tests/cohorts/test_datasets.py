"""A dataset is replaced in one step, whatever runs or dies meanwhile."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cohorts import evaluation
from cohorts.datasets import add_dataset
from cohorts.models import Dataset
from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.load import FileSet
from cohorts.warehouses import dataset_path
from tests.cohorts.loaded import EVENTS, MORE_EVENTS, all_of, load, performed

AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
SINGERS = all_of(performed("SING"))


def count(dataset: Dataset) -> int:
    return evaluation.count_members(evaluation.prepare(dataset, SINGERS), as_of=AS_OF)


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".load.lock")


def test_it_keeps_what_was_loaded(dataset: Dataset, tmp_path: Path) -> None:
    assert (dataset.event_count, dataset.user_count, dataset.timezone) == (5, 4, "UTC")
    assert dataset.first_event_at == dt.datetime(2026, 1, 10, 10, tzinfo=dt.UTC)
    assert files_of(tmp_path / "datasets") == [dataset.file]


def test_an_existing_name_needs_replace(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="--replace"):
        load(tmp_path)
    assert files_of(tmp_path / "datasets") == [dataset.file]


def test_replace_keeps_the_row_the_zone_and_one_earlier_file(
    dataset: Dataset, tmp_path: Path
) -> None:
    Dataset.objects.update(timezone="Asia/Tokyo")
    second = load(tmp_path, events=MORE_EVENTS, replace=True)
    third = load(tmp_path, events=MORE_EVENTS, replace=True)
    assert second.pk == third.pk == dataset.pk
    assert (third.event_count, third.timezone) == (6, "Asia/Tokyo")
    assert third.catalog["timezone"] == "Asia/Tokyo"
    assert files_of(tmp_path / "datasets") == sorted([second.file, third.file])


def test_datasets_of_like_names_do_not_touch_each_other(dataset: Dataset, tmp_path: Path) -> None:
    others = [load(tmp_path, name) for name in ("small 2", "Small", "small.2")]
    load(tmp_path, replace=True)
    load(tmp_path, replace=True)
    assert all((tmp_path / "datasets" / other.file).exists() for other in others)


def test_a_running_query_ends_on_the_data_it_began_with(dataset: Dataset, tmp_path: Path) -> None:
    path = dataset_path(dataset)
    with DuckDBFile(path, time_limit=60) as file:
        batches = file.batches("SELECT user_no FROM events, range(200000) AS t(user_no)")
        rows = next(batches).num_rows
        for _ in range(3):
            replaced = load(tmp_path, events=MORE_EVENTS, replace=True)
        rows += sum(batch.num_rows for batch in batches)
    assert rows == 5 * 200000
    assert not path.exists()
    assert count(replaced) == 3


def test_a_refused_file_leaves_the_old_data(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        load(tmp_path, events=EVENTS + "broken\n", replace=True)
    dataset.refresh_from_db()
    assert files_of(tmp_path / "datasets") == [dataset.file]
    assert count(dataset) == 2


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 101])
def test_it_refuses_a_bad_name(dataset: Dataset, tmp_path: Path, name: str) -> None:
    files = FileSet(events=("unused.csv",), user_id="u", event="e", time="t")
    with pytest.raises(LoadError, match="NAME"):
        add_dataset(name, files)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "x" * 5000])
def test_it_refuses_a_bad_zone(dataset: Dataset, zone: str) -> None:
    files = FileSet(events=("unused.csv",), user_id="u", event="e", time="t")
    with pytest.raises(LoadError, match="--timezone"):
        add_dataset("new", files, timezone=zone)


LOADER = """
import sys
import django
django.setup()
from django.conf import settings
from pathlib import Path
settings.DATASETS_DIR = Path(sys.argv[1])
from cohorts.datasets import add_dataset
from cohorts.warehouse.load import FileSet
add_dataset(
    "small",
    FileSet(events=(sys.argv[2],), user_id="user_id", event="event", time="time"),
    replace=True,
)
"""


@pytest.mark.database_both
@pytest.mark.django_db(transaction=True)
def test_a_load_that_is_killed_leaves_the_old_data(
    tmp_path: Path, settings: Any, process_environ: Callable[[], dict[str, str]]
) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    dataset = load(tmp_path)
    large = tmp_path / "large.csv"
    row = "ann,SING,2026-01-10T10:00:00Z,1\n"
    large.write_text("user_id,event,time,amount\n" + row * 3_000_000)
    script = tmp_path / "loader.py"
    script.write_text(LOADER)
    environ = {**process_environ(), "PYTHONPATH": os.getcwd()}
    command = [sys.executable, str(script), str(settings.DATASETS_DIR), str(large)]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)
    while not list(settings.DATASETS_DIR.glob(".draft-*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, errors.decode()
    assert list(settings.DATASETS_DIR.glob(".draft-*"))

    dataset.refresh_from_db()
    assert count(dataset) == 2
    replaced = load(tmp_path, events=MORE_EVENTS, replace=True)
    assert count(replaced) == 3
    assert files_of(settings.DATASETS_DIR) == sorted([dataset.file, replaced.file])
