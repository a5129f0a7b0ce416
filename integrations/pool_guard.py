"""Runs a command as the head of its own process group and leaves nothing of the group behind.

    python -m integrations.pool_guard FOLDER SECONDS COMMAND …

Standard input is a pipe from the parent: when it closes, however the parent died, the command is
asked to end and then the whole group is killed. The same when the command ends by itself: the
children of django-q2's main process outlive it, and would take tasks from the next pool. Before
the kill, workers may end the request they are in, for SECONDS at most (`integrations.hands`, whose
file lies in FOLDER).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from integrations import hands

# For a command that has nothing in hand and was asked to end.
PATIENCE = 10.0
LOOK_EVERY = 0.5


def main(folder: Path, seconds: float, command: list[str]) -> None:
    # The group is killed below with its head; until then only the command hears of a stop.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    file = hands.file_of(folder, os.getpgrp())
    file.write_bytes(b"")
    child = subprocess.Popen(  # noqa: S603 - the keeper's own command line
        command, stdin=subprocess.DEVNULL, preexec_fn=_hear_stops
    )
    while child.poll() is None and not _is_parent_gone():
        pass
    hands.ask_to_end(file)
    if child.poll() is None:
        child.terminate()
    with hands.emptied(file, seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE)
        file.unlink(missing_ok=True)
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _is_parent_gone() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], LOOK_EVERY)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _hear_stops() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
