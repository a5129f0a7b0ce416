"""Datasets: files loaded, or tables of a warehouse found, under a name, in one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from cohorts.definitions.problems import is_showable
from cohorts.models import Dataset
from cohorts.warehouse.engines import engine_for
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.folder import load_lock, prune
from cohorts.warehouse.load import FileSet, Loaded, Tell, load_dataset
from cohorts.warehouse.tables import Surveyed, TableSet

_LONGEST_NAME = 100


def add_dataset(
    name: str,
    files: FileSet,
    *,
    timezone: str | None = None,
    replace: bool = False,
    tell: Tell | None = None,
) -> tuple[Dataset, Loaded]:
    """Load the files as the dataset of that name. Until the end an existing one stays in use.
    `tell` hears of each phase as it begins."""
    check_name(name)
    if timezone is not None:
        check_timezone(timezone)
    folder = Path(settings.DATASETS_DIR)
    with load_lock(folder):
        existing = _find_existing(name, replace=replace)
        zone = timezone or (existing.timezone if existing else "UTC")
        loaded = load_dataset(
            name,
            files,
            folder=folder,
            timezone=zone,
            memory_limit=settings.QUERY_MEMORY_LIMIT,
            threads=settings.QUERY_THREADS,
            tell=tell,
        )
        dataset = _save(name, zone, loaded, file=loaded.file, engine="duckdb", url="", sources={})
        # A query that began before the switch may still be about to open the file before it.
        before = {existing.file} if existing else set()
        prune(folder, name, keep={dataset.file, *before})
    return dataset, loaded


def add_warehouse(
    name: str,
    url: str,
    tables: TableSet,
    *,
    timezone: str | None = None,
    replace: bool = False,
) -> tuple[Dataset, Surveyed]:
    """Make the tables the dataset of that name. They stay where they are and are only read."""
    check_name(name)
    if timezone is not None:
        check_timezone(timezone)
    engine = engine_for(url)
    folder = Path(settings.DATASETS_DIR)
    with load_lock(folder):
        existing = _find_existing(name, replace=replace)
        zone = timezone or (existing.timezone if existing else "UTC")
        found = engine.survey(
            url,
            tables,
            timezone=zone,
            time_limit=float(settings.QUERY_TIME_LIMIT),
            memory_limit=settings.QUERY_MEMORY_LIMIT,
            threads=settings.QUERY_THREADS,
        )
        sources = {"events": found.events.to_json()}
        if found.users is not None:
            sources["users"] = found.users.to_json()
        dataset = _save(name, zone, found, engine=engine.name, url=url, sources=sources, file="")
        if existing is not None and existing.file:
            prune(folder, name, keep={existing.file})
    return dataset, found


def _find_existing(name: str, *, replace: bool) -> Dataset | None:
    existing = Dataset.objects.filter(name=name).first()
    if existing is not None and not replace:
        raise LoadError(f'NAME: there is a dataset "{name}" already. Use --replace to reload it.')
    return existing


def check_timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LoadError(
            f"--timezone: there is no time zone {name!r}. Use a name such as Europe/Berlin."
        ) from None


def check_name(name: str) -> None:
    """Raises LoadError."""
    if not name or name != name.strip() or len(name) > _LONGEST_NAME or not is_showable(name):
        raise LoadError(
            f"NAME: a dataset's name has 1 to {_LONGEST_NAME} printable characters "
            "and no space at its ends."
        )


@transaction.atomic
def _save(name: str, timezone: str, found: Loaded | Surveyed, **kept: Any) -> Dataset:
    """`kept` says where the rows are."""
    dataset, _created = Dataset.objects.update_or_create(
        name=name,
        defaults={
            **kept,
            "timezone": timezone,
            "catalog": found.catalog.to_json(),
            "event_count": found.event_count,
            "user_count": found.user_count,
            "first_event_at": found.first_event_at,
            "last_event_at": found.last_event_at,
            "loaded_at": clock.now(),
        },
    )
    return dataset
