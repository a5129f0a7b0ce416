"""Definitions in words."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts.definitions.describe import describe, label_condition, list_chips
from cohorts.definitions.nodes import Group
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import is_showable
from tests.cohorts.definitions.test_parse import GOOD

COUNT = {"event": "Song", "function": "count"}
FILTER = {"property": "country", "op": "=", "value": "JP"}
PERFORMED = {"type": "performed", "event": "Song"}


def whole(*conditions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)} | changes


def tell(*conditions: dict[str, Any], **changes: Any) -> str:
    return describe(parse_definition(whole(*conditions, **changes)), names={"vip": "Whales"})


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (PERFORMED, "who performed Song"),
        (PERFORMED | {"negate": True}, "who did not perform Song"),
        (PERFORMED | {"times": {"op": "=", "value": 0}}, "who did not perform Song"),
        (PERFORMED | {"times": {"op": "=", "value": 0}, "negate": True}, "who performed Song"),
        (
            PERFORMED | {"times": {"op": ">=", "value": 3}, "window": {"last": 30, "unit": "day"}},
            "who performed Song at least 3 times in the last 30 days",
        ),
        (
            PERFORMED | {"event": ["A", "B"], "times": {"op": "between", "value": [1, 3]}},
            "who performed A or B between 1 and 3 times",
        ),
        (
            PERFORMED | {"event": "*", "where": [FILTER, {"any": [FILTER, FILTER]}]},
            (
                "who performed any event (where country is “JP” and "
                "(country is “JP” or country is “JP”))"
            ),
        ),
        (
            PERFORMED | {"window": {"ago": [60, 30], "unit": "day"}},
            "who performed Song between 60 and 30 days ago",
        ),
        (
            PERFORMED | {"window": {"full": 1, "unit": "week"}},
            "who performed Song in the last 1 full week",
        ),
        (PERFORMED | {"window": {"this": "month"}}, "who performed Song this month"),
        (PERFORMED | {"window": {"from": "2026-01-01"}}, "who performed Song since 2026-01-01"),
        (
            PERFORMED | {"window": {"after_first": {"event": "Sign Up"}, "n": 7, "unit": "day"}},
            "who performed Song within 7 days from first performing Sign Up",
        ),
        (
            {"type": "measure", "event": "Pay", "function": "sum", "property": "amount"}
            | {"op": ">", "value": 1250.5},
            "whose sum of amount of Pay is more than 1250.5",
        ),
        (
            {"type": "ratio", "numerator": COUNT, "denominator": COUNT, "op": "<", "value": 1000},
            "whose number of Song divided by number of Song is less than 1,000",
        ),
        (
            {
                "type": "funnel",
                "steps": [{"event": "A"}, {"event": "B"}],
                "within": {"n": 1, "unit": "hour"},
            },
            "who went through A → B within 1 hour",
        ),
        (
            {
                "type": "funnel",
                "steps": [{"event": "A"}, {"event": "B"}],
                "outcome": {"dropped_at": 2},
            },
            "who dropped off at step 2 of A → B",
        ),
        (
            {"type": "retention", "start": {"event": "A"}, "return": {"event": "B"}, "unit": "week"}
            | {"outcome": {"retained_on": 4}},
            "who came back with B on week 4 after A",
        ),
        (
            {"type": "lifecycle", "state": "dormant", "period": {"n": 7, "unit": "day"}},
            "who are dormant in periods of 7 days",
        ),
        (
            {"type": "first_time", "event": "A", "window": {"this": "week"}},
            "who first performed A this week",
        ),
        (
            {"type": "property"} | FILTER | {"op": "in", "value": ["a", "b"]},
            "whose country is one of “a”, “b”",
        ),
        (
            {"type": "property"} | FILTER | {"op": "exists", "negate": True},
            "not those whose country exists",
        ),
        ({"type": "cohort", "cohort": "vip"}, "who are in the cohort “Whales”"),
        ({"type": "cohort", "cohort": "vip", "negate": True}, "who are not in the cohort “Whales”"),
        ({"type": "list", "users": ["1"]}, "who are in a list of 1 user"),
    ],
)
def test_it_tells_a_condition(condition: dict[str, Any], told: str) -> None:
    if condition.get("op") == "exists":
        condition = {key: value for key, value in condition.items() if key != "value"}
    assert tell(condition) == f"Users {told}."


def test_it_tells_groups_filters_and_the_date_range() -> None:
    group = {"match": "any", "conditions": [PERFORMED, PERFORMED], "negate": True}
    told = tell(
        PERFORMED,
        group,
        global_filter=[FILTER | {"scope": "event", "op": "!="}, FILTER | {"scope": "user"}],
        date_range={"last": 90, "unit": "day"},
    )
    assert told == (
        "Users who performed Song, and not (who performed Song, or who performed Song). "
        "Only events where country is not “JP” count. Only users: country is “JP”. "
        "Overall means in the last 90 days."
    )


def test_a_label_has_a_title_and_a_subtitle() -> None:
    condition = PERFORMED | {"times": {"op": ">", "value": 5}, "negate": True}
    definition = parse_definition(whole(condition | {"window": {"last": 7, "unit": "day"}}))
    (parsed,) = definition.conditions
    assert not isinstance(parsed, Group)
    assert label_condition(parsed, language="en") == ("Song > 5", "in the last 7 day(s)")
    assert list_chips(definition) == ("Song > 5",)


@pytest.mark.parametrize("language", ["en", "en-gb", "ja", "xx"])
@pytest.mark.parametrize("data", GOOD, ids=range(len(GOOD)))
def test_everything_can_be_told_in_one_printable_line(data: dict[str, Any], language: str) -> None:
    definition = parse_definition(data)
    told = describe(definition, language=language)
    assert told.endswith("。" if language == "ja" else ".")
    assert is_showable(told)
    chips = list_chips(definition, language=language)
    assert all(title and is_showable(title) for title in chips)


def test_long_and_strange_names_stay_short_and_printable() -> None:
    told = tell(PERFORMED | {"event": "a\n\x1b[31m" + "x" * 5000})
    assert is_showable(told)
    assert len(told) < 200
