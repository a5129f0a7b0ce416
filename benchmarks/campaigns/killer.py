"""Kills processes that the campaign started: at named points and at random, one after another."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter

import psutil

from benchmarks.campaigns.parts import Parts, descendants
from benchmarks.campaigns.world import World
from launcher.console import Stop
from launcher.postgres import PostgresServer

LOOK_EVERY = 0.05
# A point that nobody comes to gives way to another.
LONGEST_ARMED = 25.0
LONGEST_START = 60.0


class Killer:
    """A thread of its own, which also starts again what has ended.

    `crashes` holds when each kill took place, by this machine's clock.
    """

    def __init__(
        self,
        world: World,
        parts: Parts,
        server: PostgresServer | None,
        *,
        chance: random.Random,
        points: list[str],
        pause: tuple[float, float],
    ) -> None:
        self._parts, self._server, self._chance, self._pause = parts, server, chance, pause
        self._file = world.folder / "fail-point"
        self._points = points
        self._queue: list[str] = []
        self._armed, self._armed_until = "", 0.0
        self._stopping = threading.Event()
        self._resting = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.unreached = set(points)
        self.kills: Counter[str] = Counter()
        self.crashes: list[float] = []
        self.problem = ""

    @property
    def armed(self) -> str:
        return self._armed

    def start(self) -> None:
        self._parts.keep()
        self._thread.start()

    def rest(self) -> None:
        """From here on nobody dies, but what has ended is still started again."""
        self._resting.set()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            next_kill = time.monotonic() + self._chance.uniform(*self._pause)
            while not self._stopping.wait(LOOK_EVERY):
                self._parts.keep()
                self._note_reached()
                if self._resting.is_set():
                    self._disarm()
                elif time.monotonic() > next_kill:
                    self._kill_something()
                    next_kill = time.monotonic() + self._chance.uniform(*self._pause)
        except Exception as error:  # noqa: BLE001 - told at the end, or the campaign proves nothing
            self.problem = f"the killer itself failed: {error!r}"

    def _kill_something(self) -> None:
        ways = [(45, self._arm_point), (25, self._kill_in_pool)]
        ways += [(8, self._kill_keeper), (8, self._kill_web)]
        if self._server is not None:
            ways += [(7, self._kill_backend), (7, self._crash_server)]
        weights, actions = zip(*ways, strict=True)
        self._chance.choices(actions, weights)[0]()

    # -- named points --------------------------------------------------------------------------

    def _arm_point(self) -> None:
        """Whoever comes there next kills itself. One point at a time."""
        if self._armed and time.monotonic() < self._armed_until:
            return
        self._disarm()
        if not self._queue:
            self._queue = sorted(self.unreached) or list(self._points)
            self._chance.shuffle(self._queue)
        self._armed = self._queue.pop()
        self._armed_until = time.monotonic() + LONGEST_ARMED
        draft = self._file.with_suffix(".draft")
        draft.write_text(self._armed)
        draft.replace(self._file)

    def _disarm(self) -> None:
        try:
            self._file.unlink()
        except FileNotFoundError:
            self._note_reached()
        else:
            self._armed = ""

    def _note_reached(self) -> None:
        """Who dies at a point has removed the file first."""
        if self._armed and not self._file.exists():
            self._note("a process at a named point")
            self.unreached.discard(self._armed)
            self._armed = ""

    # -- at random -----------------------------------------------------------------------------

    def _kill_keeper(self) -> None:
        self._kill(self._parts.choose("keeper", self._chance), "a keeper")

    def _kill_in_pool(self) -> None:
        pool = descendants(self._parts.choose("keeper", self._chance))
        if pool:
            self._kill(self._chance.choice(pool), "a process of a pool")

    def _kill_web(self) -> None:
        web = self._parts.choose("web", self._chance)
        one = self._chance.choice([web, *descendants(web)])
        self._kill(one, "a process of the web server")

    def _kill_backend(self) -> None:
        if self._server is not None and self._server.process is not None:
            backends = descendants(psutil.Process(self._server.process.pid))
            self._kill(self._chance.choice(backends), "a process of PostgreSQL")

    def _crash_server(self) -> None:
        """No clean end: every session breaks, what was not committed is gone."""
        if self._server is None or self._server.process is None:
            return
        if self._chance.random() < 0.5:
            self._server.process.kill()
        else:
            self._server.process.send_signal(3)  # as `pg_ctl stop -m immediate` does
        self._server.process.wait()
        self._note("PostgreSQL as a whole")
        time.sleep(self._chance.uniform(0, 3))
        self._start_server(self._server)

    def _start_server(self, server: PostgresServer) -> None:
        """It does not start before the last of its old processes has noticed and is gone."""
        ends_at = time.monotonic() + LONGEST_START
        while True:
            try:
                server.start()
            except Stop:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.2)
            else:
                return

    def _kill(self, process: psutil.Process, what: str) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            self._note(what)

    def _note(self, what: str) -> None:
        self.kills[what] += 1
        self.crashes.append(time.time())
