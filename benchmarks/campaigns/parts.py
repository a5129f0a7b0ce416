"""The processes of the product that a campaign runs, started again whenever they have ended."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.campaigns.world import World
from launcher.ports import Ports
from launcher.product import web_command

STOP_PATIENCE = 60.0


class Parts:
    """Keepers with their pools, and a web server."""

    def __init__(self, world: World, *, keepers: int) -> None:
        self._world = world
        port = Ports().take(0, what="the web server")
        self.url = f"http://127.0.0.1:{port}"
        self._commands: dict[str, Sequence[str]] = {
            "web": web_command(Path(sys.executable), port)[1:]
        }
        for number in range(keepers):
            self._commands[f"keeper {number + 1}"] = ("manage.py", "worker")
        self._running: dict[str, psutil.Popen] = {}

    def keep(self) -> None:
        """As a supervisor does: start what is not running."""
        for name, command in self._commands.items():
            process = self._running.get(name)
            if process is None or process.poll() is not None:
                self._running[name] = self._world.start(*command, log=f"{name}.log")

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(STOP_PATIENCE)

    def choose(self, kind: str, chance: random.Random) -> psutil.Popen:
        """One that runs, or was about to."""
        named = [each for name, each in self._running.items() if name.startswith(kind)]
        return chance.choice(named)


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Children and theirs; none of one that is gone."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
