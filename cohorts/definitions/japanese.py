"""Definitions in Japanese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from cohorts.definitions.english_parts import shorten
from cohorts.definitions.japanese_parts import (
    compare_words,
    find_count_words,
    join,
    label_comparison,
    label_measurement,
    label_window,
    name_any,
    name_unit,
    quote_ja,
    tell_during,
    tell_events,
    tell_filter,
    tell_interval,
    tell_measurement,
    tell_span,
    tell_within,
)
from cohorts.definitions.nodes import (
    Condition,
    Definition,
    FirstTime,
    Funnel,
    Group,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Overall,
    Performed,
    Ratio,
    Retention,
)
from cohorts.definitions.walk import flatten_filter

_STATES = {"new": "新規", "returning": "継続", "resurrected": "復活", "dormant": "休眠"}


def tell_definition(definition: Definition, names: Mapping[str, str]) -> str:
    parts = [f"{_join(definition.match, definition.conditions, names)}ユーザー。"]
    for node in definition.global_filter:
        is_event = next(flatten_filter(node)).scope == "event"
        told = tell_filter(node)
        parts.append(
            f"{told}イベントだけを数える。" if is_event else f"対象は、{told}ユーザーだけ。"
        )
    if not isinstance(definition.date_range, Overall):
        parts.append(f"全期間とは、{tell_interval(definition.date_range)}を指す。")
    return "".join(parts)


def label_leaf(leaf: Leaf, names: Mapping[str, str]) -> tuple[str, str]:
    match leaf:
        case Performed():
            title = f"{name_any(leaf.events)} {label_comparison(leaf.times)}"
        case Measure():
            title = f"{label_measurement(leaf.measurement)} {label_comparison(leaf.comparison)}"
        case Ratio():
            above, below = label_measurement(leaf.numerator), label_measurement(leaf.denominator)
            title = f"{above} ÷ {below} {label_comparison(leaf.comparison)}"
        case Funnel():
            title = " → ".join(name_any(step) for step in leaf.steps)
        case Retention():
            title = f"{name_any(leaf.start)} ↻ {name_any(leaf.returning)}"
        case Lifecycle():
            return _STATES[leaf.state], f"{tell_span(leaf.period)}単位"
        case FirstTime():
            title = f"初回の{name_any(leaf.events)}"
        case LastTime():
            title = f"最後の{name_any(leaf.events)}"
        case HasProperty():
            return shorten(tell_filter(leaf.filter)), ""
        case InCohort():
            return f"コホート{quote_ja(names.get(leaf.cohort, leaf.cohort))}", ""
        case InList():
            return f"{leaf.size:,}人のリスト", ""
        case _:
            assert_never(leaf)
    return title, label_window(leaf.window)


def _join(match: str, conditions: Sequence[Condition], names: Mapping[str, str]) -> str:
    told = [_tell_condition(condition, names) for condition in conditions]
    return join(told, all_hold=match == "all")


def _tell_condition(condition: Condition, names: Mapping[str, str]) -> str:
    if isinstance(condition, Group):
        inner = _join(condition.match, condition.conditions, names)
        return f"({inner})に{'当てはまらない' if condition.negate else '当てはまる'}"
    return _tell_leaf(condition, names)


def _tell_leaf(leaf: Leaf, names: Mapping[str, str]) -> str:
    match leaf:
        case Performed():
            return _tell_performed(leaf)
        case InCohort():
            verb = "含まれない" if leaf.negate else "含まれる"
            return f"コホート{quote_ja(names.get(leaf.cohort, leaf.cohort))}に{verb}"
        case InList():
            return f"{leaf.size:,}人のリストに{'含まれない' if leaf.negate else '含まれる'}"
        case HasProperty():
            told = tell_filter(leaf.filter)
        case Measure():
            what = tell_measurement(leaf.measurement)
            told = f"{tell_within(leaf.window)}{what}{compare_words(leaf.comparison)}"
        case Ratio():
            above, below = tell_measurement(leaf.numerator), tell_measurement(leaf.denominator)
            what = f"{above}を{below}で割った値"
            told = f"{tell_within(leaf.window)}{what}{compare_words(leaf.comparison)}"
        case Funnel():
            told = _tell_funnel(leaf)
        case Retention():
            told = _tell_retention(leaf)
        case Lifecycle():
            events = "" if leaf.events.names is None else f"{tell_events(leaf.events)}について"
            told = f"{tell_span(leaf.period)}を1期間として{events}「{_STATES[leaf.state]}」である"
        case FirstTime():
            told = _tell_time(leaf, "初めて")
        case LastTime():
            told = _tell_time(leaf, "最後に")
        case _:
            assert_never(leaf)
    return _deny(told) if leaf.negate else told


def _deny(told: str) -> str:
    return f"{told}という条件を満たさない"


def _tell_performed(leaf: Performed) -> str:
    events, times, during = tell_events(leaf.events), leaf.times, tell_during(leaf.window)
    never = (times.op, times.value) in (("=", 0), ("<", 1), ("<=", 0))
    at_least_once = (times.op, times.value) in ((">=", 1), (">", 0), ("!=", 0))
    if never or at_least_once:
        did = "実行した" if leaf.negate == never else "実行していない"
        return f"{during}{events}を{did}"
    often = find_count_words(times)
    if often is None:
        told = f"{during}{events}を実行した回数{compare_words(times, '回')}"
    else:
        told = f"{during}{events}を{often}実行した"
    return _deny(told) if leaf.negate else told


def _tell_time(leaf: FirstTime | LastTime, when: str) -> str:
    events, interval = tell_events(leaf.events), tell_interval(leaf.window)
    if not interval:
        interval = "全期間内"
    return f"{when}{events}を実行したのが{interval}である"


def _tell_funnel(leaf: Funnel) -> str:
    limits = tell_during(leaf.window)
    if leaf.within is not None:
        limits += f"{tell_span(leaf.within)}以内に"
    for exclusion in leaf.exclude:
        between = f"ステップ{exclusion.after}と{exclusion.after + 1}の間に"
        limits += f"{between}{tell_events(exclusion.events)}を挟まずに"
    if leaf.order == "exact":
        limits += "間に他のイベントを挟まずに"
    return f"{limits}{_tell_outcome(leaf)}"


def _tell_outcome(leaf: Funnel) -> str:
    step = leaf.outcome.step
    if leaf.order == "any":
        return f"{'、'.join(tell_events(each) for each in leaf.steps)}を順不同ですべて実行した"
    steps = " → ".join(tell_events(each) for each in leaf.steps)
    match leaf.outcome.kind:
        case "converted_on" if step >= len(leaf.steps):
            return f"{steps}を完了した"
        case "converted_on":
            return f"{steps}のステップ{step}に到達した"
        case "dropped_at":
            return f"{steps}のステップ{step}で離脱した"
        case "dropped_before":
            return f"{steps}のステップ{step}より前で離脱した"
        case _:
            assert_never(leaf.outcome.kind)


def _tell_retention(leaf: Retention) -> str:
    first, last = leaf.outcome.first or 0, leaf.outcome.last or 0
    start = f"{tell_within(leaf.window)}{tell_events(leaf.start)}"
    back = tell_events(leaf.returning)
    nth = name_unit(first, leaf.unit)
    match leaf.outcome.kind:
        case "returned":
            return f"{start}の後に{back}で復帰した"
        case "retained_on":
            return f"{start}から数えて{nth}に{back}で復帰した"
        case "retained_between":
            until = name_unit(last, leaf.unit)
            return f"{start}から数えて{nth}から{until}までの間に{back}で復帰した"
        case "retained_since":
            return f"{start}から数えて{nth}以降に{back}で復帰した"
        case "not_retained":
            return f"{start}の後に{back}で復帰していない"
        case "not_retained_on":
            return f"{start}から数えて{nth}に{back}で復帰していない"
        case _:
            assert_never(leaf.outcome.kind)
