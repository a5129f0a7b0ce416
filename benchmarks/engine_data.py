"""A made-up shop for the engine benchmark: few heavy users, forty events, half a year."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from cohorts.definitions.catalog import Catalog
from cohorts.warehouse.folder import load_lock
from cohorts.warehouse.load import FileSet, load_dataset

_EVENTS = """
SELECT (pow((hash(i) % 1000003) / 1000003.0, 1.8) * {users})::BIGINT AS user_id,
    list_extract(['Page View', 'App Open', 'Search', 'Add To Cart', 'Purchase', 'Signup', 'Refund',
        'Share', 'Login', 'View Item'] || list_transform(range(30), lambda x: 'Event ' || x),
        1 + (pow((hash(i * 3) % 1000003) / 1000003.0, 2.2) * 40)::INT % 40) AS event,
    TIMESTAMP '2026-05-25' + to_microseconds(
        (pow((hash(i * 7) % 1000003) / 1000003.0, 0.8) * 180 * 86400 * 1000000.0)::BIGINT
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


def make_dataset(folder: Path, events: int) -> tuple[Path, Catalog]:
    """The dataset file and its catalog, made on the first call for a size and kept."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{events}.json"
    if not note.exists():
        note.write_text(json.dumps(_make(folder, events)))
    kept = json.loads(note.read_text())
    return folder / kept["file"], Catalog.from_json(kept["catalog"])


def _make(folder: Path, events: int) -> dict[str, object]:
    users = max(events // 10, 1)
    files = {name: folder / f"{name}-{events}.parquet" for name in ("events", "users")}
    with duckdb.connect(config={"memory_limit": "4GB", "threads": "2"}) as db:
        db.execute("SET enable_progress_bar = false")
        for name, query in (("events", _EVENTS), ("users", _USERS)):
            sql = query.format(events=events, users=users)
            db.execute(f"COPY ({sql}) TO '{files[name]}' (FORMAT parquet, COMPRESSION zstd)")
    columns = FileSet(
        events=(str(files["events"]),),
        users=(str(files["users"]),),
        user_id="user_id",
        event="event",
        time="time",
        users_id="id",
    )
    with load_lock(folder):
        loaded = load_dataset(f"shop{events}", columns, folder=folder, memory_limit="4GB")
    for file in files.values():
        file.unlink()
    return {"file": loaded.file, "catalog": loaded.catalog.to_json()}
