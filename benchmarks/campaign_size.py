"""What does a large cohort cost? Time, memory and requests of its imports into the sandbox.

A real keeper with its pool imports a cohort for the first time, again without a change, after a
change of two in a hundred, and as a repair; its memory is sampled all the while. Afterwards the
sandbox must hold exactly the cohort.

python3 run.py check --campaign size [--members 1000000]
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.campaigns.memory import Memory
from benchmarks.campaigns.report import Report
from benchmarks.campaigns.shop import connect
from benchmarks.campaigns.world import DATABASES, KEY, World, open_world

if TYPE_CHECKING:
    from cohorts.models import Cohort, Dataset
    from integrations.models import Connection, ImportRun

MOST_MEMORY = 1000  # megabytes
MOST_GROWTH = 50
# Long enough for ten million on a busy machine.
LONGEST_RUN = 3 * 3600.0
STEPS = ("first", "unchanged", "changed", "repair")


@dataclass(frozen=True)
class Import:
    step: str
    run: ImportRun
    seconds: float
    sending: float
    memory: Memory
    requests: int


def load_people(folder: Path, people: int) -> Dataset:
    """Each opened the app once, as number 0, 1, 2 and so on."""
    import duckdb

    from cohorts.datasets import add_dataset
    from cohorts.warehouse.load import FileSet

    events = folder / "events.parquet"
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT 'user-' || lpad(i::VARCHAR, 9, '0') AS person, 'Open' AS event, "
            f"TIMESTAMP '2026-01-01' AS time, i AS number FROM range({people}) t(i)) "
            f"TO '{events}' (FORMAT parquet)"
        )
    files = FileSet(events=[str(events)], user_id="person", event="event", time="time")
    dataset, _ = add_dataset("people", files)
    return dataset


def define(dataset: Dataset, first: int, last: int) -> Cohort:
    """Those with a number from the first to the last."""
    from cohorts.saving import save_cohort

    where = [
        {"property": "number", "op": ">=", "value": first},
        {"property": "number", "op": "<=", "value": last},
    ]
    condition: dict[str, Any] = {"type": "performed", "event": "Open", "where": where}
    data = {"version": 1, "match": "all", "conditions": [condition]}
    return save_cohort(slug="everyone", dataset=dataset, data=data, name="Everyone")


def run_import(
    step: str, world: World, cohort: Cohort, connection: Connection, keeper: psutil.Process
) -> Import:
    from integrations.runs import request_import

    before = _requests(world)
    state = ["queued"]
    started = time.monotonic()
    sending_since: float | None = None
    run = request_import(
        cohort, connection=connection, trigger="repair" if step == "repair" else "manual"
    )
    with Memory(keeper, lambda: state[0]) as memory:
        while not run.is_final:
            if run.state == "held" or time.monotonic() - started > LONGEST_RUN:
                raise SystemExit(f"The {step} import does not end: {run.state} {run.held_reason}")
            time.sleep(0.1)
            run.refresh_from_db()
            state[0] = _what_is_done(run)
            if run.state == "sending" and sending_since is None:
                sending_since = time.monotonic()
    ended = time.monotonic()
    sending = ended - sending_since if sending_since else 0.0
    return Import(step, run, ended - started, sending, memory, _requests(world) - before)


def _what_is_done(run: ImportRun) -> str:
    """The state, but for the end of sending, when the ledger is written."""
    if run.state == "sending" and not run.batch_set.exclude(state="acknowledged").exists():
        return "closing"
    return str(run.state)


def _requests(world: World) -> int:
    log = world.control("GET", "requests?since=0")
    return sum(entry["path"].endswith("/cohorts/users") for entry in log)


def members_are(world: World, identifier: str, first: int, last: int) -> bool:
    """Compare while reading: nobody holds ten million ids at once."""
    url = f"{world.sandbox_url}/_sandbox/cohorts/{identifier}"
    found = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=600) as answer:
        started = b""
        while b'"members": ' not in started:
            started += answer.read(1)
        while part := answer.read(1 << 20):
            found.update(part)
    expected = hashlib.sha256()
    for part in _written(first, last):
        expected.update(part)
    return found.digest() == expected.digest()


def _written(first: int, last: int) -> Iterator[bytes]:
    yield b"["
    for start in range(first, last + 1, 10_000):
        page = range(start, min(start + 10_000, last + 1))
        text = ", ".join(f'"user-{number:09}"' for number in page)
        yield (text if start == first else ", " + text).encode()
    yield b"]}"


def check(world: World, members: int, steps: Sequence[str]) -> int:
    from integrations.models import Ledger

    report = Report(f"Size: a cohort of {members:,} members")
    moved = members // 100
    started = time.monotonic()
    dataset = load_people(world.folder, members + moved)
    report.row("loading the events", f"{time.monotonic() - started:.0f} s")
    connection = connect(world.sandbox_url, KEY)
    keeper = world.start("manage.py", "worker", log="worker.log")
    last = 0
    done: list[Import] = []
    for step in steps:
        last = moved if step in ("changed", "repair") else 0
        cohort = define(dataset, last, members - 1 + last)
        each = run_import(step, world, cohort, connection, keeper)
        _tell(report, each)
        done.append(each)
    _judge(report, done, members, moved)
    identifier = Ledger.objects.get().braze_cohort_id
    report.promise(
        "the sandbox holds exactly the cohort",
        members_are(world, identifier, last, members - 1 + last),
    )
    keeper.terminate()
    keeper.wait(120)
    return report.end()


def _tell(report: Report, each: Import) -> None:
    together, largest = each.memory.peak()
    growth = each.memory.growth("sending")
    grew = "" if growth is None else f", {growth:+} MB while sending"
    report.row(
        f"{each.step}: +{each.run.added or 0:,} -{each.run.removed or 0:,}",
        f"{each.seconds:.0f} s ({each.sending:.0f} s sending), {each.requests:,} requests, "
        f"at most {together:,} MB, the largest process {largest:,} MB{grew}",
    )


def _judge(report: Report, done: list[Import], members: int, moved: int) -> None:
    expected = {
        "first": (members, 0),
        "unchanged": (0, 0),
        "changed": (moved, moved),
        "repair": (members, moved),
    }
    right = all(
        each.run.state == "succeeded"
        and (each.run.added, each.run.removed) == expected[each.step]
        and each.requests == -(-sum(expected[each.step]) // 1000)
        for each in done
    )
    report.promise("each succeeded, with the fewest requests of 1,000 ids", right)
    peak = max(each.memory.peak()[0] for each in done)
    report.promise(f"within {MOST_MEMORY:,} MB", peak <= MOST_MEMORY, told=f"{peak:,} MB,")
    grown = max(each.memory.growth("sending") or 0 for each in done)
    report.promise("flat while sending", grown <= MOST_GROWTH, told=f"{grown:+} MB,")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    options = parser.parse_args()
    with open_world(options.database) as world:
        return check(world, options.members, options.steps)


if __name__ == "__main__":
    sys.exit(main())
