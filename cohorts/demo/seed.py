"""Fills an installation with the demo: the dataset, its cohorts, and people who log in."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from cohorts.datasets import add_dataset
from cohorts.demo.definitions import DEMO_COHORTS, DemoCohort
from cohorts.demo.karaoke import write_demo_files
from cohorts.demo.people import Login, make_people
from cohorts.models import Cohort, Dataset, Favorite
from cohorts.saving import save_cohort
from cohorts.snapshots import record_count, record_counts
from cohorts.tags import add_tag
from cohorts.warehouse.load import FileSet

DATASET = "encore-ios"
LOGINS_FILE = "demo-logins.json"
NIGHTS_COUNTED = 30


class NotOurs(Exception):
    """Something that somebody else made stands where the demo would go."""


@dataclass(frozen=True)
class Seeded:
    dataset: Dataset
    was_there: bool
    sizes: dict[str, int]
    logins: list[Login]


def seed_demo(*, events: int, seed: int) -> Seeded:
    """Make the demo, or bring it up to today: data are made anew, cohorts and people stay."""
    logins_path = Path(settings.DATA_DIR) / LOGINS_FILE
    was_there = Dataset.objects.filter(name=DATASET).exists()
    if was_there and not logins_path.exists():
        raise NotOurs(
            f"there is a dataset “{DATASET}” that the demo did not make. "
            "Seed another data folder, or an empty database."
        )
    people, logins = make_people(logins_path)
    dataset = _load(events, seed)
    sizes = _make_cohorts(dataset, people)
    return Seeded(dataset, was_there, sizes, logins)


def _load(events: int, seed: int) -> Dataset:
    folder = Path(settings.DATA_DIR)
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=folder) as drafts:
        today = timezone.now().astimezone(UTC).date()
        files = write_demo_files(Path(drafts), events=events, seed=seed, today=today)
        file_set = FileSet(
            events=(str(files.events),),
            users=(str(files.users),),
            user_id="user_id",
            event="event",
            time="time",
        )
        dataset, _loaded = add_dataset(DATASET, file_set, replace=True)
    return dataset


def _make_cohorts(dataset: Dataset, people: Sequence[AbstractUser]) -> dict[str, int]:
    """Save those that are missing, and record how large each is now."""
    sizes = {}
    for demo in DEMO_COHORTS:
        cohort = Cohort.objects.filter(slug=demo.slug).first() or _make(demo, dataset, people)
        version = cohort.current_version
        if version is not None and not cohort.is_disabled and cohort.dataset_id == dataset.pk:
            sizes[cohort.name] = record_count(version, as_of=timezone.now()).size
    return sizes


def _make(demo: DemoCohort, dataset: Dataset, people: Sequence[AbstractUser]) -> Cohort:
    by_username = {person.get_username(): person for person in people}
    cohort = save_cohort(
        slug=demo.slug,
        dataset=dataset,
        data=demo.definition,
        name=demo.name,
        description=demo.description,
        by=by_username[demo.owner],
    )
    for tag in demo.tags:
        add_tag(tag, [cohort])
    if demo.is_favorite:
        Favorite.objects.bulk_create(Favorite(user_id=each.pk, cohort=cohort) for each in people)
    if cohort.current_version is not None:
        record_counts(cohort.current_version, _last_midnights(dataset.timezone))
    return cohort


def _last_midnights(zone: str) -> list[datetime]:
    """When an installation counts that does so every night: the data of each night are at hand."""
    today = timezone.localdate(timezone=ZoneInfo(zone))
    days = (today - timedelta(days=back) for back in range(NIGHTS_COUNTED, 0, -1))
    return [datetime.combine(day, time.min, ZoneInfo(zone)) for day in days]
