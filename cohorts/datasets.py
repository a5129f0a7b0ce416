"""Datasets: loading files under a name, and switching to what was loaded in one step."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction
from django.utils import timezone as clock

from cohorts.models import Dataset
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.folder import load_lock, prune
from cohorts.warehouse.load import FileSet, Loaded, load_dataset

_LONGEST_NAME = 100


def add_dataset(
    name: str, files: FileSet, *, timezone: str | None = None, replace: bool = False
) -> tuple[Dataset, Loaded]:
    """Load the files as the dataset of that name. Until the end an existing one stays in use."""
    _check_name(name)
    if timezone is not None:
        check_timezone(timezone)
    folder = Path(settings.DATASETS_DIR)
    with load_lock(folder):
        existing = Dataset.objects.filter(name=name).first()
        if existing is not None and not replace:
            raise LoadError(
                f'NAME: there is a dataset "{name}" already. Use --replace to reload it.'
            )
        zone = timezone or (existing.timezone if existing else "UTC")
        loaded = load_dataset(
            name,
            files,
            folder=folder,
            timezone=zone,
            memory_limit=settings.QUERY_MEMORY_LIMIT,
            threads=settings.QUERY_THREADS,
        )
        dataset = _switch(name, zone, loaded)
        # A query that began before the switch may still be about to open the file before it.
        before = {existing.file} if existing else set()
        prune(folder, name, keep={dataset.file, *before})
    return dataset, loaded


def check_timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LoadError(
            f"--timezone: there is no time zone {name!r}. Use a name such as Europe/Berlin."
        ) from None


def _check_name(name: str) -> None:
    if not name or name != name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise LoadError(
            f"NAME: a dataset's name has 1 to {_LONGEST_NAME} printable characters "
            "and no space at its ends."
        )


@transaction.atomic
def _switch(name: str, timezone: str, loaded: Loaded) -> Dataset:
    dataset, _created = Dataset.objects.update_or_create(
        name=name,
        defaults={
            "timezone": timezone,
            "file": loaded.file,
            "catalog": loaded.catalog.to_json(),
            "event_count": loaded.event_count,
            "user_count": loaded.user_count,
            "first_event_at": loaded.first_event_at,
            "last_event_at": loaded.last_event_at,
            "loaded_at": clock.now(),
        },
    )
    return dataset
