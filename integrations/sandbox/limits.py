"""The hourly counter and the requests in flight per cohort."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from integrations.sandbox.fixture import Rules

HOUR = 3600
TRACK_WINDOW = 3


class HourlyCounter:
    """Requests of the current clock hour. `count_since` tells the ones of before a restart."""

    def __init__(self, count_since: Callable[[float], int]) -> None:
        self._lock = threading.Lock()
        self._hour = int(time.time()) // HOUR
        self._count = count_since(self._hour * HOUR)

    def clear(self) -> None:
        with self._lock:
            self._count = 0

    def take(self, rules: Rules) -> tuple[bool, dict[str, str]]:
        """Count one request: is it within the limit, and the headers that say so."""
        now = time.time()
        with self._lock:
            if int(now) // HOUR != self._hour:
                self._hour, self._count = int(now) // HOUR, 0
            self._count += 1
            count, end = self._count, (self._hour + 1) * HOUR
        allowed = count <= rules.hourly_limit
        seconds = max(1, int(end - now))
        if not allowed and rules.retry_after_on_429:
            return allowed, {"x-ratelimit-retry-after": str(seconds)}
        return allowed, {
            "x-ratelimit-limit": str(rules.hourly_limit),
            "x-ratelimit-remaining": str(max(0, rules.hourly_limit - count)),
            "x-ratelimit-reset": str(seconds if rules.reset_in_seconds else end),
        }


class TrackCounter:
    """Requests to /users/track of the current three seconds, told as seconds left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._count = 0

    def clear(self) -> None:
        with self._lock:
            self._count = 0

    def take(self, rules: Rules) -> tuple[bool, dict[str, str]]:
        now = time.time()
        with self._lock:
            if int(now) // TRACK_WINDOW != self._window:
                self._window, self._count = int(now) // TRACK_WINDOW, 0
            self._count += 1
            count, end = self._count, (self._window + 1) * TRACK_WINDOW
        seconds = max(1, math.ceil(end - now))
        if count > rules.track_limit:
            return False, {"x-ratelimit-retry-after": str(seconds)}
        return True, {
            "x-ratelimit-limit": str(rules.track_limit),
            "x-ratelimit-remaining": str(rules.track_limit - count),
            "x-ratelimit-reset": str(seconds),
        }


class InFlight:
    """Which cohorts a request is being worked on for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[Hashable] = Counter()

    @contextmanager
    def entering(self, key: Hashable | None) -> Iterator[bool]:
        """True when another request of the same cohort has not been answered yet."""
        if key is None:
            yield False
            return
        with self._lock:
            others = self._running[key] > 0
            self._running[key] += 1
        try:
            yield others
        finally:
            with self._lock:
                self._running[key] -= 1
                if not self._running[key]:
                    del self._running[key]
