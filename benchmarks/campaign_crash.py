"""Do imports come out right when processes are killed? Real processes, kill -9, a bad line.

Two keepers with their pools and a web server import many cohorts at once into a sandbox that loses
answers and applies requests late. Runs are asked for by the web, by schedules and by command.
All the while processes are killed: at every named point, and at random the keepers, the parts of
their pools, the web server and, on PostgreSQL, its sessions and the server as a whole. Whenever a
run has succeeded, and again later, the sandbox must hold exactly its cohort.

python3 run.py check --campaign crash [--runs 1000] [--database sqlite|postgresql] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.campaigns.browser import Browser, open_session
from benchmarks.campaigns.killer import Killer
from benchmarks.campaigns.lanes import Lane, Shop
from benchmarks.campaigns.mail_server import MailServer
from benchmarks.campaigns.parts import Parts
from benchmarks.campaigns.report import Report
from benchmarks.campaigns.request_log import Findings, Window, examine, read_entry, unexplained
from benchmarks.campaigns.shop import connect, load_shop
from benchmarks.campaigns.world import DATABASES, KEY, World, open_world
from launcher.layout import ROOT
from launcher.postgres import PostgresServer

USERS = 5_000
COHORTS = 24
KEEPERS, WORKERS_EACH = 2, 2
# Waits six times shorter: a lease of 15 s, a request of 7.5 s, a quiet period of 50 s.
COMPRESSION = 6
# Shorter than a request may take, so that the sandbox never has two of one cohort in its hands.
FAULTS: list[dict[str, Any]] = [
    {"drop": "after", "probability": 0.04},
    {"drop": "before", "probability": 0.03},
    {"drop": "mid_body", "probability": 0.02},
    {"status": 503, "apply": True, "apply_delay_ms": 9000, "probability": 0.03},
    {"status": 429, "headers": {"x-ratelimit-retry-after": "1"}, "probability": 0.02},
    {"delay_ms": 800, "probability": 0.4},
]
# A slice is over only where several requests in a row are slow, and none is lost.
SLOW: list[dict[str, Any]] = [{"delay_ms": 3000}]
LATEST = 9.0
PAUSE = (1.5, 5.0)
# What a killed server must keep: its commits. The machine itself is not switched off here.
DURABLE = ("fsync=off", "max_connections=200")
LONGEST_END = 600.0
# On a fast machine a few imports end before anybody was killed.
FEWEST_KILLS = 2
# Some points are rare: so much longer they are waited for.
MOST_EXTRA = 1.3


class Campaign:
    def __init__(
        self,
        world: World,
        server: PostgresServer | None,
        mail: MailServer,
        chance: random.Random,
        cohorts: int,
    ) -> None:
        self.world, self.mail, self.chance = world, mail, chance
        self.parts = Parts(world, keepers=KEEPERS)
        self.shop = Shop(
            world,
            load_shop(world.folder, USERS),
            connect(world.sandbox_url, KEY),
            USERS,
            chance,
            Browser(self.parts.url),
        )
        self.shop.browser.sign_in(open_session())
        self.lanes = [Lane(self.shop, f"cohort-{number}") for number in range(cohorts)]
        points = named_points()
        self.killer = Killer(
            world, self.parts, server, chance=random.Random(1), points=points, pause=PAUSE
        )
        self._slow = False
        self._started = time.monotonic()
        self._play(FAULTS)

    def run(self, wanted: int, *, every_point: bool) -> None:
        self.killer.start()
        told = 0
        while not (self.killer.problem or self.shop.hung):
            ended = sum(self.shop.runs.values())
            points_left = every_point and self.killer.unreached and ended < wanted * MOST_EXTRA
            killed = len(self.killer.crashes) >= FEWEST_KILLS
            if ended >= wanted and killed and not points_left:
                break
            self._turn(self.lanes)
            if ended >= told + 50:
                told = ended
                self._tell(told)
        self.killer.rest()
        self._finish()
        self.killer.stop()

    def _turn(self, lanes: list[Lane]) -> None:
        self._play_as_armed()
        for lane in lanes:
            _through_outages(lane.step)
        time.sleep(0.1)

    def _finish(self) -> None:
        """Let every run under way end, and what is late arrive."""
        deadline = time.monotonic() + LONGEST_END
        while (busy := [lane for lane in self.lanes if not lane.is_idle]) and not self.shop.hung:
            self._turn(busy)
            if time.monotonic() > deadline:
                self.shop.hung.append(f"{len(busy)} cohorts were not done in the end")
        time.sleep(LATEST)
        for lane in self.lanes:
            if lane.wanted and lane.is_idle:
                _through_outages(lambda lane=lane: lane.compare("in the end"))
        while _waiting_mails() and time.monotonic() < deadline:
            time.sleep(0.5)

    def _play_as_armed(self) -> None:
        slow = self.killer.armed == "between_slices"
        if slow != self._slow:
            self._slow = slow
            self._play(SLOW if slow else FAULTS)

    def _play(self, faults: list[dict[str, Any]]) -> None:
        seed = self.chance.randrange(10**6)
        users = {"path": "/cohorts/users", "times": None}
        played = [{**users, **fault, "seed": seed + n} for n, fault in enumerate(faults)]
        self.world.control("POST", "faults", played)

    def _tell(self, runs: int) -> None:
        seconds = time.monotonic() - self._started
        print(
            f"    {seconds:.0f} s: {runs} runs, {len(self.killer.crashes)} kills, "
            f"{len(self.killer.unreached)} points to reach",
            flush=True,
        )


def named_points() -> list[str]:
    from integrations.fail_points import POINTS

    per_batch = {"sending_committed", "answered_not_committed", "acknowledged_committed"}
    points = [point for point in POINTS if point not in per_batch]
    return points + [f"{point}:{batch}" for point in sorted(per_batch) for batch in (1, 3)]


def _through_outages(step: Any) -> None:
    """The campaign's own session breaks with the others when PostgreSQL is killed."""
    from django.db import InterfaceError, OperationalError, connection

    try:
        step()
    except (InterfaceError, OperationalError):
        connection.close()
        time.sleep(0.2)


