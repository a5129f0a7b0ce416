"""How much memory a process and everything below it use, sampled while something runs."""

from __future__ import annotations

import contextlib
import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

import psutil

EVERY = 0.3
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Sample:
    label: str
    # Pages that several processes share are counted once.
    together: int
    # The largest process alone, with all that it shares.
    largest: int


@dataclass
class Memory:
    """A thread that samples until the block ends; `label` names what is going on."""

    process: psutil.Process
    label: Callable[[], str]
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.wait(EVERY):
            self.samples.append(self._take())

    def _take(self) -> Sample:
        label, together, largest = self.label(), 0, 0
        for each in [self.process, *self.process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                used = each.memory_full_info()
                together += used.pss
                largest = max(largest, used.rss)
        return Sample(label, together, largest)

    def peak(self) -> tuple[int, int]:
        """Of all together, and of the largest process, in megabytes."""
        together = max((each.together for each in self.samples), default=0)
        largest = max((each.largest for each in self.samples), default=0)
        return together // MEGABYTE, largest // MEGABYTE

    def growth(self, label: str) -> int | None:
        """From the first third to the last, in megabytes; None for too few samples."""
        of_label = [each.together for each in self.samples if each.label == label]
        third = len(of_label) // 3
        if third < 3:
            return None
        first, last = of_label[:third], of_label[-third:]
        return round((statistics.median(last) - statistics.median(first)) / MEGABYTE)
