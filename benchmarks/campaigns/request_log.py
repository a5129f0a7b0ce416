"""What the sandbox's request log proves about the runs: order, overlap, and what was sent again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

# A kill is noticed a moment after it took place; clocks of files and rows differ by less.
SLACK = 1.0


@dataclass(frozen=True)
class Sent:
    """One request that changes members, as the sandbox saw it."""

    at: float
    cohort: str
    # Of the body, which holds nothing but keys, cohort and ids: the same for the same batch.
    sha256: str
    changes: tuple[int, int]
    answered: bool


@dataclass(frozen=True)
class Window:
    """A run by our own record: when it was worked on, and its batches' (added, removed)."""

    run: int
    cohort: str
    starts: float
    ends: float
    batches: tuple[tuple[int, int], ...]
    complete: bool


@dataclass
class Findings:
    # Sent again although the answer was on its way: the first try and the next one.
    repeats: list[tuple[float, float]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def read_entry(entry: dict[str, Any], at: float) -> Sent:
    lost = bool(entry["fault"]) and not entry["fault"].startswith("answer after")
    answered = entry["status"] is not None and entry["status"] < 300 and not lost
    changes = (entry["added"], entry["removed"])
    return Sent(at, entry["cohort_id"], entry["sha256"], changes, answered)


def examine(sent: Iterable[Sent], windows: Iterable[Window]) -> Findings:
    """Every request belongs to the one run that was open then, batch after batch in its order."""
    findings = Findings()
    by_cohort: dict[str, list[Window]] = {}
    for window in sorted(windows, key=lambda each: each.starts):
        earlier = by_cohort.setdefault(window.cohort, [])
        if earlier and earlier[-1].ends > window.starts:
            findings.wrong.append(f"runs {earlier[-1].run} and {window.run} overlap")
        earlier.append(window)
    inside: dict[int, list[Sent]] = {}
    for each in sorted(sent, key=lambda each: each.at):
        run = _find_run(each, by_cohort.get(each.cohort, []))
        if run is None:
            findings.wrong.append(f"a request at {each.at:.1f} belongs to no run")
        else:
            inside.setdefault(run, []).append(each)
    for windows_of_one in by_cohort.values():
        for window in windows_of_one:
            _examine_run(window, inside.get(window.run, []), findings)
    return findings


def _find_run(sent: Sent, windows: Sequence[Window]) -> int | None:
    for window in windows:
        if window.starts <= sent.at <= window.ends:
            return window.run
    return None


def _examine_run(window: Window, sent: Sequence[Sent], findings: Findings) -> None:
    newest: Sent | None = None
    number = 0
    seen: set[str] = set()
    for each in sent:
        if newest is not None and each.sha256 == newest.sha256:
            if newest.answered:
                findings.repeats.append((newest.at, each.at))
        elif each.sha256 in seen:
            findings.wrong.append(f"run {window.run} went back to an earlier batch")
        else:
            number += 1
            if window.batches[number - 1 : number] != (each.changes,):
                findings.wrong.append(f"run {window.run}: request {number} is not batch {number}")
        seen.add(each.sha256)
        newest = each
    if window.complete and number != len(window.batches):
        findings.wrong.append(
            f"run {window.run} succeeded after {number} of {len(window.batches)} batches"
        )


def unexplained(repeats: Iterable[tuple[float, float]], crashes: Iterable[float]) -> int:
    """How many repeats have no crash of their own between the two requests."""
    left = sorted(repeats, key=lambda repeat: repeat[1])
    for crash in sorted(crashes):
        for repeat in left:
            if repeat[0] - SLACK <= crash <= repeat[1] + SLACK:
                left.remove(repeat)
                break
    return len(left)