def _waiting_mails() -> bool:
    from integrations.models import OutboxMail

    return OutboxMail.objects.filter(state="waiting").exists()


def judge(report: Report, campaign: Campaign, findings: Findings, *, every_point: bool) -> None:
    from django.db.models import F

    from integrations.models import ImportRun, ImportSchedule, OutboxMail

    shop, killer = campaign.shop, campaign.killer
    report.row("imports", f"{sum(shop.runs.values()):,} ({_listed(shop.runs)})")
    report.row("asked for", _listed(shop.asked))
    report.row("answers of the web server", _listed(shop.browser.answers))
    for what, count in killer.kills.most_common():
        report.row(f"killed: {what}", count)
    points = len(named_points())
    reached = f"{points - len(killer.unreached)} of {points}"
    if every_point:
        report.promise("every named point was reached", not killer.unreached, told=f"{reached},")
        report.note_broken(sorted(killer.unreached))
    else:
        report.row("named points reached", reached)
    report.row("the longest import", f"{shop.taken:.0f} s")
    report.promise(
        "the sandbox holds exactly the cohort, at once and later",
        not shop.wrong and shop.compared > 0,
        told=f"{shop.compared:,} comparisons,",
    )
    report.promise("every run ends, every cohort gets there", not shop.hung)
    report.promise("one run of a cohort at a time, batch after batch", not findings.wrong)
    more = unexplained(findings.repeats, killer.crashes)
    report.promise(
        "at most one batch sent again per crash",
        more == 0,
        told=f"{len(findings.repeats)} for {len(killer.crashes)} crashes,",
    )
    untold = ImportRun.objects.exclude(state="canceled").exclude(mails__kind=F("state")).count()
    unsent = OutboxMail.objects.exclude(state="sent").count()
    doubled = sum(count - 1 for count in campaign.mail.taken.values())
    report.promise("every end is mailed", not untold and not unsent)
    report.promise(
        "at most one mail doubled per crash",
        doubled <= len(killer.crashes),
        told=f"{len(campaign.mail.taken):,} mails, {doubled} doubled,",
    )
    report.promise("nobody saw a traceback", shop.browser.tracebacks == 0)
    report.promise("the killer did its work", not killer.problem and bool(killer.crashes))
    schedules = ImportSchedule.objects.filter(paused_at=None).count()
    report.row("schedules that took part", schedules)
    for lines in (shop.wrong, shop.hung, findings.wrong, [killer.problem] * bool(killer.problem)):
        report.note_broken(lines[:10])


