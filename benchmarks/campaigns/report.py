"""The short table a campaign ends with, and its exit code."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Report:
    """Rows of a table; whatever breaks a promise is noted and makes the campaign fail."""

    title: str
    broken: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        print(self.title, flush=True)

    def row(self, name: str, value: object) -> None:
        print(f"  {name:<58} {value}", flush=True)

    def promise(self, name: str, kept: bool, *, told: object = "") -> None:
        """A promise with what was found; the campaign fails when it was not kept."""
        self.row(name, f"{told} {'kept' if kept else 'BROKEN'}".strip())
        if not kept:
            self.broken.append(name)

    def note_broken(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(f"    {line}", flush=True)

    def end(self) -> int:
        seconds = time.monotonic() - self.started
        verdict = f"{len(self.broken)} promises BROKEN" if self.broken else "every promise kept"
        print(f"  {seconds:.0f} s, {verdict}", flush=True)
        return 1 if self.broken else 0
