"""The command that says why a user is in or out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from cohorts.management.door import Refused
from cohorts.models import Cohort, Dataset
from cohorts.saving import disable_cohort, save_cohort
from tests.cohorts.loaded import all_of, in_cohort, performed

pytestmark = pytest.mark.django_db
AS_OF = "2026-01-20T00:00:00Z"
GOLD = {"type": "property", "property": "plan", "op": "=", "value": "gold"}
SPENT = {"type": "measure", "event": "PURCHASE", "function": "sum", "property": "amount"} | {
    "op": ">=",
    "value": 20,
}


def explain(slug: str, user: str, as_of: str = AS_OF) -> dict[str, Any]:
    output = io.StringIO()
    call_command("explain_member", slug, user, "--as-of", as_of, stdout=output)
    told: dict[str, Any] = json.loads(output.getvalue())
    return told


@pytest.fixture
def fans(dataset: Dataset) -> Dataset:
    twice = performed("SING", times={"op": ">=", "value": 2}, window={"last": 30, "unit": "day"})
    group = {"match": "any", "conditions": [GOLD, SPENT], "negate": False}
    save_cohort(slug="fans", dataset=dataset, data=all_of(twice, group))
    return dataset


def test_it_says_why_someone_is_in(fans: Dataset) -> None:
    told = explain("fans", "ann")
    assert (told["cohort"], told["user"], told["as_of"]) == ("fans", "ann", AS_OF)
    assert (told["member"], told["in_population"], told["reason"]) == (True, True, None)
    sang, group = told["conditions"]
    assert sang == {
        "path": "conditions[0]",
        "type": "performed",
        "title": "SING ≥ 2",
        "subtitle": "in the last 30 day(s)",
        "negate": False,
        "verdict": True,
        "measured": {"count": 2},
        "compared_with": {
            "op": ">=",
            "value": 2,
            "window": {"from": "2025-12-21T00:00:00Z", "to": AS_OF},
        },
        "events": [
            {"event": "SING", "time": "2026-01-11T10:00:00Z", "properties": {}},
            {"event": "SING", "time": "2026-01-10T10:00:00Z", "properties": {}},
        ],
    }
    assert (group["type"], group["match"], group["verdict"]) == ("group", "any", True)
    gold, spent = group["conditions"]
    assert gold["measured"] == {"properties": {"plan": "gold"}}
    assert gold["compared_with"] == {"property": "plan", "op": "=", "value": "gold"}
    assert (spent["verdict"], spent["measured"], spent["events"]) == (False, {"value": 0}, [])


def test_it_says_why_someone_is_out(fans: Dataset) -> None:
    told = explain("fans", "bob")
    assert (told["member"], told["in_population"]) == (False, True)
    sang, group = told["conditions"]
    assert (sang["verdict"], sang["measured"]) == (False, {"count": 1})
    (bought,) = group["conditions"][1]["events"]
    assert bought == {
        "event": "PURCHASE",
        "time": "2026-01-12T09:00:00Z",
        "properties": {"amount": 20},
    }


@pytest.mark.parametrize("user", ["nobody", "", "ANN", "a\0b", "a\ud800"])
def test_a_user_that_the_dataset_does_not_hold_is_no_error(fans: Dataset, user: str) -> None:
    told = explain("fans", user)
    assert (told["user"], told["member"], told["in_population"]) == (user, False, False)
    assert told["reason"] == "not in this dataset"
    assert told["conditions"] == []


def test_it_looks_at_the_instant_it_is_asked_about(fans: Dataset) -> None:
    told = explain("fans", "ann", "2026-01-11T10:00:00Z")
    assert (told["member"], told["conditions"][0]["measured"]) == (False, {"count": 1})
    assert explain("fans", "cas", "2026-01-12T10:00:00Z")["reason"] == "not in this dataset"


def test_it_tells_whom_the_global_filter_leaves_out(dataset: Dataset) -> None:
    filters = [
        {"property": "plan", "scope": "user", "op": "!=", "value": "gold"},
        {"property": "amount", "scope": "event", "op": "exists"},
    ]
    data = all_of(performed("SING")) | {"global_filter": filters}
    save_cohort(slug="paying", dataset=dataset, data=data)
    told = explain("paying", "ann")
    assert (told["member"], told["in_population"]) == (False, False)
    assert told["reason"] == "left out by the global filter"
    plan, amount = told["global_filter"]
    assert (plan["type"], plan["title"]) == ("user_filter", "plan is not “gold”")
    assert (plan["verdict"], plan["measured"]) == (False, {"properties": {"plan": "gold"}})
    assert (amount["type"], amount["title"]) == ("event_filter", "amount exists")
    # No song has an amount, and the filter leaves out all others.
    assert told["conditions"][0]["measured"] == {"count": 0}


def test_no_condition_holds_for_whom_the_global_filter_leaves_out(dataset: Dataset) -> None:
    not_gold = {"property": "plan", "scope": "user", "op": "!=", "value": "gold"}
    listed = {"type": "list", "users": ["bob"], "negate": True}
    group = {"match": "any", "conditions": [listed]}
    data = all_of(performed("SING"), group) | {"global_filter": [not_gold]}
    save_cohort(slug="paying", dataset=dataset, data=data)
    sang, others = explain("paying", "ann")["conditions"]
    assert (sang["verdict"], sang["measured"]) == (False, {"count": 2})
    assert (others["verdict"], others["conditions"][0]["verdict"]) == (False, False)
    assert others["conditions"][0]["measured"] == {"listed": False}


def test_it_explains_other_cohorts_by_name_and_negation(dataset: Dataset) -> None:
    save_cohort(slug="singers", dataset=dataset, data=all_of(performed("SING")), name="Singers")
    save_cohort(slug="others", dataset=dataset, data=all_of(in_cohort("singers", negate=True)))
    (finding,) = explain("others", "ann")["conditions"]
    assert (finding["title"], finding["negate"]) == ("In cohort Singers", True)
    assert (finding["verdict"], finding["measured"]) == (False, {"in_cohort": True})
    assert explain("others", "cas")["member"] is True


def test_it_suggests_a_known_cohort_for_an_unknown_one(fans: Dataset) -> None:
    with pytest.raises(Refused) as refused:
        explain("fan", "ann")
    assert refused.value.lines == ["slug: There is no cohort “fan”. Did you mean “fans”?"]


def test_it_explains_a_disabled_cohort(fans: Dataset) -> None:
    disable_cohort(Cohort.objects.get(slug="fans"), by=None)
    assert explain("fans", "ann")["member"] is True
