"""One engine of the engine benchmark in a process of its own: its time, its CPU, its memory.

Reads lines of `{"side": …, "case": …}`, answers each with a line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Protocol

from benchmarks.engine_cases import CASES
from benchmarks.engine_chdb import ChDB
from benchmarks.engine_data import read_dataset
from benchmarks.engine_polars import Polars
from benchmarks.memory import peak_memory
from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_condition_counts, compile_count, to_sql
from cohorts.sql.layout import sampled
from cohorts.warehouse.duckdb_file import DuckDBFile

MEMORY = "8GB"


class Side(Protocol):
    def count(self, case: str) -> int: ...


class Compiled:
    """What the product runs, compiled beforehand."""

    def __init__(self, folder: Path, as_of: str, threads: int) -> None:
        self._dataset = read_dataset(folder)
        path = self._dataset.file
        self._file = DuckDBFile(path, time_limit=600, memory_limit=MEMORY, threads=threads)
        self._file.__enter__()
        self._as_of = datetime.fromisoformat(f"{as_of}+00:00")
        self._cases = {case.name: case for case in CASES}
        self._sql: dict[tuple[str, str], str] = {}

    def count(self, case: str) -> int:
        return self.run(case, "count")

    def run(self, case: str, do: str) -> int:
        sql = self._sql.get((case, do)) or self._sql.setdefault((case, do), self.compile(case, do))
        return int(self._file.rows(sql)[0][0])

    def compile(self, case: str, do: str) -> str:
        """`count` as for a run, `live` as the builder's counts of all conditions, `estimate` as the
        number it shows first."""
        dataset = self._dataset
        compiler = compile_condition_counts if do == "live" else compile_count
        query = compiler(
            parse_definition(self._cases[case].definition),
            catalog=dataset.catalog,
            layout=sampled(dataset.layout) if do == "estimate" else dataset.layout,
            as_of=self._as_of,
            references={},
        )
        return to_sql(query)


class ByHand:
    """The fastest of the ways a case lists, found when it is first asked."""

    def __init__(self, folder: Path, as_of: str, threads: int) -> None:
        path = read_dataset(folder).file
        self._file = DuckDBFile(path, time_limit=600, memory_limit=MEMORY, threads=threads)
        self._file.__enter__()
        instant = f"TIMESTAMP '{as_of}'"
        self._ways = {
            case.name: [way.replace(":as_of", instant) for way in case.by_hand] for case in CASES
        }
        self._best: dict[str, str] = {}

    def count(self, case: str) -> int:
        if case not in self._best:
            self._best[case] = self._find_best(case)
        return self._run(self._best[case])

    def _find_best(self, case: str) -> str:
        ways = self._ways[case]
        if len({self._run(way) for way in ways}) > 1:
            raise SystemExit(f"The ways to write {case!r} by hand differ.")
        tries = [[_cpu(lambda way=way: self._run(way)) for _ in range(3)] for way in ways]
        return min(zip(tries, ways, strict=True), key=lambda each: min(each[0]))[1]

    def _run(self, sql: str) -> int:
        ((count,),) = self._file.rows(sql)
        return int(count)


SIDES = {"compiled": Compiled, "by hand": ByHand, "chDB": ChDB, "Polars": Polars}


def _cpu(call: object) -> float:
    started = time.process_time()
    call()  # type: ignore[operator]
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("as_of")
    parser.add_argument("threads", type=int)
    options = parser.parse_args()
    side: Side = SIDES[options.side](options.folder, options.as_of, options.threads)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_answer(side, asked["case"], asked["do"])), flush=True)


def _answer(side: Side, case: str, do: str) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    count = 0
    if not isinstance(side, Compiled):
        count = side.count(case)
    elif do == "compile":
        side.compile(case, "count")
    else:
        count = side.run(case, do)
    return {
        "count": count,
        "wall": (time.perf_counter() - wall) * 1000,
        "cpu": (time.process_time() - cpu) * 1000,
        "peak": peak_memory(),
    }


if __name__ == "__main__":
    main()
