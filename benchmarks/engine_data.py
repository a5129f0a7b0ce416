"""A made-up shop for the engine benchmark: few heavy users, forty events, half a year."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from cohorts.definitions.catalog import Catalog
from cohorts.sql.layout import DUCKDB_FILE, Layout
from cohorts.warehouse.folder import load_lock
from cohorts.warehouse.load import FileSet, Loaded, load_dataset

_NOTE = "dataset.json"
_MEMORY = "4GB"
_EVENTS = """
SELECT (pow((hash(i) % 1000000007) / 1000000007.0, 2.5) * {users})::BIGINT AS user_id,
    list_extract(['Page View', 'App Open', 'Search', 'Add To Cart', 'Purchase', 'Signup', 'Refund',
        'Share', 'Login', 'View Item'] || list_transform(range(30), lambda x: 'Event ' || x),
        1 + (pow((hash(i * 3) % 1000000007) / 1000000007.0, 2.2) * 40)::INT % 40) AS event,
    TIMESTAMP '2026-05-25' + to_microseconds(
        (pow((hash(i * 7) % 1000000007) / 1000000007.0, 0.8) * 180 * 86400 * 1000000.0)::BIGINT
        + (hash(i * 23) % 1000000)::BIGINT) AS time,
    ['JP', 'US', 'DE', 'FR', 'BR', 'KR'][1 + (hash(i * 11) % 6)::INT] AS country,
    ['ios', 'android', 'web'][1 + (hash(i * 13) % 3)::INT] AS platform,
    CASE WHEN hash(i * 17) % 4 = 0 THEN (hash(i * 19) % 10000) / 100.0 END AS amount
FROM range({events}) AS numbers (i)
"""
_USERS = """
SELECT i AS id, ['free', 'pro', 'team'][1 + (hash(i) % 3)::INT] AS plan,
    (18 + hash(i * 3) % 60)::INT AS age
FROM range({users}) AS numbers (i)
"""


def make_dataset(folder: Path, events: int) -> None:
    """Made on the first call and kept: the product's file, by its own loading, and the same rows in
    the same order as Parquet for the other engines."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / _NOTE).exists():
        return
    started = time.perf_counter()
    sources = _write_sources(folder, events)
    generated = time.perf_counter()
    loaded = _load(folder, sources)
    print(
        f"generated in {generated - started:,.0f} s, "
        f"loaded as by add_dataset in {time.perf_counter() - generated:,.0f} s"
    )
    for file in sources.values():
        file.unlink()
    with duckdb.connect(str(folder / loaded.file), read_only=True) as db:
        for table in ("events", "users"):
            db.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet)")
    note = {"file": loaded.file, "catalog": loaded.catalog.to_json()}
    note["last_event_at"] = str(loaded.last_event_at)
    (folder / _NOTE).write_text(json.dumps(note))


@dataclass(frozen=True)
class Made:
    file: Path
    catalog: Catalog
    layout: Layout


def read_dataset(folder: Path) -> Made:
    kept = json.loads((folder / _NOTE).read_text())
    last_event_at = datetime.fromisoformat(kept["last_event_at"])
    file = folder / kept["file"]
    with duckdb.connect(str(file), read_only=True) as db:
        ((users,),) = db.execute("SELECT count(*) FROM users").fetchall()
    layout = replace(DUCKDB_FILE, last_event_at=last_event_at, user_count=users)
    return Made(file, Catalog.from_json(kept["catalog"]), layout)


def _write_sources(folder: Path, events: int) -> dict[str, Path]:
    """People grow in number more slowly than what they do."""
    users = min(max(events // 10, 1), 5_000_000)
    files = {name: folder / f"{name}-source.parquet" for name in ("events", "users")}
    with duckdb.connect(config={"memory_limit": _MEMORY, "threads": "2"}) as db:
        db.execute("SET enable_progress_bar = false")
        for name, query in (("events", _EVENTS), ("users", _USERS)):
            sql = query.format(events=events, users=users)
            db.execute(f"COPY ({sql}) TO '{files[name]}' (FORMAT parquet, COMPRESSION zstd)")
    return files


def _load(folder: Path, files: dict[str, Path]) -> Loaded:
    columns = FileSet(
        events=(str(files["events"]),),
        users=(str(files["users"]),),
        user_id="user_id",
        event="event",
        time="time",
        users_id="id",
    )
    with load_lock(folder):
        return load_dataset("shop", columns, folder=folder, memory_limit=_MEMORY)
