"""Definitions in Japanese words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from cohorts.definitions.describe import describe, describe_filter, label_condition, list_chips
from cohorts.definitions.japanese_parts import go_on, tell_filter
from cohorts.definitions.nodes import Filter, Group
from cohorts.definitions.operators import FUNCTIONS, OPERATORS, UNITS
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import is_showable
from tests.cohorts.definitions.test_describe import COUNT, FILTER, PERFORMED, whole
from tests.cohorts.sql.strategies import definitions
from tests.cohorts.sql.test_against_naive import relaxed

A_B = [{"event": "A"}, {"event": "B"}]
A_B_C = [*A_B, {"event": "C"}]
RETENTION = {"type": "retention", "start": {"event": "A"}, "return": {"event": "B"}, "unit": "day"}


def tell(*conditions: dict[str, Any], **changes: Any) -> str:
    definition = parse_definition(whole(*conditions, **changes))
    return describe(definition, language="ja", names={"vip": "優良顧客"})


def times(op: str, value: Any) -> dict[str, Any]:
    return PERFORMED | {"times": {"op": op, "value": value}}


def within(**window: Any) -> dict[str, Any]:
    return PERFORMED | {"window": window}


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (PERFORMED, "Songを実行した"),
        (PERFORMED | {"negate": True}, "Songを実行していない"),
        (times("=", 0), "Songを実行していない"),
        (times("=", 0) | {"negate": True}, "Songを実行した"),
        (times(">=", 3), "Songを3回以上実行した"),
        (times(">", 1000), "Songを1,000回より多く実行した"),
        (times("=", 2), "Songをちょうど2回実行した"),
        (times("<", 2), "Songを実行した回数が2回未満である"),
        (times("<=", 2), "Songを実行した回数が2回以下である"),
        (times("!=", 2), "Songを実行した回数が2回ではない"),
        (times("between", [1, 3]), "Songを実行した回数が1回以上3回以下である"),
        (times(">=", 3) | {"negate": True}, "Songを3回以上実行したという条件を満たさない"),
        (within(last=30, unit="day"), "直近30日間にSongを実行した"),
        (within(last=2, unit="quarter"), "直近2四半期にSongを実行した"),
        (within(ago=[60, 30], unit="day"), "60日前から30日前までの間にSongを実行した"),
        (within(ago=[2, 0], unit="week"), "2週間前から現在までの間にSongを実行した"),
        (within(full=1, unit="month"), "直近の完了した1か月にSongを実行した"),
        (within(this="month"), "今月Songを実行した"),
        (within(**{"from": "2026-01-01"}), "2026年1月1日以降にSongを実行した"),
        (within(to="2026-01-31"), "2026年1月31日までの間にSongを実行した"),
        (
            within(**{"from": "2026-01-01T10:00", "to": "2026-01-31T09:00"}),
            ("2026-01-01 10:00:00から2026-01-31 09:00:00の直前までの間にSongを実行した"),
        ),
        (
            within(after_first={"event": "Sign Up"}, n=7, unit="day"),
            "最初のSign Upから7日以内にSongを実行した",
        ),
        (
            PERFORMED | {"event": ["A", "B"], "where": [FILTER, {"any": [FILTER, FILTER]}]},
            (
                "AまたはB(条件: countryが「JP」であり、かつ"
                "(countryが「JP」であるか、またはcountryが「JP」である)を満たす)を実行した"
            ),
        ),
        (
            {"type": "measure", "event": "Pay", "function": "sum", "property": "amount"}
            | {"op": ">", "value": 1250.5, "window": {"last": 1, "unit": "year"}},
            "直近1年間のPayのamountの合計が1250.5より大きい",
        ),
        (
            {"type": "ratio", "numerator": COUNT, "denominator": COUNT, "op": "<", "value": 1000},
            "Songの回数をSongの回数で割った値が1,000未満である",
        ),
        (
            {"type": "funnel", "steps": A_B, "within": {"n": 1, "unit": "hour"}},
            "1時間以内にA → Bを完了した",
        ),
        (
            {"type": "funnel", "steps": A_B_C, "outcome": {"converted_on": 2}},
            "A → B → Cのステップ2に到達した",
        ),
        (
            {"type": "funnel", "steps": A_B_C, "outcome": {"dropped_at": 2}, "negate": True},
            "A → B → Cのステップ2で離脱したという条件を満たさない",
        ),
        (
            {"type": "funnel", "steps": A_B_C, "outcome": {"dropped_before": 3}},
            "A → B → Cのステップ3より前で離脱した",
        ),
        ({"type": "funnel", "steps": A_B, "order": "any"}, "A、Bを順不同ですべて実行した"),
        (RETENTION | {"outcome": "returned"}, "Aの後にBで復帰した"),
        (RETENTION | {"outcome": {"retained_on": 4}}, "Aから数えて4日目にBで復帰した"),
        (
            RETENTION | {"outcome": {"retained_between": [1, 7]}, "unit": "week"},
            "Aから数えて1週目から7週目までの間にBで復帰した",
        ),
        (
            RETENTION | {"outcome": {"retained_since": 2}, "unit": "month"},
            "Aから数えて2か月目以降にBで復帰した",
        ),
        (RETENTION | {"outcome": "not_retained"}, "Aの後にBで復帰していない"),
        (
            RETENTION | {"outcome": {"not_retained_on": 1}, "window": {"this": "week"}},
            "今週のAから数えて1日目にBで復帰していない",
        ),
        (
            {"type": "lifecycle", "state": "dormant", "period": {"n": 7, "unit": "day"}},
            "7日を1期間として「休眠」である",
        ),
        (
            {"type": "first_time", "event": "A", "window": {"this": "week"}},
            "初めてAを実行したのが今週である",
        ),
        ({"type": "last_time", "event": "A"}, "最後にAを実行したのが全期間内である"),
        (
            {"type": "property"} | FILTER | {"op": "in", "value": list("abcdefg")},
            "countryが「a」、「b」、「c」、「d」、「e」、ほか2件のいずれかである",
        ),
        (
            {"type": "property"} | FILTER | {"negate": True},
            "countryが「JP」であるという条件を満たさない",
        ),
        (
            {"type": "property", "property": "age", "op": "between", "value": [18, 30]},
            "ageが18以上30以下である",
        ),
        (
            {"type": "property", "property": "joined", "op": "not_last"}
            | {"value": {"n": 7, "unit": "day"}},
            "joinedが直近7日間に含まれない",
        ),
        (
            {"type": "property", "property": "city", "op": "=", "value": {"property": "home"}},
            "cityが同じユーザーのhomeである",
        ),
        ({"type": "cohort", "cohort": "vip"}, "コホート「優良顧客」に含まれる"),
        ({"type": "cohort", "cohort": "vip", "negate": True}, "コホート「優良顧客」に含まれない"),
        ({"type": "list", "users": ["1", "2"]}, "2人のリストに含まれる"),
    ],
)
def test_it_tells_a_condition(condition: dict[str, Any], told: str) -> None:
    assert tell(condition) == f"{told}ユーザー。"


def test_it_tells_groups_filters_and_the_date_range() -> None:
    group = {"match": "any", "conditions": [PERFORMED, PERFORMED], "negate": True}
    told = tell(
        PERFORMED,
        group,
        global_filter=[FILTER | {"scope": "event", "op": "!="}, FILTER | {"scope": "user"}],
        date_range={"last": 90, "unit": "day"},
    )
    assert told == (
        "Songを実行し、かつ(Songを実行したか、またはSongを実行した)に当てはまらないユーザー。"
        "countryが「JP」ではないイベントだけを数える。対象は、countryが「JP」であるユーザーだけ。"
        "全期間とは、直近90日間を指す。"
    )


def test_conditions_of_which_one_is_enough_are_joined_by_or() -> None:
    assert tell(PERFORMED, PERFORMED, match="any") == (
        "Songを実行したか、またはSongを実行したユーザー。"
    )


def test_labels_and_chips_are_japanese() -> None:
    condition = PERFORMED | {"times": {"op": ">", "value": 5}, "window": {"last": 7, "unit": "day"}}
    definition = parse_definition(whole(condition, {"type": "cohort", "cohort": "vip"}))
    performed, cohort = definition.conditions
    assert not isinstance(performed, Group)
    assert not isinstance(cohort, Group)
    assert label_condition(performed, language="ja-JP") == ("Song > 5", "直近7日間")
    assert label_condition(cohort, language="ja", names={"vip": "優良顧客"}) == (
        "コホート「優良顧客」",
        "",
    )
    assert list_chips(definition, language="ja") == ("Song > 5", "コホート「vip」")


@pytest.mark.parametrize("op", OPERATORS)
def test_every_operator_has_words_that_a_sentence_can_go_on_from(op: str) -> None:
    told = tell_filter(Filter(property="p", op=op, value=None, scope="user"))
    assert go_on(told) != told
    assert describe_filter(Filter(property="p", op=op, value=None, scope="user"), language="ja")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_function_and_unit_has_a_word(function: str, unit: str) -> None:
    measure = {"type": "measure", "event": "A", "function": function, "op": ">", "value": 1}
    if function in ("sum", "avg", "min", "max", "median", "unique"):
        measure["property"] = "amount"
    told = tell(measure | {"window": {"last": 3, "unit": unit}})
    assert is_showable(told)
    assert unit not in told
    assert tell(measure | {"window": {"this": unit}}) != told


@relaxed
@given(definitions())
def test_it_is_never_at_a_loss_for_words(data: dict[str, Any]) -> None:
    definition = parse_definition(data)
    told = describe(definition, language="ja")
    assert told.endswith("。")
    assert all(list_chips(definition, language="ja"))
