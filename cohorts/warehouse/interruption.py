"""Ends the query of a connection when its time is up or when another thread asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cohorts.warehouse.errors import WarehouseError


class Interruption:
    """One for each connection: an interrupt is for whatever runs there or would run next."""

    def __init__(self, time_limit: float) -> None:
        self.time_limit = time_limit
        self._interrupted = threading.Event()
        self._wake = threading.Event()
        self._deadline = 0.0

    def interrupt(self) -> None:
        self._interrupted.set()
        self._wake.set()

    @property
    def is_asked_for(self) -> bool:
        return self._interrupted.is_set()

    @property
    def is_late(self) -> bool:
        """Is the time of the last query up?"""
        return time.monotonic() >= self._deadline

    def check(self) -> None:
        if self.is_asked_for:
            raise canceled()

    @contextmanager
    def watching(self, stop: Callable[[], None], *, every: float) -> Iterator[None]:
        """Calls `stop` from a thread of its own when the query in the block is to end. Engines
        forget a request that comes just before a query starts, so it is made again and again."""
        self.check()
        done = threading.Event()
        self._deadline = time.monotonic() + self.time_limit
        watch = threading.Thread(
            target=self._watch, args=(stop, every, done), name="query-watch", daemon=True
        )
        watch.start()
        try:
            yield
        finally:
            done.set()
            self._wake.set()
            watch.join()
            if not self.is_asked_for:
                self._wake.clear()

    def _watch(self, stop: Callable[[], None], every: float, done: threading.Event) -> None:
        self._wake.wait(max(0.0, self._deadline - time.monotonic()))
        while not done.is_set():
            stop()
            done.wait(every)

    def timeout(self) -> WarehouseError:
        return WarehouseError(
            "timeout",
            f"The query was stopped after {self.time_limit:g} seconds. "
            "Narrow its time windows or ask for a longer time limit (QUERY_TIME_LIMIT).",
        )


def canceled() -> WarehouseError:
    return WarehouseError("canceled", "The query was canceled.")


def ended_by_others() -> WarehouseError:
    """By an administrator, or by a limit of the server's own that is below ours."""
    return WarehouseError(
        "timeout",
        "The warehouse stopped the query before its time was up. Narrow its time windows, or "
        "ask for a longer time limit in the warehouse.",
    )


def missing_list() -> WarehouseError:
    return WarehouseError(
        "source", "A stored list is missing. Restore the membership store, or upload it."
    )
