"""Random histories of imports against a Braze that loses answers and applies requests late.

The oracle: after the cohort stands still and one more import succeeds, and every late request has
arrived, the people in Braze are the people in the cohort.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cohorts import membership
from integrations.ledger import Outcome, Settled, settle_files
from integrations.plan_batches import PlanReader
from integrations.planning import Holdings, draw_plan

USERS = [f"u{i}" for i in range(8)]
LATEST_ARRIVAL = timedelta(minutes=4)


class FakeBraze:
    """Keeps a set; loses answers before or after the change, or applies a change late."""

    def __init__(self, chance: random.Random, fault_share: float) -> None:
        self.members: set[str] = set()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._late: list[tuple[datetime, list[str], list[str]]] = []
        self._chance = chance
        self._fault_share = fault_share

    def advance(self, by: timedelta) -> None:
        self.now += by
        due = sorted((row for row in self._late if row[0] <= self.now), key=lambda row: row[0])
        self._late = [row for row in self._late if row[0] > self.now]
        for _, add, remove in due:
            self._apply(add, remove)

    def send(self, add: list[str], remove: list[str]) -> str:
        self.advance(timedelta(seconds=self._chance.choice([0.1, 1, 40])))
        if self._chance.random() >= self._fault_share:
            self._apply(add, remove)
            return "accepted"
        fault = self._chance.choice(["refused", "lost", "applied", "late", "late"])
        if fault == "applied":
            self._apply(add, remove)
        if fault == "late":
            arrives = self.now + LATEST_ARRIVAL * self._chance.random()
            self._late.append((arrives, add, remove))
        return "refused" if fault == "refused" else "unknown"

    def _apply(self, add: list[str], remove: list[str]) -> None:
        self.members |= set(add)
        self.members -= set(remove)


class Importer:
    """One import after another with the real planner and the real ledger files."""

    def __init__(self, folder: Path, braze: FakeBraze, chance: random.Random) -> None:
        self._folder = folder
        self._braze = braze
        self._chance = chance
        self._held = Holdings(members=None, confirmed=None, in_doubt=None, ever_sent=None)
        self._number = 0

    def run(self, cohort: set[str], *, most_tries: int) -> bool:
        """Whether every batch was acknowledged."""
        self._number += 1
        members = self._folder / f"members-{self._number}"
        pq.write_table(pa.table({"id": pa.array(sorted(cohort), pa.string())}), members)
        holdings = Holdings(
            members=members,
            confirmed=self._held.confirmed,
            in_doubt=self._held.in_doubt,
            ever_sent=self._held.ever_sent,
        )
        plan = self._folder / f"plan-{self._number}"
        _, batches = draw_plan(holdings, plan, now=self._braze.now)
        outcomes: list[Outcome] = []
        all_acknowledged = True
        with PlanReader(plan) as reader:
            for batch in batches:
                if batch.not_before and batch.not_before.replace(tzinfo=UTC) > self._braze.now:
                    self._braze.advance(batch.not_before.replace(tzinfo=UTC) - self._braze.now)
                outcome = self._deliver(batch.number, *reader.read(batch.number), most_tries)
                outcomes += [outcome] if outcome else []
                all_acknowledged = outcome is not None and outcome.acknowledged
                if not all_acknowledged:
                    break
        settled = settle_files(
            holdings, plan, outcomes, now=self._braze.now, prefix=f"ledger-{self._number}"
        )
        self._point_to(settled)
        return all_acknowledged

    def _deliver(
        self, number: int, add: list[str], remove: list[str], most_tries: int
    ) -> Outcome | None:
        """None when Braze certainly has nothing of it."""
        in_doubt = False
        for _ in range(most_tries):
            # The clock is read before the request leaves, as the batch row does.
            sent_at = self._braze.now.replace(tzinfo=None)
            answer = self._braze.send(add, remove)
            if answer == "accepted":
                return Outcome(number, acknowledged=True, echo=in_doubt, sent_at=sent_at)
            in_doubt = in_doubt or answer == "unknown"
        if not in_doubt:
            return None
        return Outcome(number, acknowledged=False, echo=False, sent_at=sent_at)

    def _point_to(self, settled: Settled) -> None:
        self._held = Holdings(
            members=None,
            confirmed=membership.path_of(settled.confirmed.name),
            in_doubt=membership.path_of(settled.in_doubt.name),
            ever_sent=membership.path_of(settled.ever_sent.name),
        )


@pytest.mark.parametrize("seed", range(40))
def test_the_right_people_are_in_braze_whatever_was_lost(tmp_path, settings, seed):
    settings.MEMBERSHIP_STORE = str(tmp_path)
    chance = random.Random(seed)
    braze = FakeBraze(chance, fault_share=chance.choice([0.1, 0.4, 0.7]))
    importer = Importer(tmp_path, braze, chance)
    cohort = set(chance.sample(USERS, 4))
    for _ in range(6):
        importer.run(cohort, most_tries=chance.choice([1, 2, 3, 10]))
        braze.advance(timedelta(seconds=chance.choice([0, 1, 30, 200, 4000])))
        cohort ^= set(chance.sample(USERS, 3))
    while not importer.run(cohort, most_tries=50):
        pass
    braze.advance(LATEST_ARRIVAL)
    assert braze.members == cohort
