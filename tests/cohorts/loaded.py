"""A small dataset, loaded as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cohorts.datasets import add_dataset
from cohorts.models import Dataset
from cohorts.warehouse.load import FileSet

EVENTS = """user_id,event,time,amount
ann,SING,2026-01-10T10:00:00Z,
ann,SING,2026-01-11T10:00:00Z,
bob,SING,2026-01-11T11:00:00Z,
bob,PURCHASE,2026-01-12T09:00:00Z,20
cas,APP_OPEN,2026-01-12T10:00:00Z,
"""
USERS = """user_id,plan
ann,gold
bob,free
eve,gold
"""
MORE_EVENTS = EVENTS + "dan,SING,2026-01-13T10:00:00Z,\n"


def load(
    folder: Path, name: str = "small", events: str = EVENTS, *, replace: bool = False
) -> Dataset:
    events_path, users_path = folder / f"{name}-events.csv", folder / f"{name}-users.csv"
    events_path.write_text(events)
    users_path.write_text(USERS)
    files = FileSet(
        events=(str(events_path),),
        users=(str(users_path),),
        user_id="user_id",
        event="event",
        time="time",
    )
    dataset, _loaded = add_dataset(name, files, replace=replace)
    return dataset


def all_of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)}


def performed(event: str, **keys: Any) -> dict[str, Any]:
    return {"type": "performed", "event": event, **keys}


def in_cohort(slug: str, **keys: Any) -> dict[str, Any]:
    return {"type": "cohort", "cohort": slug, **keys}
