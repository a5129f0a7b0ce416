"""The folder of dataset files: names, the load lock, and what may be deleted when.

A file is written under a draft name, renamed when it is whole, and never changed again.
Drafts exist only while someone holds the load lock, so those found under it are left-overs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_DRAFT = ".draft-"


@contextmanager
def load_lock(folder: Path) -> Iterator[None]:
    """One load at a time. The kernel lets go of the lock however the holder ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".load.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _clear_leftovers(folder)
        yield


def draft_path(folder: Path, suffix: str) -> Path:
    return folder / f"{_DRAFT}{secrets.token_hex(6)}{suffix}"


def publish(draft: Path, dataset: str) -> str:
    """Make the draft durable under its final, new name; returns that name."""
    name = f"{_stem(dataset)}.{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.duckdb"
    _sync(draft)
    draft.rename(draft.with_name(name))
    _sync(draft.parent)
    return name


def prune(folder: Path, dataset: str, *, keep: set[str]) -> None:
    """Delete the dataset's other files. Call it under the load lock, after the switch."""
    for path in folder.glob(f"{_stem(dataset)}.*"):
        if path.name not in keep:
            path.unlink(missing_ok=True)


def _stem(dataset: str) -> str:
    """Readable, and different for different dataset names."""
    readable = re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-")[:40] or "dataset"
    return f"{readable}.{hashlib.sha256(dataset.encode()).hexdigest()[:10]}"


def _clear_leftovers(folder: Path) -> None:
    for path in folder.glob(f"{_DRAFT}*"):
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
