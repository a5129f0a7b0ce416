"""Our compiled SQL against SQL written by hand for the same question, on the same dataset file.

    python3 run.py bench engine [--events 10000000] [--folder DIR] [--rounds 5]

Prints one table: medians in milliseconds, the ratio, the time to compile, peak memory. Both sides
must count the same people, or the run fails. The dataset is made once in the folder and kept.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.engine_cases import CASES, Case
from benchmarks.engine_data import make_dataset
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_count, to_sql
from cohorts.sql.layout import DUCKDB_FILE
from cohorts.warehouse.duckdb_file import DuckDBFile

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "cohort-bench")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    path, catalog = make_dataset(options.folder, options.events)
    print(f"{options.events:,} events, {path.stat().st_size / 1e6:,.0f} MB, 2 threads")
    print(
        f"{'question':28} {'users':>9} {'compiled':>9} {'by hand':>9} {'ratio':>6} {'compile':>8}"
    )
    with DuckDBFile(path, time_limit=600, memory_limit="8GB", threads=2) as file:
        differing = [case.name for case in CASES if not _row(file, catalog, case, options.rounds)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process: {peak:,.0f} MB")
    if differing:
        sys.exit(f"The two sides differ: {', '.join(differing)}")


def _row(file: DuckDBFile, catalog: Any, case: Case, rounds: int) -> bool:
    started = time.perf_counter()
    definition = parse_definition(case.definition)
    compiled = to_sql(
        compile_count(definition, catalog=catalog, layout=DUCKDB_FILE, as_of=AS_OF, references={})
    )
    compile_ms = (time.perf_counter() - started) * 1000
    by_hand = case.sql.replace(":as_of", f"TIMESTAMP '{AS_OF:%Y-%m-%d %H:%M:%S}'")
    counts = {_count(file, compiled), _count(file, by_hand)}
    # In turns, so that a change of the machine's speed meets both.
    times: dict[str, list[float]] = {"compiled": [], "hand": []}
    for _ in range(rounds):
        times["compiled"].append(_timed(lambda: _count(file, compiled)))
        times["hand"].append(_timed(lambda: _count(file, by_hand)))
    ours, theirs = statistics.median(times["compiled"]), statistics.median(times["hand"])
    users = ", ".join(f"{count:,}" for count in sorted(counts))
    row = f"{case.name:28} {users:>9} {ours:9.1f} {theirs:9.1f} {ours / theirs:6.2f}"
    print(f"{row} {compile_ms:8.1f}", flush=True)
    return len(counts) == 1


def _count(file: DuckDBFile, sql: str) -> int:
    ((count,),) = file.rows(sql)
    return int(count)


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
