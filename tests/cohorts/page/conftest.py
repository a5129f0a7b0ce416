"""A dataset of more people than a page shows, loaded once for all tests of the room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort, Dataset
from cohorts.saving import save_cohort
from cohorts.warehouse.load import FileSet, Loaded, load_dataset
from tests.factories import make_user

COUNTRIES = ["JP", "US", "DE", ""]


def write_people(folder: Path) -> None:
    """120 people; number n sings n times if it is below 10, and pays if it is even."""
    events = ["user_id,event,time"]
    users = ["user_id,country,level,paying"]
    for number in range(120):
        user = f"u{number:03}"
        country = COUNTRIES[number % 4]
        users.append(f"{user},{country},{number % 3},{'true' if number % 2 else 'false'}")
        events += [f"{user},SING,2026-01-{day + 1:02}T10:00:00Z" for day in range(number % 10)]
        if number % 2 == 0:
            events.append(f"{user},PAY,2026-01-20T10:00:00Z")
    users += ["=cmd|calc,JP,0,true", "+81 90,JP,0,true", "日本,JP,0,true"]
    (folder / "events.csv").write_text("\n".join(events) + "\n")
    (folder / "users.csv").write_text("\n".join(users) + "\n")


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Loaded]:
    folder = tmp_path_factory.mktemp("people")
    write_people(folder)
    files = FileSet(
        events=(str(folder / "events.csv"),),
        users=(str(folder / "users.csv"),),
        user_id="user_id",
        event="event",
        time="time",
    )
    loaded = load_dataset(
        "people",
        files,
        folder=folder,
        timezone="Asia/Tokyo",
        memory_limit=django_settings.QUERY_MEMORY_LIMIT,
        threads=django_settings.QUERY_THREADS,
    )
    return folder, loaded


@pytest.fixture
def dataset(db: None, people: tuple[Path, Loaded], tmp_path: Path, settings: Any) -> Dataset:
    settings.DATASETS_DIR, loaded = people
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    return Dataset.objects.create(
        name="People",
        timezone="Asia/Tokyo",
        file=loaded.file,
        catalog=loaded.catalog.to_json(),
        event_count=loaded.event_count,
        user_count=loaded.user_count,
        loaded_at=timezone.now(),
    )


@pytest.fixture
def save(dataset: Dataset) -> Callable[..., Cohort]:
    def save(slug: str, data: Any, **given: Any) -> Cohort:
        return save_cohort(slug=slug, dataset=dataset, data=data, **given)

    return save


@pytest.fixture
def governor(client: Client) -> Client:
    client.force_login(make_user("Governor", first_name="Mika", last_name="Tanaka"))
    return client
