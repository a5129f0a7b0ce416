"""How long a load takes: generates a CSV of N events, loads it, prints one line.

python3 run.py bench load [--events 5000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import duckdb

from benchmarks.memory import peak_memory
from cohorts.warehouse.folder import load_lock
from cohorts.warehouse.load import FileSet, load_dataset

_ROWS = """
SELECT hash(i) % {users} AS user_id,
    ['APP_OPEN', 'SING', 'SEARCH_SONG', 'PURCHASE', 'SHARE'][1 + (hash(i * 3) % 5)::INT] AS event,
    strftime(TIMESTAMP '2026-05-01' + to_seconds((hash(i * 7) % 15552000)::BIGINT),
        '%Y-%m-%dT%H:%M:%SZ') AS time,
    ['JP', 'US', 'DE', 'FR', 'BR'][1 + (hash(i * 11) % 5)::INT] AS country,
    ['iPhone', 'iPad', 'web'][1 + (hash(i * 13) % 3)::INT] AS platform,
    CASE WHEN hash(i * 17) % 10 = 0 THEN (hash(i * 19) % 10000) / 100.0 END AS amount,
    hash(i * 23) % 2 = 0 AS duet,
    '{{"song": {{"id": ' || hash(i * 29) % 1000 || ', "genre": "pop"}}}}' AS context
FROM range({events}) AS t(i)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        print(measure(Path(name), options.events))


def generate(path: Path, events: int) -> None:
    rows = _ROWS.format(events=events, users=max(1, events // 25))
    duckdb.execute("SET enable_progress_bar = false")
    duckdb.execute(f"COPY ({rows}) TO '{path}' (HEADER)")


def measure(folder: Path, events: int) -> str:
    path = folder / "events.csv"
    # In a process of its own, so that the peak below is the load's.
    generator = get_context("spawn").Process(target=generate, args=(path, events))
    generator.start()
    generator.join()
    started = time.monotonic()
    with load_lock(folder / "datasets"):
        loaded = load_dataset(
            "bench",
            FileSet(events=(str(path),), user_id="user_id", event="event", time="time"),
            folder=folder / "datasets",
        )
    seconds = time.monotonic() - started
    file = folder / "datasets" / loaded.file
    peak = peak_memory()
    return (
        f"{loaded.event_count:,} events of {loaded.user_count:,} users, "
        f"{path.stat().st_size / 1e6:,.0f} MB of CSV into {file.stat().st_size / 1e6:,.0f} MB: "
        f"{seconds:.1f} s, {events / seconds:,.0f} events/s, peak memory {peak:,.0f} MB"
    )


if __name__ == "__main__":
    main()
