"""Every mistake is told at its place, in words that say what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.definitions.parse import load_definition, parse_definition
from cohorts.definitions.problems import DefinitionError, is_showable

PERFORMED = {"type": "performed", "event": "Purchase"}
EVENT = {"event": "Purchase"}
FILTER = {"property": "country", "op": "=", "value": "JP"}


def whole(*conditions: Any, **changes: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)} | changes


def problems_of(data: object) -> dict[str, str]:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(data)
    return {problem.path: problem.message for problem in caught.value.problems}


def performed(**changes: Any) -> dict[str, Any]:
    return whole(PERFORMED | changes)


def where(**changes: Any) -> dict[str, Any]:
    return performed(where=[FILTER | changes])


def funnel(**changes: Any) -> dict[str, Any]:
    return whole({"type": "funnel", "steps": [EVENT, EVENT, EVENT]} | changes)


def retention(**changes: Any) -> dict[str, Any]:
    base = {"type": "retention", "start": EVENT, "return": EVENT, "unit": "day"}
    return whole(base | {"outcome": "returned"} | changes)


def without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


C = "conditions[0]"
MEASURE = {"type": "measure", "event": "A", "function": "sum", "property": "amount"}
MEASURE |= {"op": ">", "value": 5}
COUNT = {"event": "A", "function": "count"}
RATIO = {"type": "ratio", "numerator": COUNT, "denominator": COUNT, "op": ">", "value": 1}
LIFECYCLE = {"type": "lifecycle", "state": "new", "period": {"n": 7, "unit": "day"}}

GOOD = [
    whole(PERFORMED),
    whole(PERFORMED, match="any"),
    performed(times={"op": "between", "value": [0, 3]}),
    performed(times={"op": "=", "value": 0}),
    performed(event=["A", "B"]),
    performed(event="*"),
    performed(negate=True),
    performed(window={"overall": True}),
    performed(window={"last": 30, "unit": "day"}),
    performed(window={"ago": [60, 30], "unit": "day"}),
    performed(window={"ago": [60, 0], "unit": "quarter"}),
    performed(window={"full": 2, "unit": "week"}),
    performed(window={"this": "month"}),
    performed(window={"from": "2026-01-01", "to": "2026-01-01"}),
    performed(window={"from": "2026-01-01T10:00"}),
    performed(window={"to": "2026-01-01T10:00:00.5+09:00"}),
    performed(window={"after_first": EVENT, "n": 7, "unit": "day"}),
    where(op="exists")
    | {"conditions": [PERFORMED | {"where": [without(FILTER | {"op": "exists"}, "value")]}]},
    where(value={"property": "city"}),
    where(op="in", value=["JP", "US"]),
    where(op="between", value=[1, 1]),
    where(op="between", value=["2026-01-01", "2026-01-01"]),
    where(op="last", value={"n": 7, "unit": "day"}),
    where(op="matches", value="^a(b|c)[^]x]{1,3}\\d+?$"),
    where(op="matches", value=""),
    performed(where=[{"any": [FILTER, {"any": [FILTER]}]}]),
    performed(where=[FILTER | {"scope": "user"}]),
    whole(FILTER | {"type": "property"}),
    whole({"type": "property", "any": [FILTER], "negate": True}),
    whole({"type": "cohort", "cohort": "whales"}),
    whole({"type": "list", "users": ["1", "2"]}),
    whole({"type": "list", "users": ["1", ""]}),
    whole(MEASURE),
    whole(RATIO),
    whole(LIFECYCLE),
    whole(LIFECYCLE | {"event": "A", "where": [FILTER]}),
    whole({"type": "first_time", "event": "A"}),
    whole({"type": "last_time", "event": "A", "window": {"last": 1, "unit": "day"}}),
    funnel(),
    funnel(within={"n": 30, "unit": "second"}, order="exact", outcome={"dropped_before": 3}),
    funnel(exclude=[EVENT | {"between": [2, 3]}], outcome={"converted_on": 1}),
    retention(),
    retention(outcome={"retained_between": [0, 7]}),
    retention(outcome={"not_retained_on": 0}, window={"last": 9, "unit": "week"}),
    whole({"match": "any", "conditions": [PERFORMED], "negate": True}),
    whole(PERFORMED, global_filter=[FILTER | {"scope": "event"}], date_range={"this": "year"}),
]


@pytest.mark.parametrize("data", GOOD, ids=range(len(GOOD)))
def test_it_reads_what_the_language_allows(data: dict[str, Any]) -> None:
    definition = parse_definition(json.loads(json.dumps(data)))
    assert definition.match == data["match"]
    assert len(definition.conditions) == len(data["conditions"])


BAD = [
    ([], ""),
    (None, ""),
    ("text", ""),
    (without(performed(), "version"), "version"),
    (whole(PERFORMED, version=2), "version"),
    (whole(PERFORMED, version=True), "version"),
    (whole(PERFORMED, version="1"), "version"),
    (without(performed(), "match"), "match"),
    (whole(PERFORMED, match="none"), "match"),
    (whole(PERFORMED, match=["all"]), "match"),
    (without(performed(), "conditions"), "conditions"),
    (whole(), "conditions"),
    (whole(conditions={}), "conditions"),
    (whole(PERFORMED, extra=1), "extra"),
    (whole(PERFORMED, global_filter=[]), "global_filter"),
    (whole(PERFORMED, global_filter=[FILTER]), "global_filter[0].scope"),
    (whole(PERFORMED, global_filter=[{"any": [FILTER]}]), "global_filter[0].any[0].scope"),
    (
        whole(
            PERFORMED,
            global_filter=[{"any": [FILTER | {"scope": "event"}, FILTER | {"scope": "user"}]}],
        ),
        "global_filter[0].any",
    ),
    (whole(PERFORMED, date_range={"last": 0, "unit": "day"}), "date_range.last"),
    (whole(7), C),
    (whole({}), f"{C}.type"),
    (whole({"type": "performd", "event": "A"}), f"{C}.type"),
    (whole({"type": ["performed"]}), f"{C}.type"),
    (whole({"conditions": [PERFORMED]}), f"{C}.match"),
    (whole({"match": "all"}), f"{C}.conditions"),
    (whole({"match": "all", "conditions": []}), f"{C}.conditions"),
    (whole({"match": "all", "conditions": [{"type": "list"}]}), f"{C}.conditions[0].users"),
    (whole({"type": "performed"}), f"{C}.event"),
    (performed(event=""), f"{C}.event"),
    (performed(event=5), f"{C}.event"),
    (performed(event=[]), f"{C}.event"),
    (performed(event=["A", 5]), f"{C}.event[1]"),
    (performed(event="a\0b"), f"{C}.event"),
    (performed(event="a\ud800b"), f"{C}.event"),
    (performed(negate="yes"), f"{C}.negate"),
    (performed(negate=1), f"{C}.negate"),
    (performed(window=None), f"{C}.window"),
    (performed(window={}), f"{C}.window"),
    (performed(window={"overall": False}), f"{C}.window.overall"),
    (performed(window={"lst": 30, "unit": "day"}), f"{C}.window.lst"),
    (performed(window={"last": 30}), f"{C}.window.unit"),
    (performed(window={"last": 30, "unit": "days"}), f"{C}.window.unit"),
    (performed(window={"last": 30, "unit": "second"}), f"{C}.window.unit"),
    (performed(window={"last": 0, "unit": "day"}), f"{C}.window.last"),
    (performed(window={"last": 1.5, "unit": "day"}), f"{C}.window.last"),
    (performed(window={"last": "7", "unit": "day"}), f"{C}.window.last"),
    (performed(window={"last": True, "unit": "day"}), f"{C}.window.last"),
    (performed(window={"last": 10**400, "unit": "day"}), f"{C}.window.last"),
    (performed(window={"last": 7, "unit": "day", "n": 3}), f"{C}.window.n"),
    (performed(window={"overall": True, "last": 3}), f"{C}.window.last"),
    (performed(window={"ago": [30, 60], "unit": "day"}), f"{C}.window.ago"),
    (performed(window={"ago": [30, 30], "unit": "day"}), f"{C}.window.ago"),
    (performed(window={"ago": [30], "unit": "day"}), f"{C}.window.ago"),
    (performed(window={"ago": [30, -1], "unit": "day"}), f"{C}.window.ago[1]"),
    (performed(window={"full": 0, "unit": "day"}), f"{C}.window.full"),
    (performed(window={"this": "decade"}), f"{C}.window.this"),
    (performed(window={"from": "2026-02-01", "to": "2026-01-31"}), f"{C}.window"),
    (performed(window={"from": "2026-02-01T10:00", "to": "2026-02-01T10:00"}), f"{C}.window"),
    (performed(window={"from": "2026-02-30"}), f"{C}.window.from"),
    (performed(window={"from": "2026-W05"}), f"{C}.window.from"),
    (performed(window={"to": 20260101}), f"{C}.window.to"),
    (performed(window={"to": None}), f"{C}.window.to"),
    (performed(window={"after_first": "A", "n": 1, "unit": "day"}), f"{C}.window.after_first"),
    (performed(window={"after_first": {}, "n": 1, "unit": "day"}), f"{C}.window.after_first.event"),
    (performed(window={"after_first": EVENT, "unit": "day"}), f"{C}.window.n"),
    (performed(window={"after_first": EVENT, "n": 1, "unit": "month"}), f"{C}.window.unit"),
    (performed(times={"op": ">=", "value": -1}), f"{C}.times.value"),
    (performed(times={"op": ">=", "value": 1.5}), f"{C}.times.value"),
    (performed(times={"op": ">=", "value": True}), f"{C}.times.value"),
    (performed(times={"op": ">="}), f"{C}.times.value"),
    (performed(times={"value": 1}), f"{C}.times.op"),
    (performed(times={"op": "in", "value": 1}), f"{C}.times.op"),
    (performed(times={"op": "between", "value": [3, 1]}), f"{C}.times.value"),
    (performed(times={"op": "between", "value": 3}), f"{C}.times.value"),
    (performed(times={"op": "between", "value": [1, "3"]}), f"{C}.times.value[1]"),
    (performed(times=3), f"{C}.times"),
    (performed(where=[]), f"{C}.where"),
    (performed(where=FILTER), f"{C}.where"),
    (performed(where=[7]), f"{C}.where[0]"),
    (where(op="=="), f"{C}.where[0].op"),
    (where(scope="session"), f"{C}.where[0].scope"),
    (where(ignore_case=1), f"{C}.where[0].ignore_case"),
    (where(valeu=1), f"{C}.where[0].valeu"),
    (where(property=""), f"{C}.where[0].property"),
    (where(value=None), f"{C}.where[0].value"),
    (where(value=[1]), f"{C}.where[0].value"),
    (where(value={}), f"{C}.where[0].value.property"),
    (where(value={"property": "x", "y": 1}), f"{C}.where[0].value.y"),
    (where(value=float("nan")), f"{C}.where[0].value"),
    (where(value=float("inf")), f"{C}.where[0].value"),
    (where(value=10**5000), f"{C}.where[0].value"),
    (where(value="a\0"), f"{C}.where[0].value"),
    (where(op="in", value="JP"), f"{C}.where[0].value"),
    (where(op="in", value=[]), f"{C}.where[0].value"),
    (where(op="in", value=["JP", None]), f"{C}.where[0].value[1]"),
    (where(op="between", value=[2, 1]), f"{C}.where[0].value"),
    (where(op="between", value=["2026-01-02", "2026-01-01"]), f"{C}.where[0].value"),
    (where(op="between", value=[1, 2, 3]), f"{C}.where[0].value"),
    (where(op="exists", value=1), f"{C}.where[0].value"),
    (where(op="last", value=7), f"{C}.where[0].value"),
    (where(op="last", value={"n": 0, "unit": "day"}), f"{C}.where[0].value.n"),
    (where(op="matches", value="("), f"{C}.where[0].value"),
    (where(op="matches", value=5), f"{C}.where[0].value"),
    (performed(where=[{"any": []}]), f"{C}.where[0].any"),
    (performed(where=[{"any": [FILTER], "op": "="}]), f"{C}.where[0].op"),
    (performed(where=[{"any": [FILTER | {"op": "?"}]}]), f"{C}.where[0].any[0].op"),
    (whole(FILTER | {"type": "property", "scope": "event"}), f"{C}.scope"),
    (whole({"type": "property", "op": "=", "value": 1}), f"{C}.property"),
    (whole({"type": "cohort"}), f"{C}.cohort"),
    (whole({"type": "cohort", "cohort": 5}), f"{C}.cohort"),
    (whole({"type": "list", "users": []}), f"{C}.users"),
    (whole({"type": "list", "users": ["1", 2]}), f"{C}.users[1]"),
    (whole({"type": "query", "query": "songs", "op": ">", "value": 5}), f"{C}.query"),
    (whole({"type": "funnel", "funnel": "sign-up"}), f"{C}.funnel"),
    (whole({"type": "retention", "retention": "weekly", "outcome": "returned"}), f"{C}.retention"),
    (whole(without(MEASURE, "function")), f"{C}.function"),
    (whole(without(MEASURE, "property")), f"{C}.property"),
    (whole(MEASURE | {"function": "count"}), f"{C}.property"),
    (whole(MEASURE | {"value": "5"}), f"{C}.value"),
    (whole(MEASURE | {"value": True}), f"{C}.value"),
    (whole(MEASURE | {"op": "between", "value": [2, 1]}), f"{C}.value"),
    (whole(without(RATIO, "denominator")), f"{C}.denominator"),
    (whole(RATIO | {"numerator": {"event": "A"}}), f"{C}.numerator.function"),
    (whole(LIFECYCLE | {"state": "old"}), f"{C}.state"),
    (whole(without(LIFECYCLE, "period")), f"{C}.period"),
    (whole(LIFECYCLE | {"window": {"overall": True}}), f"{C}.window"),
    (funnel(steps=[EVENT]), f"{C}.steps"),
    (funnel(steps=[EVENT] * 11), f"{C}.steps"),
    (funnel(steps=[EVENT, {}]), f"{C}.steps[1].event"),
    (funnel(within={"n": 1, "unit": "month"}), f"{C}.within.unit"),
    (funnel(order="loose"), f"{C}.order"),
    (funnel(outcome="lost"), f"{C}.outcome"),
    (funnel(outcome={}), f"{C}.outcome"),
    (funnel(outcome={"converted_on": 4}), f"{C}.outcome.converted_on"),
    (funnel(outcome={"dropped_at": 1}), f"{C}.outcome.dropped_at"),
    (funnel(outcome={"dropped_before": 2}), f"{C}.outcome.dropped_before"),
    (funnel(outcome={"converted_on": 1, "dropped_at": 2}), f"{C}.outcome.dropped_at"),
    (funnel(order="any", outcome={"converted_on": 1}), f"{C}.outcome"),
    (funnel(order="any", exclude=[EVENT | {"between": [1, 2]}]), f"{C}.exclude"),
    (funnel(exclude=[EVENT]), f"{C}.exclude[0].between"),
    (funnel(exclude=[EVENT | {"between": [1, 3]}]), f"{C}.exclude[0].between"),
    (funnel(exclude=[EVENT | {"between": [3, 4]}]), f"{C}.exclude[0].between"),
    (whole({"type": "retention", "start": EVENT, "return": EVENT, "unit": "day"}), f"{C}.outcome"),
    (retention(unit="year"), f"{C}.unit"),
    (retention(outcome={"retained_on": -1}), f"{C}.outcome.retained_on"),
    (retention(outcome={"retained_between": [3, 1]}), f"{C}.outcome.retained_between"),
    (retention(start={}), f"{C}.start.event"),
    (retention(**{"return": "A"}), f"{C}.return"),
]


@pytest.mark.parametrize(("data", "path"), BAD, ids=[path for _, path in BAD])
def test_it_tells_one_mistake_at_its_path(data: object, path: str) -> None:
    found = problems_of(data)
    assert list(found) == [path]
    assert found[path][-1] in ".?"
    for jargon in ("Input should", "validation", "NoneType", "dict", "Extra inputs"):
        assert jargon not in found[path]


def test_it_tells_all_mistakes_at_once() -> None:
    found = problems_of(
        whole(
            PERFORMED | {"window": {"last": -3, "unit": "dy"}, "wher": []},
            {"type": "property", "property": "plan", "op": "is"},
            matching="all",
        )
        | {"version": 9}
    )
    assert set(found) == {
        "version",
        "conditions[0].window.last",
        "conditions[0].window.unit",
        "conditions[0].wher",
        "conditions[1].op",
        "matching",
    }
    assert "Did you mean “where”?" in found["conditions[0].wher"]


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = PERFORMED
    for _ in range(depth):
        node = {"match": "all", "conditions": [node]}
    return whole(node)


def test_ten_groups_deep_is_possible_and_eleven_are_not() -> None:
    parse_definition(nested(10))
    assert list(problems_of(nested(11))) == [".".join(["conditions[0]"] * 11)]


def test_two_hundred_conditions_are_possible_and_one_more_is_not() -> None:
    group = {"match": "any", "conditions": [PERFORMED] * 100}
    parse_definition(whole(group, group))
    assert list(problems_of(whole(group, group, PERFORMED))) == ["conditions"]


def test_it_survives_thousands_of_levels() -> None:
    assert len(problems_of(nested(5000))) == 1
    node: dict[str, Any] = FILTER
    for _ in range(5000):
        node = {"any": [node]}
    assert len(problems_of(performed(where=[node]))) == 1
    value: Any = 1
    for _ in range(5000):
        value = [value]
    assert len(problems_of(where(value=value))) == 1
    assert len(problems_of(whole(PERFORMED, x=value))) == 1


def test_no_problem_repeats_a_list_of_ids() -> None:
    (message,) = problems_of(performed(event={"users": ["secret-id"]})).values()
    assert "secret-id" not in message


def test_a_path_is_printable_whatever_the_key() -> None:
    for path in problems_of(whole(PERFORMED, **{"\ud800\n\x1b[31m": 1})):
        assert is_showable(path)
        path.encode()


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from((10**400, -(10**999), "2026-01-01", "\0", "\ud800", "9999-12-31")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths_into(value: Any, path: tuple = ()) -> list[tuple]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path] + [p for key, item in items for p in paths_into(item, (*path, key))]


def replaced(value: Any, path: tuple, new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_it_refuses_in_one_way_whatever_stands_anywhere(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from(GOOD))
    path = data.draw(st.sampled_from(paths_into(good)))
    changed = replaced(good, path, data.draw(JSON_VALUES))
    try:
        parse_definition(changed)
    except DefinitionError as caught:
        error = caught
    else:
        return
    assert error.problems
    assert str(error).encode()


@pytest.mark.parametrize(
    "pattern",
    [
        "a(?=b)",
        "a(?!b)",
        "(?<=a)b",
        "(?<!a)b",
        "(a)\\1",
        "(?P<n>a)(?P=n)",
        "(?>a)",
        "a++",
        "a{2}+",
        "(a)(?(1)b|c)",
        "\\Aa\\Z",
        "(?x)a b",
        "a{1001}",
        "(a{100}){100}",
        "[[:alpha:]]",
        "a{,3}",
        "\\u0041",
        "(?#note)a",
        "[",
        "*",
        "(" * 3000,
        "a{99999999999999999999}",
        "\\",
    ],
)
def test_a_pattern_has_to_mean_the_same_everywhere(pattern: str) -> None:
    assert list(problems_of(where(op="matches", value=pattern))) == [f"{C}.where[0].value"]


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", '{"a": 1' * 3000, "[" * 100_000, b"\xff"])
def test_text_that_is_not_json_is_refused_alike(text: str | bytes) -> None:
    with pytest.raises(DefinitionError):
        load_definition(text)


def test_numbers_of_any_length_are_refused_alike() -> None:
    with pytest.raises(DefinitionError):
        load_definition("1" * 5000)
