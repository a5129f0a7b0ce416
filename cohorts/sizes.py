"""Sizes of cohorts over time, from their snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from cohorts.models import Cohort, Snapshot

TREND = timedelta(days=30)
MOST_LINES = 6


@dataclass(frozen=True)
class SizeLine:
    name: str
    address: str
    # The last count of each day, in the reader's zone.
    points: list[tuple[date, int]]


def read_trends(cohorts: Iterable[Cohort], now: datetime) -> dict[int, list[int]]:
    """By cohort id: the last size of each counted day, oldest first. One query."""
    rows = Snapshot.objects.filter(
        version__cohort__in=[cohort.pk for cohort in cohorts], as_of__gte=now - TREND
    ).order_by("as_of", "pk")
    days: dict[int, dict[date, int]] = {}
    for pk, as_of, size in rows.values_list("version__cohort", "as_of", "size"):
        days.setdefault(pk, {})[as_of.date()] = size
    return {pk: list(sizes.values()) for pk, sizes in days.items()}


def read_favorite_sizes(user: Any, *, days: int, now: datetime) -> list[SizeLine]:
    """Of the reader's favorites that were counted, the largest ones. One query."""
    rows = Snapshot.objects.filter(
        version__cohort__favorites__user=user,
        version__cohort__disabled_at=None,
        as_of__gte=now - timedelta(days=days),
    ).order_by("as_of", "pk")
    names: dict[str, str] = {}
    sizes: dict[str, dict[date, int]] = {}
    columns = ("version__cohort__slug", "version__cohort__name", "as_of", "size")
    for slug, name, as_of, size in rows.values_list(*columns):
        names[slug] = name
        sizes.setdefault(slug, {})[timezone.localdate(as_of)] = size
    lines = [
        SizeLine(names[slug], reverse("cohorts:detail", args=[slug]), list(by_day.items()))
        for slug, by_day in sizes.items()
    ]
    lines.sort(key=lambda line: -line.points[-1][1])
    return lines[:MOST_LINES]
