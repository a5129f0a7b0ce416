"""Overlaps equal what sets of the members' ids give."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.evaluation import prepare, stream_members
from cohorts.models import Dataset
from cohorts.page.overlap import find_comparable, read_overlap
from cohorts.page.regions import Regions, count_regions
from tests.cohorts.loaded import all_of, in_cohort, performed

pytestmark = pytest.mark.django_db
LEAVES = [
    performed("SING", times={"op": ">=", "value": 5}),
    performed("SING", times={"op": "=", "value": 0}),
    performed("PAY"),
    {"type": "property", "property": "country", "op": "=", "value": "JP"},
    {"type": "property", "property": "level", "op": ">", "value": 1, "negate": True},
]
NOT_US = {"scope": "user", "property": "country", "op": "!=", "value": "US"}
filters = st.sampled_from([{}, {"global_filter": [NOT_US]}])
definitions = st.builds(
    lambda match, leaves, chosen: {"version": 1, "match": match, "conditions": leaves} | chosen,
    st.sampled_from(["all", "any"]),
    st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3),
    filters,
)


def ids_of(prepared: Any, now: Any) -> set[str]:
    return {
        user
        for batch in stream_members(prepared, as_of=now)
        for user in batch.column(0).to_pylist()
    }


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(definitions, min_size=2, max_size=3))
def test_every_region_is_what_set_arithmetic_gives(dataset: Dataset, given: list[Any]) -> None:
    now = timezone.now()
    prepared = [prepare(dataset, data) for data in given]
    regions = count_regions(prepared, as_of=now, time_limit=60)
    members = [ids_of(each, now) for each in prepared]
    everyone = set().union(*members)
    for held in {tuple(user in each for each in members) for user in everyone}:
        expected = {u for u in everyone if tuple(u in each for each in members) == held}
        assert regions.counts[held] == len(expected)
    assert regions.anyone == len(everyone)
    assert regions.within(0, 1) == len(members[0] & members[1])
    assert regions.only(0) == len(members[0].difference(*members[1:]))


def test_the_same_cohort_by_reference_overlaps_wholly(dataset: Dataset, save: Any) -> None:
    payers = save("payers", all_of(performed("PAY")))
    same = save("same", all_of(in_cohort("payers")))
    overlap = read_overlap(payers, [same], now=timezone.now())
    assert (overlap.size, overlap.shares[0].common, overlap.shares[0].size) == (60, 60, 60)
    assert [part.count for part in overlap.parts] == [60, 0, 0]


def test_parts_name_who_is_in_and_out(save: Any) -> None:
    payers = save("payers", all_of(performed("PAY")))
    singers = save("singers", all_of(performed("SING")))
    japan = save(
        "japan", all_of({"type": "property", "property": "country", "op": "=", "value": "JP"})
    )
    overlap = read_overlap(payers, [singers, japan], now=timezone.now())
    assert len(overlap.parts) == 7
    assert [cohort.slug for cohort in overlap.parts[0].inside] == ["payers", "singers", "japan"]
    assert sum(part.count for part in overlap.parts) == overlap.regions.anyone
    assert all({*part.inside, *part.outside} == {payers, singers, japan} for part in overlap.parts)


def test_an_answer_is_kept_until_a_definition_or_the_data_changes(
    dataset: Dataset, save: Any, monkeypatch: Any
) -> None:
    payers = save("payers", all_of(performed("PAY")))
    save("singers", all_of(performed("SING")))
    asked = []
    real = count_regions
    monkeypatch.setattr(
        "cohorts.page.overlap.count_regions",
        lambda *given, **named: asked.append(1) or real(*given, **named),
    )

    def read() -> int:
        return read_overlap(payers, find_comparable(payers), now=timezone.now()).shares[0].common

    first = read()
    assert (read(), len(asked)) == (first, 1)
    save("singers", all_of(performed("SING", times={"op": ">", "value": 100})))
    assert (read(), len(asked)) == (0, 2)
    Dataset.objects.update(loaded_at=timezone.now())
    payers.dataset.refresh_from_db()
    assert (read(), len(asked)) == (0, 3)


def test_regions_count_by_name() -> None:
    regions = Regions({(True, True): 3, (True, False): 5, (False, True): 7, (False, False): 100})
    assert (regions.within(0), regions.within(1), regions.within(0, 1)) == (8, 10, 3)
    assert (regions.only(0), regions.only(1), regions.only(0, 1), regions.anyone) == (5, 7, 3, 15)
