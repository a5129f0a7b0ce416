"""Is every end of an import told exactly once, when the mailer is killed at random?

Real imports come to every final state; real mailer processes, two at a time, send to a real SMTP
server that takes its time and refuses now and then; kill -9 hits them at random. A mail may repeat
only if its mailer was killed between handing it over and noting that it did, and then under the
same Message-ID.

python3 run.py check --campaign mail [--runs 120]
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.campaigns.mail_server import MailServer
from benchmarks.campaigns.report import Report
from benchmarks.campaigns.shop import connect, define, load_shop
from benchmarks.campaigns.world import KEY, World, open_world

if TYPE_CHECKING:
    from integrations.models import ImportRun

# The lease of a mail lasts 15 s, the first pause after a refusal 3 s.
COMPRESSION = 20
RECIPIENTS = ["crm@shop.example", "ops@shop.example"]
MAILERS = 2
USERS = 40
REFUSED_FOR_GOOD: list[dict[str, Any]] = [{"status": 501, "apply": True, "times": None}]
ENDINGS: dict[str, list[dict[str, Any]]] = {
    "succeeded": [],
    "failed": [{"status": 404}],
    "partial": REFUSED_FOR_GOOD,
    "held": [],
}
# What a mailer process does; the worker's keeper does the same in a thread.
MAILER = """
import time, django
django.setup()
from django.db import close_old_connections
from integrations.notifications import send_waiting_mails
while True:
    close_old_connections()
    send_waiting_mails()
    time.sleep(0.05)
"""


class Mailers:
    """Two processes that send; killed at random and started again until told to stop."""

    def __init__(self, world: World, server: MailServer, chance: random.Random) -> None:
        self._world, self._server, self._chance = world, server, chance
        self._running: list[psutil.Popen] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_killing)
        self.kills = 0
        # Mails the server had, but whose row did not say so, when a mailer was killed.
        self.may_repeat: Counter[str] = Counter()

    def start(self) -> None:
        self._running = [self._start_one() for _ in range(MAILERS)]
        self._thread.start()

    def stop_killing(self) -> None:
        self._stopping.set()
        self._thread.join()

    def end(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()

    def _start_one(self) -> psutil.Popen:
        return self._world.start("-c", MAILER, log="mailer.log")

    def _keep_killing(self) -> None:
        from django.db import connection

        while not self._stopping.wait(self._chance.uniform(1.5, 4.0)):
            number = self._chance.randrange(MAILERS)
            self._running[number].kill()
            self._running[number].wait()
            self.kills += 1
            self._note_what_may_repeat()
            self._running[number] = self._start_one()
        connection.close()

    def _note_what_may_repeat(self) -> None:
        from integrations.models import OutboxMail

        # The server still reads what was on the line; the other mailer commits what it sent.
        time.sleep(0.4)
        waiting = OutboxMail.objects.filter(state="waiting").values_list("message_id", flat=True)
        self.may_repeat.update(
            identifier
            for identifier in waiting
            if self._server.taken[identifier] > self.may_repeat[identifier]
        )


def make_ends(world: World, runs: int) -> Counter[str]:
    """Bring real imports to every final state, and to being held."""
    from django.contrib.auth.models import User

    from integrations.runs import approve_run

    governor = User.objects.create(username="governor")
    dataset = load_shop(world.folder, users=USERS)
    connection = connect(world.sandbox_url, KEY)
    ends: Counter[str] = Counter()
    for number in range(runs):
        wanted = list(ENDINGS)[number % len(ENDINGS)]
        slug = f"cohort-{number % 8}"
        if wanted == "held":
            # Somebody must be in Braze before an empty cohort is a surprise.
            define(dataset, slug, 1)
            ends[_import(slug).state] += 1
        faults = [{"path": "/cohorts/users", **fault} for fault in ENDINGS[wanted]]
        world.control("POST", "faults", faults)
        # Never the same people twice running, so that there is something to send.
        define(dataset, slug, 10 if wanted == "held" else 2 + number // 8 % 2 * 3 + number % 2)
        run = _import(slug)
        ends[run.state] += 1
        if run.state == "held":
            approve_run(run, by=governor)
            ends[_work(run).state] += 1
        connection.paused_at = None
        connection.save()
        world.control("POST", "faults", [])
    return ends


def _import(slug: str) -> ImportRun:
    from cohorts.models import Cohort
    from integrations.models import Connection
    from integrations.runs import request_import

    return _work(
        request_import(
            Cohort.objects.get(slug=slug),
            connection=Connection.objects.get(),
            trigger="manual",
            recipients=RECIPIENTS,
        )
    )


def _work(run: ImportRun) -> ImportRun:
    from django.utils import timezone

    from integrations.execution import work_on
    from integrations.models import ImportBatch, ImportRun

    for _ in range(60):
        past = timezone.now() - timedelta(seconds=1)
        ImportRun.objects.filter(pk=run.pk).update(wait_until=past)
        ImportBatch.objects.filter(run=run).update(not_before=None)
        work_on(run.pk)
        run.refresh_from_db()
        if run.is_final or run.state == "held":
            return run
    raise SystemExit(f"Import {run.pk} does not end: {run.state}")


def check(world: World, server: MailServer, runs: int, seed: int) -> int:
    from integrations.models import OutboxMail

    report = Report("Mail: every end of an import, with mailers killed at random")
    mailers = Mailers(world, server, random.Random(seed))
    mailers.start()
    try:
        ends = make_ends(world, runs)
        mailers.stop_killing()
        deadline = time.monotonic() + 120
        while OutboxMail.objects.filter(state="waiting").exists() and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        mailers.stop_killing()
        mailers.end()
    expected = _expected_mails()
    written = set(OutboxMail.objects.values_list("run", "recipient", "kind"))
    report.row("ends of imports", ", ".join(f"{n} {state}" for state, n in ends.most_common()))
    missing = [state for state in ENDINGS if not ends[state]]
    report.promise("every way to end was reached", not missing)
    report.row("mailers killed, in the middle of a mail", f"{mailers.kills}, {_doubled(mailers)}")
    report.promise("one mail for each end and recipient is written", written == expected)
    unsent = OutboxMail.objects.exclude(state="sent").count()
    report.promise("every one was sent", not unsent, told=f"{len(written)} mails,")
    known = dict(OutboxMail.objects.values_list("message_id", "state"))
    wrong = [each for each in {*known, *server.taken} if not _is_right(each, server, mailers)]
    report.promise("once each, but for those in a killed mailer's hand", not wrong)
    report.note_broken(f"{each}: {server.taken[each]} times" for each in wrong[:10])
    return report.end()


def _doubled(mailers: Mailers) -> int:
    return sum(mailers.may_repeat.values())


def _is_right(identifier: str, server: MailServer, mailers: Mailers) -> bool:
    return 1 <= server.taken[identifier] <= 1 + mailers.may_repeat[identifier]


def _expected_mails() -> set[tuple[int, str, str]]:
    from integrations.models import ImportRun

    runs = ImportRun.objects.values_list("pk", "state", "held_reason")
    ends = {(pk, state) for pk, state, _ in runs if state != "canceled"}
    ends |= {(pk, "held") for pk, _, reason in runs if reason}
    return {(pk, recipient, kind) for pk, kind in ends for recipient in RECIPIENTS}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with (
        MailServer(random.Random(options.seed)) as server,
        open_world(compression=COMPRESSION, EMAIL_URL=server.url) as world,
    ):
        return check(world, server, options.runs, options.seed)


if __name__ == "__main__":
    sys.exit(main())
