"""What one reader chose for the screens: schema, time zone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cohorts.models import Dataset, Preferences

_LONGEST_ZONE = 64


def find_preferences(user: Any) -> Preferences | None:
    """Comes with the user, without a query, wherever the session's back end fetched it."""
    found: Preferences | None = getattr(user, "preferences", None)
    return found


def change_preferences(user: Any, **changes: Any) -> None:
    Preferences.objects.update_or_create(user=user, defaults=changes)


def chosen_dataset(user: Any) -> Dataset | None:
    """The schema that lists are limited to; None means all."""
    preferences = find_preferences(user)
    return preferences.dataset if preferences else None


def find_zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None for what a browser or a row may say that is none."""
    if not name or len(name) > _LONGEST_ZONE:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
