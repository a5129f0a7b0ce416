"""What commands are given: definitions, datasets and instants."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from cohorts.definitions.parse import load_definition
from cohorts.definitions.problems import find_nearest, join_or, quote
from cohorts.management.door import Refused
from cohorts.models import Dataset


def read_definition(name: str) -> Any:
    """The JSON value in the file, or on standard input for `-`."""
    if name == "-":
        return load_definition(sys.stdin.buffer.read())
    try:
        content = Path(name).read_bytes()
    except FileNotFoundError:
        raise Refused(f"{name}: there is no such file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise Refused(f"{name!r}: cannot be read: {reason}.") from None
    return load_definition(content)


def get_dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is not None:
        return dataset
    known = list(Dataset.objects.values_list("name", flat=True))
    if not known:
        advice = "There is none yet; add one with add_dataset."
    else:
        advice = f"Known: {join_or(find_nearest(name, known) or sorted(known)[:10])}."
    raise Refused(f"--dataset: there is no dataset {quote(name)}. {advice}")


def read_instant(text: str | None, dataset: Dataset) -> datetime:
    """The instant in UTC; now if none is given. Without an offset it is the dataset's wall time."""
    if text is None:
        return timezone.now()
    try:
        instant = datetime.fromisoformat(text.strip())
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(dataset.timezone))
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            f"--as-of: {quote(text)} is not an ISO date or date-time, "
            "such as 2026-01-31 or 2026-01-31T09:30:00Z."
        ) from None
