"""Do imports come out right when processes are killed? Real processes, kill -9, a bad line.

A keeper with its pool imports several cohorts at once into a sandbox that loses answers and
applies requests late, while processes are killed: at every named point, then the keeper and
random processes of the pool at random times. Round after round the cohorts change; after each,
when a run of every cohort has succeeded, the sandbox must hold exactly the cohorts.

python3 run.py check --campaign crash [--runs 60] [--database sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.campaigns.report import Report
from benchmarks.campaigns.shop import buyers, connect, define, load_shop
from benchmarks.campaigns.world import DATABASES, KEY, World, open_world
from launcher.layout import ROOT

if TYPE_CHECKING:
    from cohorts.models import Cohort, Dataset
    from integrations.models import Connection, ImportRun

COHORTS = 6
# Waits ten times shorter: a lease of 9 s, a request of 4.5 s, a quiet period of 30 s.
COMPRESSION = 10
# Shorter than a request may take, so that the sandbox never has two of one cohort in its hands.
FAULTS: list[dict[str, Any]] = [
    {"drop": "after", "probability": 0.06},
    {"drop": "before", "probability": 0.04},
    {"drop": "mid_body", "probability": 0.03},
    {"status": 503, "apply": True, "apply_delay_ms": 6000, "probability": 0.05},
    {"status": 429, "headers": {"x-ratelimit-retry-after": "1"}, "probability": 0.03},
    {"delay_ms": 2000, "probability": 0.4},
]
SLOW: list[dict[str, Any]] = [{"delay_ms": 2400}]
LONGEST_ROUND = 420.0
# A point that nobody comes to gives way to another.
LONGEST_ARMED = 20.0
EXTRA_TRIES = 6


@dataclass
class Tally:
    runs: Counter = field(default_factory=Counter)
    kills: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)


class Campaign:
    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.tally = Tally()
        self.keeper: psutil.Popen | None = None
        self.dataset: Dataset = load_shop(world.folder)
        self.connection: Connection = connect(world.sandbox_url, KEY)
        self.slugs = [f"cohort-{number}" for number in range(COHORTS)]
        self.points: list[str] = []
        self.unreached = set(_points())
        self.armed = ""
        self.armed_until = 0.0
        self.play_faults(FAULTS)

    def play_faults(self, faults: list[dict[str, Any]]) -> None:
        seed = self.chance.randrange(10**6)
        users = {"path": "/cohorts/users", "times": None}
        played = [{**users, **fault, "seed": seed + n} for n, fault in enumerate(faults)]
        self.world.control("POST", "faults", played)

    def run(self, wanted: int, *, every_point: bool) -> None:
        while sum(self.tally.runs.values()) < wanted or (every_point and self.unreached):
            self.play_round()
        self.stop_keeper()

    def play_round(self) -> None:
        started = time.monotonic()
        wanted = {slug: self.chance.randrange(1, 10) for slug in self.slugs}
        cohorts = [define(self.dataset, slug, times) for slug, times in wanted.items()]
        runs = {cohort.slug: self.request(cohort) for cohort in cohorts}
        left = dict.fromkeys(runs, EXTRA_TRIES)
        next_kill = 0.0
        while runs:
            self.keep_keeper()
            self.approve()
            if time.monotonic() > next_kill and started + LONGEST_ROUND / 3 > time.monotonic():
                next_kill = time.monotonic() + self.chance.uniform(0.5, 4.0)
                self.kill_something()
            for slug, run in list(runs.items()):
                run.refresh_from_db()
                if not run.is_final:
                    continue
                self.tally.runs[run.state] += 1
                del runs[slug]
                left[slug] -= 1
                if run.state != "succeeded" and left[slug]:
                    runs[slug] = self.request(run.cohort)
            if time.monotonic() - started > LONGEST_ROUND:
                stuck = [f"{run.pk} {run.state}" for run in runs.values()]
                raise SystemExit(f"Runs do not come to an end: {', '.join(stuck)}")
            time.sleep(0.2)
        self.note_reached()
        print(
            f"    round {len(self.tally.rounds) + 1}: {time.monotonic() - started:.0f} s, "
            f"{sum(self.tally.kills.values())} killed so far, "
            f"{len(self.unreached)} points to reach",
            flush=True,
        )
        self.tally.rounds.append(time.monotonic() - started)
        self.compare(wanted)

    def request(self, cohort: Cohort) -> ImportRun:
        from integrations.runs import request_import

        return request_import(
            cohort, connection=self.connection, trigger="manual", recipients=["crm@shop.example"]
        )

    def approve(self) -> None:
        """A person lets every held run go on."""
        from django.contrib.auth.models import User

        from integrations.models import ImportRun
        from integrations.runs import approve_run

        for run in ImportRun.objects.filter(state="held"):
            approve_run(run, by=User.objects.get_or_create(username="governor")[0])

    # -- killing ----------------------------------------------------------------------------

    def keep_keeper(self) -> None:
        """As the launcher does: start the worker again when it has ended."""
        if self.keeper is None or self.keeper.poll() is not None:
            self.keeper = self.world.start("manage.py", "worker", log="worker.log")

    def stop_keeper(self) -> None:
        if self.keeper is not None:
            self.keeper.terminate()
            self.keeper.wait(60)

    def kill_something(self) -> None:
        luck = self.chance.random()
        if luck < 0.6:
            self.arm_point()
        elif luck < 0.9:
            self.kill_in_pool()
        elif self.keeper is not None:
            self.kill(self.keeper, "the keeper")

    def arm_point(self) -> None:
        """Whoever comes there next kills itself. One point at a time."""
        file = self.world.folder / "fail-point"
        if self.armed and time.monotonic() < self.armed_until and file.exists():
            return
        self.note_reached()
        file.unlink(missing_ok=True)
        if not self.points:
            self.points = sorted(self.unreached) or _points()
            self.chance.shuffle(self.points)
        self.armed = self.points.pop()
        self.armed_until = time.monotonic() + LONGEST_ARMED
        # A slice is over only where several requests in a row are slow, and none is lost.
        self.play_faults(SLOW if self.armed == "between_slices" else FAULTS)
        draft = file.with_suffix(".draft")
        draft.write_text(self.armed)
        draft.replace(file)

    def note_reached(self) -> None:
        if self.armed and not (self.world.folder / "fail-point").exists():
            self.tally.kills["at a named point"] += 1
            self.unreached.discard(self.armed)
            self.armed = ""

    def kill_in_pool(self) -> None:
        try:
            pool = self.keeper.children(recursive=True) if self.keeper else []
        except psutil.NoSuchProcess:
            return
        if pool:
            self.kill(self.chance.choice(pool), "a process of the pool")

    def kill(self, process: psutil.Process, what: str) -> None:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            return
        self.tally.kills[what] += 1

    # -- what must be true -------------------------------------------------------------------

    def compare(self, wanted: dict[str, int]) -> None:
        from integrations.models import Ledger

        self.await_late_requests()
        in_braze = self.world.control("GET", "state")["cohorts"]
        for slug, times in wanted.items():
            ledger = Ledger.objects.get(cohort__slug=slug)
            found = set(in_braze[ledger.braze_cohort_id]["members"])
            expected = buyers(times)
            if found != expected:
                words = f"{len(found - expected)} too many, {len(expected - found)} missing"
                self.tally.wrong.append(f"{slug}: {words}")

    def await_late_requests(self) -> None:
        time.sleep(max(fault.get("apply_delay_ms", 0) for fault in FAULTS) / 1000 + 0.1)


def _points() -> list[str]:
    from integrations.fail_points import POINTS

    per_batch = {"sending_committed", "answered_not_committed", "acknowledged_committed"}
    points = [point for point in POINTS if point not in per_batch]
    # A round changes a cohort by at least a batch.
    return points + [f"{point}:{batch}" for point in sorted(per_batch) for batch in (1, 3)]


def check(database: str, runs: int, seed: int, *, every_point: bool) -> int:
    report = Report(f"Crash: imports with processes killed, on {database}")
    with open_world(database, compression=COMPRESSION, WORKER_PROCESSES="3") as world:
        campaign = Campaign(world, random.Random(seed))
        campaign.run(runs, every_point=every_point)
        _judge(report, campaign)
    return report.end()


def _judge(report: Report, campaign: Campaign) -> None:
    from django.db.models import F, Sum

    from integrations.models import ImportBatch, ImportRun

    tally = campaign.tally
    ended = ", ".join(f"{count} {state}" for state, count in tally.runs.most_common())
    report.row("imports", f"{sum(tally.runs.values())} ({ended})")
    report.row("rounds, the longest", f"{len(tally.rounds)}, {max(tally.rounds):.0f} s")
    for what, count in tally.kills.most_common():
        report.row(f"killed {what}", count)
    log = campaign.world.control("GET", "requests?since=0")
    entries = [entry for entry in log if entry["path"].endswith("/cohorts/users")]
    faulty = sum(bool(entry["fault"]) and "answer after" not in entry["fault"] for entry in entries)
    report.row("requests, of them answered badly or not at all", f"{len(entries):,}, {faulty:,}")
    report.promise("the sandbox holds exactly the cohorts after every round", not tally.wrong)
    report.note_broken(tally.wrong[:10])
    together = sum("concurrent_requests" in entry["warnings"] for entry in entries)
    report.promise("never two requests of one cohort at once", together == 0)
    repeated = ImportBatch.objects.filter(tries__gt=1).aggregate(n=Sum(F("tries") - 1))["n"] or 0
    held = _most_held(tally)
    report.promise(
        "at most one batch repeated per killed worker or bad answer",
        repeated <= faulty + held,
        told=f"{repeated} repeated, {faulty} + {held} allowed,",
    )
    reached = len(_points()) - len(campaign.unreached)
    report.row("named points reached", f"{reached} of {len(_points())}")
    untold = ImportRun.objects.exclude(state="canceled").exclude(mails__kind=F("state")).count()
    report.promise("every end has its mail waiting, written in the same transaction", not untold)


def _most_held(tally: Tally) -> int:
    """How many batches the killed had in hand at most: the keeper takes its whole pool along,
    and so does a part of the cluster that the others cannot do without."""
    alone = tally.kills["at a named point"]
    return alone + 3 * (tally.kills["the keeper"] + tally.kills["a process of the pool"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--short", action="store_true", help="do not wait for every named point")
    options = parser.parse_args()
    if options.database:
        return check(options.database, options.runs, options.seed, every_point=not options.short)
    # Each in a process of its own: Django has one set of settings a process.
    again = ["--short"] if options.short else []
    again = [sys.executable, "-m", "benchmarks.campaign_crash", "--seed", str(options.seed), *again]
    codes = [
        subprocess.run(
            [*again, "--runs", str(options.runs // 2), "--database", name], cwd=ROOT, check=False
        ).returncode
        for name in DATABASES
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
