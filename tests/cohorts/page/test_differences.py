"""What two definitions differ by, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.definitions.parse import parse_definition
from cohorts.page.differences import tell_differences
from tests.cohorts.loaded import all_of, in_cohort, performed

SING = performed("SING", times={"op": ">", "value": 5}, window={"last": 7, "unit": "day"})
SING_MORE = SING | {"times": {"op": ">", "value": 9}}
PAY = performed("PAY")
GROUP = {"match": "any", "conditions": [SING, PAY], "negate": True}
FILTER = {"scope": "user", "property": "country", "op": "!=", "value": "US"}


def differ(before: Any, after: Any, **given: Any) -> list[tuple[str, str]]:
    told = tell_differences(parse_definition(before), parse_definition(after), **given)
    return [(each.kind, each.text) for each in told]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (all_of(SING), all_of(SING), []),
        (all_of(SING), all_of(SING, PAY), [("added", "PAY ≥ 1 overall")]),
        (all_of(SING, PAY), all_of(SING), [("removed", "PAY ≥ 1 overall")]),
        (
            all_of(SING),
            all_of(SING_MORE),
            [
                ("removed", "SING > 5 in the last 7 day(s)"),
                ("added", "SING > 9 in the last 7 day(s)"),
            ],
        ),
        (
            all_of(SING),
            all_of(SING | {"negate": True}),
            [
                ("removed", "SING > 5 in the last 7 day(s)"),
                ("added", "Not: SING > 5 in the last 7 day(s)"),
            ],
        ),
        (
            all_of(PAY),
            all_of(PAY, GROUP),
            [("added", "Not: (SING > 5 in the last 7 day(s) or PAY ≥ 1 overall)")],
        ),
        (
            all_of(SING, PAY),
            all_of(SING, PAY) | {"match": "any"},
            [("changed", "One of the conditions is enough, where all had to hold.")],
        ),
        (
            all_of(PAY),
            all_of(PAY) | {"global_filter": [FILTER]},
            [("added", "Global filter: country is not “US”")],
        ),
        (
            all_of(PAY),
            all_of(PAY) | {"date_range": {"last": 30, "unit": "day"}},
            [("changed", "Date range: in the last 30 day(s)")],
        ),
        (
            all_of(PAY, SING),
            all_of(SING, PAY),
            [("changed", "The order of the conditions changed.")],
        ),
        (all_of(SING, SING), all_of(SING), [("removed", "SING > 5 in the last 7 day(s)")]),
    ],
)
def test_it_tells(before: Any, after: Any, told: list[tuple[str, str]]) -> None:
    assert differ(before, after) == told


def test_it_calls_cohorts_by_their_names() -> None:
    told = differ(all_of(PAY), all_of(PAY, in_cohort("vip")), names={"vip": "Whales 🐋"})
    assert told == [("added", "In cohort Whales 🐋")]


@given(*[st.lists(st.sampled_from([SING, SING_MORE, PAY, GROUP]), min_size=1, max_size=4)] * 2)
def test_there_and_back_is_the_opposite(before: list[Any], after: list[Any]) -> None:
    one, other = parse_definition(all_of(*before)), parse_definition(all_of(*after))
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    back = {(opposite[each.kind], each.text) for each in tell_differences(other, one)}
    assert {(each.kind, each.text) for each in tell_differences(one, other)} == back
    assert (tell_differences(one, other) == []) == (one == other)
