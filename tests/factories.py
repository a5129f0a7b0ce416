"""Rows for page tests: valid by default, one line to vary. Nothing here runs a query engine."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from cohorts.models import Cohort, CohortVersion, Dataset, Snapshot
from integrations.models import Connection, ImportBatch, ImportRun, ImportSchedule

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
DEFINITION: dict[str, Any] = {
    "version": 1,
    "match": "all",
    "conditions": [
        {
            "type": "performed",
            "event": "SING",
            "times": {"op": ">", "value": 5},
            "window": {"last": 7, "unit": "day"},
        }
    ],
}
_numbers = count(1)


def make_user(role: str | None = "Governor", **changes: Any) -> User:
    number = next(_numbers)
    user = User.objects.create_user(
        **{"username": f"user{number}", "email": f"user{number}@sing.example"} | changes
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def make_dataset(**changes: Any) -> Dataset:
    fields = {
        "name": "Encore iOS",
        "timezone": "Asia/Tokyo",
        "file": "encore.duckdb",
        "user_count": 10_000,
        "loaded_at": NOW,
        "catalog": {"timezone": "Asia/Tokyo", "events": []},
    }
    return Dataset.objects.create(**fields | changes)


def make_cohort(
    name: str = "Dormant Users", *, definition: Any = None, size: int | None = None, **changes: Any
) -> Cohort:
    dataset = changes.pop("dataset", None) or Dataset.objects.first() or make_dataset()
    slug = changes.pop("slug", name.lower().replace(" ", "-"))
    cohort = Cohort.objects.create(slug=slug, name=name, dataset=dataset, **changes)
    cohort.current_version = CohortVersion.objects.create(
        cohort=cohort, number=1, definition=definition or DEFINITION
    )
    cohort.save()
    if size is not None:
        make_snapshot(cohort, size=size)
    return cohort


def make_snapshot(cohort: Cohort, **changes: Any) -> Snapshot:
    assert cohort.current_version is not None
    fields: dict[str, Any] = {
        "version": cohort.current_version,
        "as_of": NOW,
        "size": 12_431,
        "dataset_file": "encore.duckdb",
        "duration_ms": 41,
    }
    return Snapshot.objects.create(**fields | changes)


def make_connection(name: str = "Production", **changes: Any) -> Connection:
    fields = {"endpoint": "US-01", "data_import_key": "import-key-canary-5f1d", "key_hint": "5f1d"}
    return Connection.objects.create(name=name, **fields | changes)


def make_schedule(cohort: Cohort, **changes: Any) -> ImportSchedule:
    fields: dict[str, Any] = {
        "connection": changes.pop("connection", None)
        or Connection.objects.first()
        or make_connection(),
        "unit": "week",
        "every": 1,
        "weekdays": [1, 4],
        "at": time(8, 0),
        "timezone": "Asia/Tokyo",
        "starts_on": NOW.date(),
        "recipients": ["crm@sing.example"],
        "looked_until": NOW,
        "next_due_at": None if changes.get("paused_at") else NOW + timedelta(hours=18),
    }
    return ImportSchedule.objects.create(cohort=cohort, **fields | changes)


def make_run(cohort: Cohort, state: str = "succeeded", **changes: Any) -> ImportRun:
    queued_at = changes.pop("queued_at", NOW)
    fields: dict[str, Any] = {
        "connection": changes.pop("connection", None)
        or Connection.objects.first()
        or make_connection(),
        "version": cohort.current_version,
        "trigger": "manual",
        "queued_at": queued_at,
        "started_at": queued_at + timedelta(seconds=38),
    }
    if state in ImportRun.FINAL_STATES:
        fields["finished_at"] = queued_at + timedelta(seconds=40)
    if state in ("succeeded", "sending", "held"):
        fields |= {"size": 12_431, "added": 612, "removed": 301, "unchanged": 11_819}
    return ImportRun.objects.create(cohort=cohort, state=state, **fields | changes)


def make_batch(run: ImportRun, number: int = 1, **changes: Any) -> ImportBatch:
    fields: dict[str, Any] = {
        "added": 612,
        "removed": 301,
        "state": "acknowledged",
        "tries": 1,
        "last_sent_at": NOW,
        "answered_at": NOW + timedelta(seconds=2),
        "status_code": 201,
    }
    return ImportBatch.objects.create(run=run, number=number, **fields | changes)
