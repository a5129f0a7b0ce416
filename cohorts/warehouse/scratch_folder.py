"""Folders that last as long as a piece of work. They hold ids, so what a killed process leaves
behind is to be deleted (`remove_left_behind`)."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

# The product names a folder beside its data (`CohortsConfig`). The system's own may lie in memory,
# which what is written here is to save.
place: Path | None = None

_PREFIX = "scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Readable by nobody else. What cannot be deleted is left for later."""
    folder = unused_path()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unused_path() -> Path:
    """For who makes and deletes the folder: DuckDB does, if it needs one. Two connections must not
    share one, since they name their files alike."""
    parent = place or Path(tempfile.gettempdir())
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return parent / f"{_PREFIX}{secrets.token_hex(8)}"


def remove_left_behind(age: timedelta) -> int:
    """Delete those that nobody has written to for so long; answers how many."""
    before = time.time() - age.total_seconds()
    gone = 0
    for folder in place.glob(f"{_PREFIX}*") if place is not None else ():
        # Somebody else may do the same.
        with contextlib.suppress(FileNotFoundError):
            if folder.lstat().st_mtime < before:
                shutil.rmtree(folder)
                gone += 1
    return gone
