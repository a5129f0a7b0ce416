from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cohorts.models import Cohort, CohortVersion, Dataset
from integrations.cadence import Cadence
from integrations.models import Connection, ImportRun

DEFINITION = {
    "match": "all",
    "conditions": [
        {
            "type": "performed",
            "event": "SING",
            "times": {"operator": ">", "value": 5},
            "window": {"type": "last", "unit": "day", "value": 7},
        }
    ],
}


@pytest.fixture
def dataset(db: None) -> Dataset:
    return Dataset.objects.create(
        name="Encore", timezone="Asia/Tokyo", file="none", loaded_at=timezone.now()
    )


@pytest.fixture
def cohort(dataset: Dataset) -> Cohort:
    return make_cohort(dataset, "dormant-users", "Dormant Users")


def make_cohort(dataset: Dataset, slug: str, name: str) -> Cohort:
    cohort = Cohort.objects.create(slug=slug, name=name, dataset=dataset)
    cohort.current_version = CohortVersion.objects.create(
        cohort=cohort, number=1, definition=DEFINITION
    )
    cohort.save()
    return cohort


@pytest.fixture
def connection(db: None) -> Connection:
    return Connection.objects.create(
        name="Main", endpoint="US-01", data_import_key="data-import-canary-7f2c", key_hint="7f2c"
    )


@pytest.fixture
def daily() -> Cadence:
    return make_cadence()


def make_cadence(**changes: Any) -> Cadence:
    values = {
        "unit": "day",
        "every": 1,
        "weekdays": (),
        "month_day": "",
        "at": time(8, 0),
        "timezone": "Asia/Tokyo",
        "starts_on": date(2026, 11, 1),
    }
    return Cadence(**(values | changes))


@pytest.fixture
def make_run(cohort: Cohort, connection: Connection) -> Callable[..., ImportRun]:
    """A run in some state, with the counts that state has."""

    def make(state: str = ImportRun.State.SUCCEEDED, **fields: Any) -> ImportRun:
        at: datetime = fields.pop("at", timezone.now())
        is_final = state in ImportRun.FINAL_STATES
        counts = {"size": 12431, "added": 612, "removed": 301, "unchanged": 11819}
        values = {
            "cohort": cohort,
            "connection": connection,
            "version": cohort.current_version,
            "trigger": ImportRun.Trigger.MANUAL,
            "queued_at": at,
            "started_at": at,
            "finished_at": at + timedelta(seconds=2) if is_final else None,
            "as_of": at,
            **(counts if state != ImportRun.State.QUEUED else {}),
        }
        return ImportRun.objects.create(state=state, **(values | fields))

    return make
