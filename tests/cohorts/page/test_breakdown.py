"""A breakdown equals the cohort evaluated for each value on its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from cohorts.evaluation import count_members, prepare
from cohorts.models import Dataset
from cohorts.page.breakdown import arrange, count_values, find_breakable, read_breakdown
from tests.cohorts.loaded import all_of, performed

pytestmark = pytest.mark.django_db
DATA = all_of(performed("SING", times={"op": ">=", "value": 3})) | {
    "global_filter": [{"scope": "user", "property": "paying", "op": "=", "value": True}]
}
ANYONE = {"version": 1, "match": "any", "conditions": [performed("SING"), performed("SING")]}
ANYONE["conditions"][1] = performed("SING", times={"op": "=", "value": 0})


def test_it_offers_the_properties_of_users(dataset: Dataset) -> None:
    assert find_breakable(dataset) == ["country", "level", "paying"]


@pytest.mark.parametrize("name", ["country", "level"])
def test_it_equals_separate_evaluations(dataset: Dataset, name: str) -> None:
    now = timezone.now()
    prepared = prepare(dataset, DATA)
    rows = count_values(prepared, name, as_of=now, limit=50)
    for value, members, everyone, all_members, all_everyone in rows:
        one: dict[str, Any] = {"type": "property", "property": name, "op": "not_exists"}
        if value is not None:
            typed = int(value) if name == "level" else value
            one = {"type": "property", "property": name, "op": "=", "value": typed}
        narrowed = DATA | {"conditions": [*DATA["conditions"], one]}
        assert members == count_members(prepare(dataset, narrowed), as_of=now)
        assert everyone == count_members(prepare(dataset, all_of(one)), as_of=now)
        assert all_members == count_members(prepared, as_of=now)
        assert all_everyone == count_members(prepare(dataset, ANYONE), as_of=now)
    assert sum(row[1] for row in rows) == rows[0][3]
    assert sum(row[2] for row in rows) == rows[0][4]


def test_it_gathers_what_is_not_shown(dataset: Dataset, save: Any) -> None:
    cohort = save("singers", all_of(performed("SING")))
    prepared = prepare(dataset, cohort.current_version.definition)
    rows = count_values(prepared, "country", as_of=timezone.now(), limit=1)
    shown = arrange("country", rows, timezone.now())
    assert [each.is_rest for each in shown.slices] == [False, True]
    assert sum(each.members for each in shown.slices) == shown.members
    assert sum(each.everyone for each in shown.slices) == shown.everyone


def test_nobody_is_no_slice() -> None:
    assert arrange("country", [], datetime(2026, 1, 1, tzinfo=UTC)).slices == ()


def test_it_is_kept(dataset: Dataset, save: Any, monkeypatch: Any) -> None:
    cohort = save("singers", all_of(performed("SING")))
    prepared = prepare(dataset, cohort.current_version.definition)
    now = timezone.now()
    first = read_breakdown(cohort.current_version, prepared, "country", now=now)
    monkeypatch.setattr("cohorts.page.breakdown.count_values", None)
    assert read_breakdown(cohort.current_version, prepared, "country", now=now) == first
