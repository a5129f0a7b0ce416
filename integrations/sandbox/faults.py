"""Faults on demand: which request is answered wrongly, late, or not at all."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

DROPS = ("before", "after", "mid_body")
MAX_DELAY_MS = 600_000


class FaultError(ValueError):
    """A fault that cannot be played; the text says why."""


@dataclass
class Fault:
    path: str = "*"
    after: int = 0  # matching requests that pass before it begins
    times: int | None = 1  # None: without end
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    headers: dict[str, str] | None = None
    body: Any = None
    raw_body: str | None = None
    delay_ms: int = 0
    apply_delay_ms: int = 0
    drop: str | None = None
    apply: bool | None = None
    seen: int = 0
    fired: int = 0

    def matches(self, path: str) -> bool:
        relative = re.sub(r"^/partners/[^/]+", "", path)
        return self.path in ("*", path, relative)

    def wants(self) -> bool:
        """Is it this fault's turn, now that one more request has been seen?"""
        if self.seen <= self.after:
            return False
        # Drawn from the seed and the count, so a replay makes the same choices.
        return random.Random(f"{self.seed}:{self.seen}").random() < self.probability  # noqa: S311

    def left(self) -> int | None:
        """How often it can still play; None: without end."""
        return None if self.times is None else self.times - self.fired

    @property
    def applies(self) -> bool:
        """Does the change take effect? Unless told: when the sender may believe that it did."""
        if self.apply is not None:
            return self.apply
        if self.drop in ("before", "after"):
            return self.drop == "after"
        if self.status is None:
            return True
        return 200 <= self.status < 300 and self._message() in (None, "", "success", "queued")

    def _message(self) -> Any:
        """The message a sender reads in the answer; False when it cannot be read."""
        body = self.body
        if self.raw_body:
            try:
                body = json.loads(self.raw_body)
            except ValueError:
                return False
        return body.get("message") if isinstance(body, dict) else None

    def summary(self) -> str:
        """What it does, in a few words, for the request log."""
        parts = [
            f"status {self.status}" if self.status else "",
            f"connection cut ({self.drop})" if self.drop else "",
            f"answer after {self.delay_ms} ms" if self.delay_ms else "",
            f"effect after {self.apply_delay_ms} ms" if self.apply_delay_ms else "",
        ]
        return ", ".join(part for part in parts if part) or "no effect"

    def written_headers(self) -> dict[str, str]:
        return {
            name.lower(): re.sub(r"\{now_epoch(?:([+-])(\d+))?\}", _epoch, value)
            for name, value in (self.headers or {}).items()
        }

    def written_body(self, default: dict[str, Any]) -> bytes:
        if self.raw_body is not None:
            return self.raw_body.encode()
        return json.dumps(default if self.body is None else self.body, ensure_ascii=False).encode()


def _epoch(match: re.Match[str]) -> str:
    shift = int(match[2] or 0)
    return str(int(time.time()) + (-shift if match[1] == "-" else shift))


class FaultList:
    """The faults in force. `save` is told each new state, so a restart continues the list."""

    def __init__(self, written: str | None, save: Callable[[str], None]) -> None:
        self._faults = [Fault(**each) for each in json.loads(written or "[]")]
        self._save = save
        self._lock = threading.Lock()

    def replace(self, data: object) -> int:
        faults = parse_faults(data)
        with self._lock:
            self._faults = faults
            self._write()
        return len(faults)

    def add(self, data: dict[str, Any]) -> None:
        """One more behind those in force."""
        faults = parse_faults(data)
        with self._lock:
            self._faults += faults
            self._write()

    def clear(self) -> None:
        self.replace([])

    def take(self, path: str) -> Fault | None:
        """The fault for this request. All live ones count it; the first whose turn it is plays."""
        if not self._faults:
            return None
        with self._lock:
            matching = [f for f in self._faults if f.left() != 0 and f.matches(path)]
            for fault in matching:
                fault.seen += 1
            chosen = next((fault for fault in matching if fault.wants()), None)
            if chosen is not None:
                chosen.fired += 1
            if matching:
                self._write()
            return chosen

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def in_force(self) -> list[dict[str, Any]]:
        """Those that can still play, for people to read."""
        with self._lock:
            return [
                {"path": fault.path, "summary": fault.summary(), "left": fault.left()}
                for fault in self._faults
                if fault.left() != 0
            ]

    def _write(self) -> None:
        self._save(json.dumps([asdict(fault) for fault in self._faults]))


def parse_faults(data: object) -> list[Fault]:
    items = [data] if isinstance(data, dict) else data
    if not isinstance(items, list):
        raise FaultError("Send a list of faults.")
    return [_parse_fault(number, each) for number, each in enumerate(items)]


KNOWN = tuple(each.name for each in fields(Fault) if each.name not in ("seen", "fired"))


def _parse_fault(number: int, data: object) -> Fault:
    if not isinstance(data, dict):
        raise FaultError(f"{number}: a fault must be an object.")
    unknown = set(data) - set(KNOWN)
    if unknown:
        name = sorted(unknown)[0]
        raise FaultError(f"{number}.{name} is not known. Known: {', '.join(KNOWN)}.")
    for key, (allowed, words) in _CHECKS.items():
        if key in data and not allowed(data[key]):
            raise FaultError(f"{number}.{key} must be {words}.")
    return Fault(**data)


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _is_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch(r"[A-Za-z0-9-]+", name)
        and isinstance(text, str)
        and text.isprintable()
        and text.isascii()
        for name, text in value.items()
    )


_COUNT = _whole(0, 10**9)
_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "path": (lambda value: isinstance(value, str) and bool(value), 'a path or "*"'),
    "after": (_COUNT, "a whole number, 0 or more"),
    "times": (lambda value: value is None or _COUNT(value), "a whole number, or null: no end"),
    "probability": (
        lambda value: type(value) in (int, float) and 0 <= value <= 1,
        "a number from 0 to 1",
    ),
    "seed": (_COUNT, "a whole number, 0 or more"),
    "status": (
        lambda value: value is None or _whole(200, 599)(value),
        "an HTTP status, 200 to 599",
    ),
    "headers": (lambda value: value is None or _is_headers(value), "an object of header texts"),
    "raw_body": (lambda value: value is None or isinstance(value, str), "a string"),
    "delay_ms": (_whole(0, MAX_DELAY_MS), f"from 0 to {MAX_DELAY_MS}"),
    "apply_delay_ms": (_whole(0, MAX_DELAY_MS), f"from 0 to {MAX_DELAY_MS}"),
    "drop": (lambda value: value is None or value in DROPS, f"one of {', '.join(DROPS)}"),
    "apply": (lambda value: value is None or type(value) is bool, "true or false"),
}
