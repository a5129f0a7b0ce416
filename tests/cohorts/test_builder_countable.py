"""What of an unfinished definition is counted, and where its parts lie in the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.countable import find_countable, read_path, write_path

GOOD = {"type": "performed", "event": "SING"}
BAD: dict[str, Any] = {"type": "performed"}


def definition(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions), **more}


def group(*conditions: Any) -> dict[str, Any]:
    return {"match": "any", "conditions": list(conditions)}


def test_it_leaves_out_the_condition_with_the_problem() -> None:
    part = find_countable(definition(GOOD, BAD, GOOD), ["conditions[1].event"])
    assert part is not None
    assert part.data == definition(GOOD, GOOD)
    assert part.left_out == ("conditions[1]",)
    assert part.place("conditions[1]") == "conditions[2]"
    assert part.place("conditions[1].where[0].op") == "conditions[2].where[0].op"


def test_it_keeps_the_rest_of_a_group() -> None:
    data = definition(BAD, group(BAD, GOOD))
    part = find_countable(data, ["conditions[0].event", "conditions[1].conditions[0].event"])
    assert part is not None
    assert part.data == definition(group(GOOD))
    assert part.place("conditions[0].conditions[0]") == "conditions[1].conditions[1]"
    assert part.left_out == ("conditions[0]", "conditions[1].conditions[0]")


def test_a_group_with_nothing_left_is_left_out_with_its_conditions() -> None:
    data = definition(GOOD, group(BAD))
    part = find_countable(data, ["conditions[1].conditions[0].event"])
    assert part is not None
    assert part.data == definition(GOOD)
    assert part.left_out == ("conditions[1].conditions[0]", "conditions[1]")


def test_a_problem_of_the_group_itself_leaves_out_the_group() -> None:
    part = find_countable(definition(GOOD, group(GOOD)), ["conditions[1].match"])
    assert part is not None
    assert part.data == definition(GOOD)


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (definition(BAD), ["conditions[0].event"]),
        (definition(GOOD, global_filter=[{}]), ["global_filter[0].property"]),
        (definition(GOOD), ["date_range"]),
        (definition(GOOD), [""]),
        (definition(GOOD), ["conditions"]),
        (definition(GOOD), ["conditions[7].event"]),
        ({"conditions": "SING"}, ["conditions"]),
        (["SING"], [""]),
        (None, [""]),
        (definition(GOOD, "SING", 3, None), ["conditions[1]", "conditions[2]", ""]),
    ],
)
def test_nothing_is_counted_when_the_problem_is_of_the_whole(data: Any, paths: list[str]) -> None:
    assert find_countable(data, paths) is None


def test_conditions_that_are_no_objects_do_not_stop_the_others() -> None:
    part = find_countable(definition("SING", GOOD), ["conditions[0]"])
    assert part is not None
    assert part.data == definition(GOOD)


def test_it_does_not_follow_groups_without_end() -> None:
    data: Any = definition(GOOD)
    for _ in range(200):
        data = definition(data)
    assert find_countable(definition(data, BAD), ["conditions[1].event"]) is None


keys = st.lists(st.integers(0, 9) | st.sampled_from(["conditions", "where", "last"]), max_size=6)


@given(keys)
def test_a_path_reads_as_it_was_written(path: list[int | str]) -> None:
    assert read_path(write_path(tuple(path))) == tuple(path)
