"""Runs a command as the head of its own process group and leaves nothing of the group behind.

    python -m integrations.pool_guard COMMAND …

Standard input is a pipe from the parent: when it closes, however the parent died, the command is
asked to end and then the whole group is killed. The same when the command ends by itself: the
children of django-q2's main process outlive it, and would take tasks from the next pool.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

PATIENCE = 10.0
LOOK_EVERY = 0.5


def main(command: list[str]) -> None:
    # The group is killed below with its head; until then only the command hears of a stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(  # noqa: S603 - the keeper's own command line
        command, stdin=subprocess.DEVNULL, preexec_fn=_hear_stops
    )
    while child.poll() is None and not _is_parent_gone():
        pass
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _is_parent_gone() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], LOOK_EVERY)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _hear_stops() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    main(sys.argv[1:])
