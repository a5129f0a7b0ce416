"""Which preview runs for which browser tab, so that a newer one stops the older.

This is kept in the process: with several web processes the older query may run in another
one, where the time limit of previews ends it. Nothing but work is lost either way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Interruptible(Protocol):
    def interrupt(self) -> None: ...


class Superseded(Exception):
    """A newer preview of the same tab came first."""


class RunningPreview:
    """One preview; `watch` is handed each connection it opens."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence
        self._lock = threading.Lock()
        self._is_stopped = False
        self._connections: list[Interruptible] = []

    def watch(self, connection: Interruptible) -> None:
        with self._lock:
            self._connections.append(connection)
            is_late = self._is_stopped
        if is_late:
            connection.interrupt()

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
            connections = list(self._connections)
        for connection in connections:
            connection.interrupt()


_lock = threading.Lock()
_running: dict[tuple[object, str], RunningPreview] = {}


@contextmanager
def running_preview(owner: object, token: str, sequence: int) -> Iterator[RunningPreview]:
    """Stops the tab's older preview. `owner` keeps one person from stopping another's.

    Requests can overtake each other: raises `Superseded` when a newer one already runs.
    """
    preview = RunningPreview(sequence)
    key = (owner, token)
    with _lock:
        older = _running.get(key)
        if older is not None and older.sequence > sequence:
            raise Superseded
        _running[key] = preview
    if older is not None:
        older.stop()
    try:
        yield preview
    finally:
        with _lock:
            if _running.get(key) is preview:
                del _running[key]
