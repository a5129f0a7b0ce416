"""A shop whose cohorts are known without asking the product: who bought at least so often."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cohorts.models import Cohort, Dataset
    from integrations.models import Connection

USERS = 10_000


def load_shop(folder: Path, users: int = USERS) -> Dataset:
    """Users u00000 and on; each bought as often as its number's last digit."""
    from cohorts.datasets import add_dataset
    from cohorts.warehouse.load import FileSet

    lines = ["user,event,time"]
    for number in range(users):
        name = f"u{number:05}"
        lines.append(f"{name},Open,2026-01-01T00:00:00Z")
        lines += [f"{name},Buy,2026-01-0{day + 1}T00:00:00Z" for day in range(number % 10)]
    events = folder / "events.csv"
    events.write_text("\n".join(lines) + "\n")
    files = FileSet(events=[str(events)], user_id="user", event="event", time="time")
    dataset, _ = add_dataset("shop", files)
    return dataset


def buyers(times: int, users: int = USERS) -> set[str]:
    return {f"u{number:05}" for number in range(users) if number % 10 >= times}


def define(dataset: Dataset, slug: str, times: int) -> Cohort:
    from cohorts.saving import save_cohort

    condition: dict[str, Any] = {
        "type": "performed",
        "event": "Buy",
        "times": {"op": ">=", "value": times},
    }
    data = {"version": 1, "match": "all", "conditions": [condition]}
    return save_cohort(slug=slug, dataset=dataset, data=data, name=slug.title())


def connect(endpoint: str, key: str, mode: str = "partner") -> Connection:
    """`key`: a data import key; for the mode `track` a REST API key."""
    from integrations.models import Connection

    return Connection.objects.create(
        name="Sandbox", endpoint=endpoint, mode=mode, data_import_key=key
    )
