"""Processes and everything they started: find them, end them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

GRACE = 12.0


@dataclass(frozen=True)
class Process:
    pid: int
    # Tells a process from a later one that was given the same number.
    born: str


def find_process(pid: int) -> Process | None:
    """None when there is no such process, or it has ended and only awaits its parent."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return _find_without_proc(pid)
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else Process(pid, fields[19])


def _find_without_proc(pid: int) -> Process | None:
    if Path("/proc/self/stat").exists():
        return None
    try:
        os.kill(pid, 0)
    except OSError:
        return None
    return Process(pid, "")


def is_alive(process: Process) -> bool:
    return find_process(process.pid) == process


def descendants(pid: int) -> list[Process]:
    """The process and all that came from it, across sessions and process groups."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        waiting.extend(children.get(current, []))
        if process := find_process(current):
            found.append(process)
    return found


def end_all(leaders: Iterable[int], *, grace: float) -> None:
    """End process groups and all their descendants: asked first, killed when the grace is over."""
    leaders = list(leaders)
    # Noted before anyone ends: an orphan no longer says whose it was.
    everyone = {process for leader in leaders for process in descendants(leader)}
    for leader in leaders:
        _signal_group(leader, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(map(is_alive, everyone)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for leader in leaders:
        everyone.update(descendants(leader))
        _signal_group(leader, signal.SIGKILL)
    for process in everyone:
        if is_alive(process):
            _kill(process.pid)


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
