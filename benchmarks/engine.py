"""Our compiled SQL against SQL written by hand, chDB and Polars: one question, one dataset.

    python3 run.py bench engine [--events 10000000] [--folder DIR] [--rounds 5]

Prints a table: medians in milliseconds, in turns, each engine in a process of its own. Beside the
wall time stands the CPU time (user and system) of our SQL and of that by hand: on a disturbed
machine it tells more. All must count the same people, or the run fails. The dataset is made once in
the folder and kept. A second table has the live count of the builder: how soon its first number,
from the sample, and the exact one are there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.engine_cases import CASES
from benchmarks.engine_data import make_dataset
from benchmarks.engine_side import SIDES

# Now, as mostly: after the last event.
AS_OF = "2026-11-21 12:00:00"
THREADS = 2
Answer = dict[str, float]


class Process:
    """An engine at work; `peak` is its memory so far, in MB."""

    def __init__(self, pipe: subprocess.Popen[str]) -> None:
        self._pipe = pipe
        self.peak = 0.0

    def ask(self, case: str, do: str = "count") -> Answer:
        if self._pipe.stdin is None or self._pipe.stdout is None:
            raise TypeError("not piped")
        self._pipe.stdin.write(json.dumps({"case": case, "do": do}) + "\n")
        self._pipe.stdin.flush()
        line = self._pipe.stdout.readline()
        if not line:
            sys.exit(f"An engine ended while it was asked for: {case}")
        answer: Answer = json.loads(line)
        self.peak = answer["peak"]
        return answer


def main() -> None:
    options = _read_options()
    folder = options.folder / str(options.events)
    make_dataset(folder, options.events)
    worst: dict[str, float] = {}
    differing = []
    _print_head(options.events, folder)
    with ExitStack() as stack:
        sides = {name: stack.enter_context(_started(name, folder)) for name in SIDES}
        for case in CASES:
            ratio, is_same = _row(case.name, sides, options.rounds)
            worst[case.name] = ratio
            if not is_same:
                differing.append(case.name)
        _print_live(sides["compiled"], options.rounds)
        peaks = ", ".join(f"{name} {side.peak:,.0f} MB" for name, side in sides.items())
    print(f"peak memory of the process: {peaks}")
    name = max(worst, key=lambda each: worst[each])
    print(f"worst ratio of compiled to by hand, by CPU time: {worst[name]:.2f} ({name})")
    if differing:
        sys.exit(f"The engines differ: {', '.join(differing)}")


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "cohort-bench")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


@contextmanager
def _started(side: str, folder: Path) -> Iterator[Process]:
    arguments = ["benchmarks.engine_side", side, str(folder.resolve()), AS_OF, str(THREADS)]
    environ = {**os.environ, "POLARS_MAX_THREADS": str(THREADS)}
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as pipe:
        yield Process(pipe)
        if pipe.stdin:
            pipe.stdin.close()


def _print_head(events: int, folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.glob("*.duckdb")) / 1e6
    print(f"{events:,} events, {size:,.0f} MB, {THREADS} threads")
    print(f"{'':39}{'median ms':^36}{'CPU ms':^22}{'ratio':^12}{'compile':>8}")
    names = "".join(f"{name:>9}" for name in SIDES)
    print(
        f"{'question':28} {'users':>10}{names}"
        f"{'compiled':>11}{'by hand':>11}{'wall':>6}{'CPU':>6}{'ms':>8}"
    )


def _print_live(compiled: Process, rounds: int) -> None:
    print(f"\n{'live count while editing':28} {'first ms':>10}{'exact ms':>10}")
    for case in CASES:
        times = [
            [compiled.ask(case.name, do)["wall"] for do in ("estimate", "live")]
            for _ in range(rounds + 1)
        ]
        first, exact = (statistics.median(each) for each in zip(*times[1:], strict=True))
        print(f"{case.name:28} {first:10.1f}{exact:10.1f}", flush=True)
    print()


def _row(case: str, sides: dict[str, Process], rounds: int) -> tuple[float, bool]:
    """The ratio of CPU times, and whether all count alike."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    # The first round warms up. In turns, so that a change of the machine's speed meets all.
    for _ in range(rounds + 1):
        for name, side in sides.items():
            answers[name].append(side.ask(case))
    counts = {answer["count"] for each in answers.values() for answer in each}
    compile_ms = statistics.median(sides["compiled"].ask(case, "compile")["wall"] for _ in range(5))

    def median(name: str, what: str) -> float:
        return statistics.median(answer[what] for answer in answers[name][1:])

    walls = {name: median(name, "wall") for name in sides}
    ours, theirs = median("compiled", "cpu"), median("by hand", "cpu")
    users = ", ".join(f"{count:,.0f}" for count in sorted(counts))
    print(
        f"{case:28} {users:>10}"
        + "".join(f"{wall:9.1f}" for wall in walls.values())
        + f"{ours:11.1f}{theirs:11.1f}{walls['compiled'] / walls['by hand']:6.2f}"
        + f"{ours / theirs:6.2f}{compile_ms:8.1f}",
        flush=True,
    )
    return ours / theirs, len(counts) == 1


if __name__ == "__main__":
    main()
