"""Sizes over time: the last count of each day, and past days computed back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cohorts.evaluation import count_members, prepare
from cohorts.models import Dataset, Snapshot
from cohorts.page.history import arrange, read_range
from cohorts.page.past import count_past_sizes, end_of, find_past_sizes, wanted_days
from tests.cohorts.loaded import all_of, performed

NOW = datetime(2026, 1, 12, 3, 0, tzinfo=UTC)


def at(day: int, hour: int = 3) -> datetime:
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def test_the_last_count_of_a_day_in_the_zone_counts() -> None:
    rows = [(at(10, 1), 5, 1), (at(10, 14), 6, 1), (at(10, 16), 7, 2), (at(12), 9, 2)]
    history = arrange(rows, "Asia/Tokyo", NOW)
    assert [(p.day.day, p.size) for p in history.points] == [(10, 6), (11, 7), (12, 9)]
    assert history.today == date(2026, 1, 12)


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        ([], None),
        ([(at(12), 100, 1)], None),
        ([(at(6), 100, 1), (at(12), 110, 1)], None),
        ([(at(5), 100, 1), (at(12), 110, 1)], 10.0),
        ([(at(1), 50, 1), (at(4), 200, 1), (at(12), 110, 1)], -45.0),
        ([(at(4), 0, 1), (at(12), 110, 1)], None),
    ],
)
def test_the_change_is_since_a_count_at_least_a_week_older(rows: Any, change: Any) -> None:
    assert arrange(rows, "UTC", NOW).week_change == change


@pytest.mark.parametrize(
    ("given", "days"), [("7", 7), ("90", 90), ("8", 30), (None, 30), ("x", 30)]
)
def test_any_range_gives_one(given: str | None, days: int) -> None:
    assert read_range(given) == days


def test_past_days_end_at_midnight_of_the_zone() -> None:
    assert wanted_days(2, "Asia/Tokyo", datetime(2026, 1, 11, 16, tzinfo=UTC)) == (
        date(2026, 1, 10),
        date(2026, 1, 11),
    )
    assert end_of(date(2026, 1, 10), "Asia/Tokyo") == at(10, 15)


@pytest.mark.django_db
def test_it_computes_past_days_a_few_at_a_time(dataset: Dataset, save: Any) -> None:
    cohort = save("singers", all_of(performed("SING", window={"last": 2, "unit": "day"})))
    version = cohort.current_version
    prepared = prepare(dataset, version.definition)
    first = count_past_sizes(version, prepared, days=7, now=NOW, seconds=0)
    assert (first.done, first.is_complete) == (1, False)
    rest = count_past_sizes(version, prepared, days=7, now=NOW, seconds=60)
    assert rest.is_complete
    for day, size in rest.points:
        assert size == count_members(prepared, as_of=end_of(day, "Asia/Tokyo"))
    assert len({size for _, size in rest.points}) > 1
    assert find_past_sizes(version, prepared, days=7, now=NOW) == rest
    assert not Snapshot.objects.exists()


@pytest.mark.django_db
def test_what_was_computed_is_dropped_with_new_data(dataset: Dataset, save: Any) -> None:
    version = save("singers", all_of(performed("SING"))).current_version
    count_past_sizes(version, prepare(dataset, version.definition), days=1, now=NOW)
    dataset.loaded_at = timezone.now() + timedelta(seconds=1)
    again = find_past_sizes(version, prepare(dataset, version.definition), days=1, now=NOW)
    assert again.done == 0
