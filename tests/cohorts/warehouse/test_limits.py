"""What is stopped has stopped, and what is asked keeps what it asks of."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import duckdb
import psutil
import pytest

from cohorts import evaluation
from cohorts.models import Dataset
from tests.cohorts.loaded import MORE_EVENTS, all_of, load, performed

ROOT = Path(__file__).parents[3]
# A process as a web worker is one: it asks, is told to stop, and lives on.
PREVIEW = """
import sys, threading, time
from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.errors import WarehouseError
with DuckDBFile(sys.argv[1], time_limit=60, threads=2) as warehouse:
    threading.Timer(1.0, warehouse.interrupt).start()
    try:
        warehouse.rows("SELECT sum(sin(a.n * b.n)) FROM things a, things b")
    except WarehouseError as error:
        print(error.kind, flush=True)
sys.stdin.read()
"""


def test_a_canceled_preview_stops_using_the_processor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE things AS SELECT range AS n FROM range(1_000_000)")
    with subprocess.Popen(
        [sys.executable, "-c", PREVIEW, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "canceled\n"
        asked = psutil.Process(process.pid)
        at_once = _used(asked)
        time.sleep(1.0)
        later = _used(asked)
        with capsys.disabled():
            sys.stdout.write(f"\nA canceled query of DuckDB used {later - at_once:.2f} s more\n")
        assert asked.is_running()
        process.communicate("")
    assert later - at_once < 0.5


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@pytest.mark.django_db
def test_a_dataset_is_not_replaced_under_a_running_query(tmp_path: Path, settings: object) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"  # type: ignore[attr-defined]
    users = [f"u{n:06}" for n in range(300_000)]
    events = "user_id,event,time,amount\n" + "".join(
        f"{user},SING,2026-01-10T10:00:00Z,1\n" for user in users
    )
    dataset = load(tmp_path, events=events)
    prepared = evaluation.prepare(dataset, all_of(performed("SING")))
    as_of = dataset.loaded_at
    # One reads the table while it answers, the other has sorted the members before.
    with evaluation.opened(prepared) as warehouse:
        reading = warehouse.batches("SELECT amount FROM events")
        streaming = evaluation.stream_members(prepared, as_of=as_of)
        read = next(reading).num_rows
        found = next(streaming).column("id").to_pylist()
        for _ in range(2):
            # The second time its file is nobody's any more.
            load(tmp_path, events=MORE_EVENTS, replace=True)
        assert not warehouse.path.exists()  # type: ignore[attr-defined]
        assert len(found) < len(users)
        found += [user for batch in streaming for user in batch.column("id").to_pylist()]
        assert found == users
        assert read + sum(batch.num_rows for batch in reading) == len(users)
    # It was prepared with the dataset as it was; asked anew there are three others.
    again = evaluation.prepare(Dataset.objects.get(pk=dataset.pk), all_of(performed("SING")))
    assert evaluation.count_members(again, as_of=as_of) == 3