def read_findings(world: World) -> Findings:
    log = world.control("GET", "requests?since=0")
    requests = [entry for entry in log if entry["path"].endswith("/cohorts/users")]
    together = [entry for entry in requests if "concurrent_requests" in entry["warnings"]]
    sent = [read_entry(entry, _seconds(entry["time"])) for entry in requests]
    findings = examine(sent, read_windows())
    findings.wrong += [f"request {each['number']}: two at once" for each in together]
    return findings


def read_windows() -> Iterator[Window]:
    from integrations.models import ImportRun, Ledger

    ids = dict(Ledger.objects.values_list("cohort", "braze_cohort_id"))
    for run in ImportRun.objects.exclude(started_at=None).prefetch_related("batch_set"):
        batches = sorted(run.batch_set.all(), key=lambda batch: batch.number)
        yield Window(
            run.pk,
            ids.get(run.cohort_id, ""),
            run.started_at.timestamp() if run.started_at else 0.0,
            run.finished_at.timestamp() if run.finished_at else time.time(),
            tuple((batch.added, batch.removed) for batch in batches),
            run.state == "succeeded",
        )


def _seconds(written: str) -> float:
    return datetime.fromisoformat(written.replace("Z", "+00:00")).timestamp()


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


@contextmanager
def crashable_server(database: str) -> Iterator[PostgresServer | None]:
    if database != "postgresql":
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), DURABLE)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def check(database: str, runs: int, seed: int, *, cohorts: int, every_point: bool) -> int:
    report = Report(f"Crash: imports with processes killed, on {database}")
    chance = random.Random(seed)
    with ExitStack() as stack:
        mail = stack.enter_context(MailServer(chance, slowest=0.02))
        server = stack.enter_context(crashable_server(database))
        world = stack.enter_context(
            open_world(
                database,
                compression=COMPRESSION,
                url=server.url if server else "",
                EMAIL_URL=mail.url,
                WORKER_PROCESSES=str(WORKERS_EACH),
            )
        )
        campaign = Campaign(world, server, mail, chance, cohorts)
        campaign.run(runs, every_point=every_point)
        judge(report, campaign, read_findings(world), every_point=every_point)
        campaign.parts.stop()
    return report.end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--cohorts", type=int, default=COHORTS, help="side by side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--short", action="store_true", help="do not wait for every named point")
    options = parser.parse_args()
    if options.database:
        return check(
            options.database,
            options.runs,
            options.seed,
            cohorts=options.cohorts,
            every_point=not options.short,
        )
    # Each in a process of its own: Django has one set of settings a process.
    again = ["--short"] if options.short else []
    again += ["--seed", str(options.seed), "--runs", str(options.runs)]
    again += ["--cohorts", str(options.cohorts)]
    command = [sys.executable, "-m", "benchmarks.campaign_crash", *again]
    codes = [
        subprocess.run([*command, "--database", name], cwd=ROOT, check=False).returncode
        for name in DATABASES
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
