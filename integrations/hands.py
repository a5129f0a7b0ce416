"""What a worker pool has in hand, and whether it may take up more.

A file a pool, named by the pool's process group: a worker locks it as long as it works on a run.
Whoever ends the pool writes into it first. The workers then stop after the request under way,
instead of being killed with an answer in hand. A lock is gone with the process that held it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LOOK_EVERY = 0.05


def file_of(folder: Path, group: int) -> Path:
    return folder / f"pool-{group}.hands"


# -- in a worker ---------------------------------------------------------------------------


@contextmanager
def in_hand(folder: Path) -> Iterator[bool]:
    """False when the pool is ending and nothing more may be taken up."""
    try:
        file = file_of(folder, os.getpgrp()).open("rb")
    except FileNotFoundError:  # no pool: a command, a test
        yield True
        return
    with file:
        while not (taken := _try_to_lock(file, fcntl.LOCK_SH)) and not file.read(1):
            time.sleep(LOOK_EVERY)  # `is_busy` looks
        may_work = taken and not file.read(1)
        if may_work:
            os.utime(file.fileno())
        yield may_work


def is_ending(folder: Path) -> bool:
    try:
        return file_of(folder, os.getpgrp()).stat().st_size > 0
    except FileNotFoundError:
        return False


# -- outside -------------------------------------------------------------------------------


def ask_to_end(file: Path) -> None:
    file.write_bytes(b"end")


@contextmanager
def emptied(file: Path, patience: float) -> Iterator[bool]:
    """Wait until nothing is in hand; False when the wait took too long.

    Within the block nobody can take up anything.
    """
    deadline = time.monotonic() + patience
    with file.open("ab") as handle:
        while not (empty := _try_to_lock(handle, fcntl.LOCK_EX)) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        yield empty


def is_busy(file: Path, *, seconds: float) -> bool:
    """Whether something is in hand, or was taken up in the last seconds."""
    try:
        with file.open("rb") as handle:
            taken_up_ago = time.time() - os.fstat(handle.fileno()).st_mtime
            return taken_up_ago < seconds or not _try_to_lock(handle, fcntl.LOCK_EX)
    except FileNotFoundError:
        return False


def _try_to_lock(handle: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
