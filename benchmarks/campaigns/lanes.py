"""One cohort after the other state, and its imports one after the other, until told to stop."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks.campaigns.browser import Browser
from benchmarks.campaigns.shop import buyers, define
from benchmarks.campaigns.world import World

if TYPE_CHECKING:
    from cohorts.models import Cohort, Dataset
    from integrations.models import Connection, ImportRun, ImportSchedule

RECIPIENTS = ["crm@shop.example"]
# How long a run may take with all that is done to it, and how often it may fail in a row.
LONGEST_RUN = 600.0
MOST_TRIES = 8
# Of runs under way, each time they are looked at; and of those asked for by command.
CANCELED = 0.0005
REPAIRS = 0.2
# After this a run asked for in a way that came to nothing is asked for again.
ASK_AGAIN = 20.0


@dataclass
class Shop:
    """What all lanes share."""

    world: World
    dataset: Dataset
    connection: Connection
    users: int
    chance: random.Random
    browser: Browser
    runs: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    wrong: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    taken: float = 0.0


class Lane:
    def __init__(self, shop: Shop, slug: str) -> None:
        self.shop, self.slug = shop, slug
        self.wanted = 0
        self.run: int | None = None
        # The newest run before the one asked for.
        self._before = 0
        self._asked_at = 0.0
        self._idle_until = 0.0
        self._tries = 0
        self._cohort: Cohort | None = None

    @property
    def is_idle(self) -> bool:
        return self._cohort is None

    def step(self) -> None:
        """What can be done now, without waiting."""
        if self._cohort is None:
            if time.monotonic() > self._idle_until:
                self._begin()
        elif self.run is None:
            self._find_run()
        else:
            self._look_at(self.run)

    def _begin(self) -> None:
        shop = self.shop
        if self.wanted:
            # What arrived late, after the run had succeeded, must not have changed anything.
            self.compare("later")
        wanted = shop.chance.choice([n for n in range(1, 10) if n != self.wanted])
        self._tries = 0
        # Broken off by an outage, nobody knows which of the two the cohort is, and so what to
        # compare with.
        self.wanted = 0
        self._cohort = define(shop.dataset, self.slug, wanted)
        self.wanted = wanted
        self._ask()

    # -- asking for a run ----------------------------------------------------------------------

    def _ask(self) -> None:
        ways: list[tuple[str, Callable[[], object]]] = [
            ("by the web", self._ask_by_web),
            ("by a schedule", self._ask_by_schedule),
            ("by a command", self._ask_by_command),
        ]
        self.run = None
        self._before = self._newest()
        self._asked_at = time.monotonic()
        name, ask = self.shop.chance.choices(ways, (50, 25, 25))[0]
        self.shop.asked[name] += 1
        ask()

    def _ask_by_web(self) -> None:
        self._schedule()
        if not self.shop.browser.press_import(self.slug, seen=self._before):
            # Nobody knows whether it started: look again before pressing again.
            self._asked_at -= ASK_AGAIN - 2

    def _ask_by_command(self) -> None:
        from integrations.runs import ImportRefused, request_import

        assert self._cohort is not None
        try:
            request_import(
                self._cohort,
                connection=self.shop.connection,
                trigger="repair" if self.shop.chance.random() < REPAIRS else "manual",
                recipients=RECIPIENTS,
            )
        except ImportRefused as refused:
            # The first time the commit took place and its answer was lost.
            if refused.run is None:
                raise

    def _ask_by_schedule(self) -> None:
        """Set the schedule as if this minute had been its hour all along."""
        from integrations.models import ImportSchedule, ScheduleSlot

        schedule = self._schedule()
        slot = datetime.now(UTC).replace(second=0, microsecond=0)
        if ScheduleSlot.objects.filter(schedule=schedule, due_at=slot).exists():
            return self._ask_by_command()
        ImportSchedule.objects.filter(pk=schedule.pk).update(
            at=slot.time(), looked_until=slot - timedelta(seconds=1), next_due_at=slot
        )
        return None

    def _schedule(self) -> ImportSchedule:
        from integrations.cadence import Cadence
        from integrations.schedules import find_live_schedule, save_schedule

        assert self._cohort is not None
        now = datetime.now(UTC)
        cadence = Cadence(
            unit="day",
            every=1,
            weekdays=(),
            month_day="",
            at=(now - timedelta(hours=2)).time().replace(second=0, microsecond=0),
            timezone="UTC",
            starts_on=now.date() - timedelta(days=2),
        )
        return find_live_schedule(self._cohort) or save_schedule(
            self._cohort,
            connection=self.shop.connection,
            cadence=cadence,
            recipients=RECIPIENTS,
        )

    def _newest(self) -> int:
        from integrations.models import ImportRun

        runs = ImportRun.objects.filter(cohort=self._cohort).order_by("-pk")
        return runs.values_list("pk", flat=True).first() or 0

    # -- seeing it through ---------------------------------------------------------------------

    def _find_run(self) -> None:
        newest = self._newest()
        if newest > self._before:
            self.run = newest
        elif time.monotonic() - self._asked_at > ASK_AGAIN:
            self._ask()

    def _look_at(self, pk: int) -> None:
        from integrations.models import ImportRun
        from integrations.runs import cancel_run

        run = ImportRun.objects.get(pk=pk)
        if run.state == "held":
            self._approve(run)
        elif run.is_final:
            self._end(run)
        elif time.monotonic() - self._asked_at > LONGEST_RUN:
            self.shop.hung.append(f"run {pk} of {self.slug} is still {run.state}")
            self._rest()
        elif self.shop.chance.random() < CANCELED:
            cancel_run(run, by=None)

    def _approve(self, run: ImportRun) -> None:
        from django.contrib.auth.models import User

        from integrations.runs import approve_run

        approve_run(run, by=User.objects.get(username="governor"))

    def _end(self, run: ImportRun) -> None:
        if run.state == "succeeded":
            # First, because an outage may break it off: then all of this is done again.
            self.compare("at once")
        self.shop.runs[run.state] += 1
        self.shop.taken = max(self.shop.taken, time.monotonic() - self._asked_at)
        # Whatever breaks off the next asking, this run is not taken for its answer.
        self._before = run.pk
        self._tries += 1
        if run.state == "succeeded":
            self._rest()
        elif self._tries < MOST_TRIES:
            self._ask()
        else:
            self.shop.hung.append(f"{self.slug} did not succeed in {MOST_TRIES} runs")
            self._rest()

    def _rest(self) -> None:
        self._cohort, self.run = None, None
        self._idle_until = time.monotonic() + self.shop.chance.uniform(0, 8)

    def compare(self, when: str) -> None:
        from integrations.models import Ledger

        ledger = Ledger.objects.get(cohort__slug=self.slug)
        found = set(self.shop.world.control("GET", f"cohorts/{ledger.braze_cohort_id}")["members"])
        expected = buyers(self.wanted, self.shop.users)
        self.shop.compared += 1
        if found != expected:
            words = f"{len(found - expected)} too many, {len(expected - found)} missing"
            self.shop.wrong.append(f"{self.slug}, {when}: {words}")
