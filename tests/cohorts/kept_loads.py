"""Datasets that many tests begin with: loaded once by each process of the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from cohorts import datasets
from cohorts.warehouse.load import FileSet, Loaded, load_dataset

_kept: dict[str, tuple[Loaded, bytes]] = {}


@contextmanager
def loads_kept() -> Iterator[None]:
    """In the block `add_dataset` copies what it made of the same files before. For fixtures:
    tests of loading load."""
    with mock.patch.object(datasets, "load_dataset", _load_once):
        yield


def _load_once(name: str, files: FileSet, *, folder: Path, **options: Any) -> Loaded:
    options.pop("tell")
    key = repr((name, _described(files), options))
    if key not in _kept:
        loaded = load_dataset(name, files, folder=folder, **options)
        _kept[key] = loaded, (folder / loaded.file).read_bytes()
        return loaded
    loaded, content = _kept[key]
    (folder / loaded.file).write_bytes(content)
    return loaded


def _described(files: FileSet) -> list[object]:
    contents = [
        hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for path in (*files.events, *files.users)
    ]
    columns = (files.user_id, files.event, files.time, files.users_id)
    return [len(files.events), *contents, *columns]
