"""The membership store: sets of ids as immutable Parquet files, named by what made them.

A file is written whole under another name, synced and renamed, so a name that exists is complete.
The row that points to it keeps its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

_IDS = pa.schema([pa.field("id", pa.string(), nullable=False)])


class StoreError(Exception):
    """A file of the store is missing or is not what was written. Holds a name, never an id."""


@dataclass(frozen=True)
class StoredFile:
    name: str
    sha256: str
    rows: int


def path_of(name: str) -> Path:
    return Path(settings.MEMBERSHIP_STORE) / name


def write_file(name: str, write: Callable[[Path], object]) -> StoredFile:
    """Keep what `write` puts into the Parquet file it is given. A name is never used twice."""
    path = path_of(name)
    if path.exists():
        raise StoreError(f"{name} exists already; stored files are never changed.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write(draft)
        rows = pq.ParquetFile(draft).metadata.num_rows
        sha256 = _digest(draft)
        _sync(draft)
        draft.rename(path)
        _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return StoredFile(name, sha256, rows)


def write_ids(batches: Iterable[pa.RecordBatch], *, name: str) -> StoredFile:
    """Keep a stream of ids: record batches whose first column is text."""
    return write_file(name, lambda draft: write_parquet(batches, draft))


def write_parquet(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    """Write a stream of ids to a Parquet file outside the store; answers how many."""
    rows = 0
    with pq.ParquetWriter(path, _IDS, compression="zstd") as writer:
        for batch in batches:
            ids = batch.column(0).cast(pa.string())
            writer.write_batch(pa.record_batch([ids], schema=_IDS))
            rows += batch.num_rows
    return rows


def count_rows(path: Path) -> int:
    return int(pq.ParquetFile(path).metadata.num_rows)


def verify(name: str, sha256: str) -> Path:
    """The path of a stored file, once its content is proven to be what was written."""
    path = path_of(name)
    try:
        found = _digest(path)
    except FileNotFoundError:
        raise StoreError(f"{name} is missing from the membership store.") from None
    if found != sha256:
        raise StoreError(f"{name} has changed since it was written.")
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
