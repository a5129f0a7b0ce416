"""Fill the installation with demo data."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from cohorts.demo.seed import LOGINS_FILE, NotOurs, Seeded, seed_demo
from cohorts.management.door import Door, Refused
from integrations.demo import connect_sandbox

_MOST_EVENTS = 100_000_000


class Command(Door):
    help = "Make a reproducible demo: a karaoke app's users and events, cohorts, and log-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--events", type=int, default=1_000_000, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        events, seed = options["events"], options["seed"]
        if not 1_000 <= events <= _MOST_EVENTS:
            raise Refused(f"--events: use 1,000 to {_MOST_EVENTS:,}.")
        if not 0 <= seed < 2**31:
            raise Refused("--seed: use a whole number from 0 to 2,147,483,647.")
        try:
            seeded = seed_demo(events=events, seed=seed)
        except NotOurs as error:
            raise Refused(f"seed_demo: {error}") from None
        self._tell(seeded)
        connection = connect_sandbox()
        if connection is not None:
            self.stdout.write(f"Connection: {connection.name}, {connection.endpoint}")

    def _tell(self, seeded: Seeded) -> None:
        dataset = seeded.dataset
        verb = "brought up to today" if seeded.was_there else "made"
        self.stdout.write(
            f"{dataset.name}: {verb}, {dataset.event_count:,} events "
            f"of {dataset.user_count:,} users"
        )
        for name, size in seeded.sizes.items():
            self.stdout.write(f"  {name}: {size:,}")
        roles = ", ".join(login.username for login in seeded.logins)
        self.stdout.write(f"Log-ins: {roles} (passwords in {LOGINS_FILE} of the data folder)")
