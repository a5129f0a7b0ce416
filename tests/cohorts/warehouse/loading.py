"""Loads small files and looks into what became of them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from cohorts.definitions.catalog import Property
from cohorts.warehouse.folder import load_lock
from cohorts.warehouse.load import FileSet, Loaded, load_dataset

_FILE_SET = ("user_id", "event", "time", "users", "users_id")


class Folder:
    """Files to load, and the datasets made of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.datasets = path / "datasets"

    def write(self, name: str, content: str | bytes) -> Path:
        data = content.encode() if isinstance(content, str) else content
        path = self.path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    def write_jsonl(self, name: str, rows: Sequence[Any]) -> Path:
        return self.write(name, "".join(f"{json.dumps(row)}\n" for row in rows))

    def load(self, *events: Path | str, **options: Any) -> Loaded:
        columns = {"user_id": "user_id", "event": "event", "time": "time"}
        files = columns | {key: options.pop(key) for key in [*options] if key in _FILE_SET}
        file_set = FileSet(events=tuple(str(path) for path in events), **files)
        with load_lock(self.datasets):
            return load_dataset("test", file_set, folder=self.datasets, **options)

    def load_values(self, values: Sequence[str], header: str = "value") -> Loaded:
        """A CSV whose column holds these cells, as they stand."""
        rows = "".join(f"u{n:04},e,2026-01-01,{value}\n" for n, value in enumerate(values))
        return self.load(self.write("events.csv", f"user_id,event,time,{header}\n{rows}"))

    def rows(self, loaded: Loaded, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.datasets / loaded.file), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def event_property(loaded: Loaded, name: str = "value") -> Property:
    (found,) = [each for each in loaded.catalog.event_properties if each.name == name]
    return found


def user_property(loaded: Loaded, name: str) -> Property:
    (found,) = [each for each in loaded.catalog.user_properties if each.name == name]
    return found


def at(text: str) -> dt.datetime:
    """An instant as the dataset file gives it: UTC, and without saying so."""
    return dt.datetime.fromisoformat(text)
