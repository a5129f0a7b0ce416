"""Start processes, keep them running, end them together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from launcher.console import last_lines, say
from launcher.layout import ROOT
from launcher.processes import GRACE, end_all

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
LOG_LIMIT = 20_000_000


@dataclass
class Child:
    """One process of the product, in a process group of its own, writing to a log file."""

    name: str
    command: Sequence[str]
    environ: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float = 0.0

    def start(self) -> int:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        return self.process.pid

    def pause_after_end(self, now: float) -> float:
        """How long to wait before the next start: longer each time it ends soon."""
        self.failures = 1 if now - self.started_at > STEADY_AFTER else self.failures + 1
        return float(min(LONGEST_PAUSE, 2.0 ** (self.failures - 1)))

    def last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4000))
            return last_lines(log.read().decode(errors="replace"), 1)


@dataclass
class Supervisor:
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    grace: float = GRACE
    _reaper: subprocess.Popen[str] | None = None

    def listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def open(self, *, keep_open: Sequence[int] = ()) -> None:
        """Start the reaper first: from here on nothing outlives this process.

        It holds the descriptors `keep_open` (a lock) until all are gone.
        """
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "launcher.reaper", str(self.grace)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=keep_open,
        )

    def start(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
        self._note("start", child.start())

    def _note(self, verb: str, pid: int) -> None:
        pipe: IO[str] | None = self._reaper.stdin if self._reaper else None
        if pipe:
            pipe.write(f"{verb} {pid}\n")
            pipe.flush()

    def watch(self) -> None:
        """Until asked to stop: start again whatever ends, later each time it ends soon."""
        while not self.stopping.wait(0.2):
            self.look_after(time.monotonic())

    def look_after(self, now: float) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._on_end(child, now)
            elif child.process is None and now >= child.due_at:
                self.start(child)

    def _on_end(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - for the type checker
        # Whatever it left behind must not meet its successor.
        end_all([child.process.pid], grace=2)
        self._note("end", child.process.pid)
        pause = child.pause_after_end(now)
        say(f"  {child.name} ended ({_why(child.process.returncode)}); again in {pause:.0f} s.")
        say(child.last_words())
        say(f"    The whole story: {child.log}")
        child.process, child.due_at = None, now + pause

    def close(self) -> None:
        leaders = [child.process.pid for child in self.children if child.process is not None]
        end_all(leaders, grace=self.grace)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
                self._note("end", child.process.pid)
        if self._reaper and self._reaper.stdin:
            self._reaper.stdin.close()
            self._reaper.wait()


def _why(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
