"""Random histories of imports in memory: a Braze that loses answers, and four ways to keep books.

`Twin` is the ledger as `integrations.planning` and `integrations.ledger` keep it, in Python sets:
some thousand times faster than with files. The campaign first proves that it is the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

QUIET = 300.0
LATEST_ARRIVAL = 240.0


class Change(NamedTuple):
    number: int
    add: list[str]
    remove: list[str]
    not_before: float | None = None


class Told(NamedTuple):
    """What is known of a batch that Braze may have."""

    number: int
    acknowledged: bool
    echo: bool
    sent_at: float


class Doubt(NamedTuple):
    remove: bool
    sent_at: float
    echo: bool


class Books(Protocol):
    def plan(self, cohort: set[str], now: float, *, repair: bool = False) -> list[Change]: ...

    def settle(self, plan: list[Change], told: list[Told], cohort: set[str], now: float) -> None:
        """Take in how a run ended."""


@dataclass
class Twin:
    """The ledger. `quiet` 0 leaves out the quiet period, to show that it is needed."""

    batch_ids: int
    quiet: float = QUIET
    confirmed: set[str] = field(default_factory=set)
    doubts: dict[str, Doubt] = field(default_factory=dict)
    ever_sent: set[str] = field(default_factory=set)

    def plan(self, cohort: set[str], now: float, *, repair: bool = False) -> list[Change]:
        doubted = {id for id, doubt in self.doubts.items() if not doubt.echo}
        held = self.confirmed | doubted | (self.ever_sent if repair else set())
        settled = set() if repair else self.confirmed - doubted
        changes = [(True, id) for id in sorted(held - cohort)]
        changes += [(False, id) for id in sorted(cohort - settled)]
        at_once = [change for change in changes if self._waits_until(*change, now) is None]
        later = [change for change in changes if self._waits_until(*change, now) is not None]
        return self._numbered([*self._cut(at_once), *self._cut(later)], now)

    def _waits_until(self, remove: bool, id: str, now: float) -> float | None:
        doubt = self.doubts.get(id)
        if doubt is None or doubt.remove == remove or doubt.sent_at + self.quiet <= now:
            return None
        return doubt.sent_at + self.quiet

    def _cut(self, changes: list[tuple[bool, str]]) -> Iterable[list[tuple[bool, str]]]:
        for start in range(0, len(changes), self.batch_ids):
            yield changes[start : start + self.batch_ids]

    def _numbered(self, batches: list[list[tuple[bool, str]]], now: float) -> list[Change]:
        plan = []
        for number, batch in enumerate(batches, start=1):
            waits = [until for each in batch if (until := self._waits_until(*each, now))]
            add, remove = [id for r, id in batch if not r], [id for r, id in batch if r]
            plan.append(Change(number, add, remove, max(waits, default=None)))
        return plan

    def settle(self, plan: list[Change], told: list[Told], cohort: set[str], now: float) -> None:
        batches = {change.number: change for change in plan}
        doubts = dict(self.doubts)
        # From the gentlest to the gravest, so that the gravest stands in the end.
        touched = {id for each in told for id in _ids(batches[each.number])}
        for id in touched & doubts.keys():
            doubts[id] = doubts[id]._replace(echo=True)
        doubts = {id: doubt for id, doubt in doubts.items() if self._is_kept(doubt, now)}
        for each in told:
            change = batches[each.number]
            for remove, ids in ((False, change.add), (True, change.remove)):
                new = Doubt(remove, each.sent_at, each.acknowledged)
                if (each.echo or not each.acknowledged) and self._is_kept(new, now):
                    doubts |= dict.fromkeys(ids, new)
            if each.acknowledged:
                self.confirmed = (self.confirmed - set(change.remove)) | set(change.add)
        self.doubts = doubts
        self.ever_sent |= touched

    def _is_kept(self, doubt: Doubt, now: float) -> bool:
        return not doubt.echo or doubt.sent_at > now - self.quiet


@dataclass
class PerBatch:
    """Naive: the baseline takes in each acknowledged batch, and nothing else."""

    batch_ids: int
    baseline: set[str] = field(default_factory=set)

    def plan(self, cohort: set[str], now: float, *, repair: bool = False) -> list[Change]:
        # A repair by these books sends everybody; whom else to remove they do not know.
        changes = [(True, id) for id in sorted(self.baseline - cohort)]
        changes += [(False, id) for id in sorted(cohort if repair else cohort - self.baseline)]
        pages = [
            changes[start : start + self.batch_ids]
            for start in range(0, len(changes), self.batch_ids)
        ]
        return [
            Change(number, [id for r, id in page if not r], [id for r, id in page if r])
            for number, page in enumerate(pages, start=1)
        ]

    def settle(self, plan: list[Change], told: list[Told], cohort: set[str], now: float) -> None:
        for each in told:
            if each.acknowledged:
                change = plan[each.number - 1]
                self.baseline = (self.baseline - set(change.remove)) | set(change.add)


class LastGoodRun(PerBatch):
    """Naive: the baseline is the cohort of the last run that went well."""

    def settle(self, plan: list[Change], told: list[Told], cohort: set[str], now: float) -> None:
        if len(told) == len(plan) and all(each.acknowledged for each in told):
            self.baseline = set(cohort)


def _ids(change: Change) -> list[str]:
    return [*change.add, *change.remove]


class Braze:
    """Keeps a set; refuses, loses answers before or after the change, or applies it late."""

    def __init__(self, chance: random.Random, fault_share: float) -> None:
        self.members: set[str] = set()
        self.now = 0.0
        self.fault_share = fault_share
        self._chance = chance
        self._late: list[tuple[float, Change]] = []

    def advance(self, seconds: float) -> None:
        self.now += seconds
        if self._late:
            due = sorted((each for each in self._late if each[0] <= self.now), key=_arrival)
            self._late = [each for each in self._late if each[0] > self.now]
            for _, change in due:
                self._apply(change)

    def send(self, change: Change) -> str:
        self.advance(self._chance.choice((0.1, 1.0, 40.0)))
        if self._chance.random() >= self.fault_share:
            self._apply(change)
            return "accepted"
        # Lost and applied also stand for a worker that died before or after its request.
        fault = self._chance.choice(("refused", "lost", "applied", "late", "late"))
        if fault == "applied":
            self._apply(change)
        if fault == "late":
            self._late.append((self.now + LATEST_ARRIVAL * self._chance.random(), change))
        return "refused" if fault == "refused" else "unknown"

    def _apply(self, change: Change) -> None:
        self.members.update(change.add)
        self.members.difference_update(change.remove)


def _arrival(late: tuple[float, Change]) -> float:
    return late[0]


def run_import(
    books: Books, braze: Braze, cohort: set[str], *, most_tries: int, repair: bool = False
) -> bool:
    """Whether every batch was acknowledged."""
    plan = books.plan(cohort, braze.now, repair=repair)
    told: list[Told] = []
    complete = True
    for change in plan:
        if change.not_before and change.not_before > braze.now:
            braze.advance(change.not_before - braze.now)
        known = _deliver(braze, change, most_tries)
        told += [known] if known else []
        complete = known is not None and known.acknowledged
        if not complete:
            break
    books.settle(plan, told, cohort, braze.now)
    return complete


def _deliver(braze: Braze, change: Change, most_tries: int) -> Told | None:
    """None when Braze certainly has nothing of it."""
    doubtful = False
    for _ in range(most_tries):
        # The clock is read before the request leaves, as the batch row does.
        sent_at = braze.now
        answer = braze.send(change)
        if answer == "accepted":
            return Told(change.number, True, doubtful, sent_at)
        doubtful = doubtful or answer == "unknown"
    return Told(change.number, False, False, sent_at) if doubtful else None


def is_right_in_the_end(books: Books, seed: int, users: list[str]) -> bool:
    """Six imports of a changing cohort; then it stands still and one import succeeds."""
    chance = random.Random(seed)
    braze = Braze(chance, chance.choice((0.05, 0.1, 0.25, 0.4, 0.7)))
    cohort = set(chance.sample(users, len(users) // 2))
    for _ in range(6):
        tries = chance.choice((1, 2, 3, 10))
        run_import(books, braze, cohort, most_tries=tries, repair=chance.random() < 0.05)
        braze.advance(chance.choice((0, 1, 30, 200, 4000)))
        cohort = cohort ^ set(chance.sample(users, len(users) // 4))
    braze.fault_share = 0.0
    run_import(books, braze, cohort, most_tries=1)
    braze.advance(LATEST_ARRIVAL)
    return braze.members == cohort
