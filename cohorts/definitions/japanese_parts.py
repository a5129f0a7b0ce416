"""Japanese for what conditions are made of: events, filters, numbers, windows.

What is told ends in a plain form, so that a noun can follow; `go_on` makes of it the form that
another clause follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from cohorts.definitions.english_parts import shorten, tell_number
from cohorts.definitions.nodes import (
    AfterFirst,
    Ago,
    AnyFilter,
    Comparison,
    Events,
    Filter,
    FilterNode,
    FromTo,
    Full,
    Last,
    Measurement,
    Moment,
    OtherProperty,
    Overall,
    Scalar,
    Span,
    This,
    Window,
)
from cohorts.definitions.operators import COMPARATORS

_UNITS = {
    "second": "秒",
    "minute": "分",
    "hour": "時間",
    "day": "日",
    "week": "週間",
    "month": "か月",
    "quarter": "四半期",
    "year": "年",
}
# A length that could be read as a date says that it is a length.
_LENGTHS = _UNITS | {"minute": "分間", "second": "秒間", "day": "日間", "year": "年間"}
_COUNTED_UNITS = {"day": "日", "week": "週", "month": "か月"}
_THIS = {
    "hour": "現在の時間帯",
    "day": "今日",
    "week": "今週",
    "month": "今月",
    "quarter": "今四半期",
    "year": "今年",
}
_FUNCTIONS = {
    "count": "{events}の回数",
    "sum": "{events}の{property}の合計",
    "avg": "{events}の{property}の平均",
    "min": "{events}の{property}の最小値",
    "max": "{events}の{property}の最大値",
    "median": "{events}の{property}の中央値",
    "unique": "{events}の{property}の種類数",
    "active_days": "{events}があった日数",
    "active_weeks": "{events}があった週数",
    "active_months": "{events}があった月数",
}
# What follows the property; {} is the value.
_OPERATORS = {
    "=": "が{}である",
    "!=": "が{}ではない",
    ">": "が{}より大きい",
    ">=": "が{}以上である",
    "<": "が{}より小さい",
    "<=": "が{}以下である",
    "between": "が{}である",
    "in": "が{}のいずれかである",
    "not_in": "が{}のいずれでもない",
    "contains": "が{}を含む",
    "not_contains": "が{}を含まない",
    "starts_with": "が{}で始まる",
    "ends_with": "が{}で終わる",
    "matches": "が正規表現{}に一致する",
    "before": "が{}より前である",
    "after": "が{}より後である",
    "last": "が直近{}に含まれる",
    "not_last": "が直近{}に含まれない",
    "exists": "が存在する",
    "not_exists": "が存在しない",
}
_COMPARED = {
    "=": "が{}である",
    "!=": "が{}ではない",
    ">": "が{}より大きい",
    ">=": "が{}以上である",
    "<": "が{}未満である",
    "<=": "が{}以下である",
}


# The ends of all that is told, each before those it ends with.
_CONTINUED = {
    "していない": "しておらず",
    "満たさない": "満たさず",
    "当てはまらない": "当てはまらず",
    "含まれない": "含まれず",
    "含まない": "含まず",
    "存在しない": "存在せず",
    "ではない": "ではなく",
    "でもない": "でもなく",
    "である": "であり",
    "満たす": "満たし",
    "当てはまる": "当てはまり",
    "含まれる": "含まれ",
    "含む": "含み",
    "始まる": "始まり",
    "終わる": "終わり",
    "一致する": "一致し",
    "存在する": "存在し",
    "大きい": "大きく",
    "小さい": "小さく",
    "した": "し",
}


def go_on(told: str) -> str:
    for end, continued in _CONTINUED.items():
        if told.endswith(end):
            return told.removesuffix(end) + continued
    raise ValueError("a clause that cannot go on")


def join(clauses: Sequence[str], *, all_hold: bool) -> str:
    """All of the clauses, or any of them, in a plain form again."""
    *first, last = clauses
    if all_hold:
        return "".join(f"{go_on(each)}、かつ" for each in first) + last
    return "".join(f"{each}か、または" for each in first) + last


def quote_ja(text: str) -> str:
    return f"「{shorten(text)}」"


# --- events and filters


def name_any(events: Events) -> str:
    """The names alone, for a label."""
    if events.names is None:
        return "任意のイベント"
    return shorten("または".join(events.names))


def tell_events(events: Events) -> str:
    if events.names is None:
        told = "任意のイベント"
    else:
        told = "または".join(shorten(name) for name in events.names)
    if events.where:
        filters = join([tell_filter(node) for node in events.where], all_hold=True)
        told += f"(条件: {filters})"
    return told


def tell_filter(node: FilterNode) -> str:
    if isinstance(node, AnyFilter):
        return f"({join([tell_filter(child) for child in node.filters], all_hold=False)})を満たす"
    return f"{shorten(node.property)}{_OPERATORS[node.op].format(_tell_value(node))}"


def _tell_value(node: Filter) -> str:
    match node.value:
        case None:
            return ""
        case Span():
            return _length(node.value.n, node.value.unit)
        case OtherProperty(name=name):
            owner = "同じイベント" if node.scope == "event" else "同じユーザー"
            return f"{owner}の{shorten(name)}"
        case (low, high) if node.op == "between":
            return f"{_tell_scalar(low)}以上{_tell_scalar(high)}以下"
        case tuple():
            shown = [_tell_scalar(item) for item in node.value[:5]]
            more = len(node.value) - len(shown)
            return "、".join(shown) + (f"、ほか{more:,}件" if more else "")
        case _:
            return _tell_scalar(node.value)


def _tell_scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote_ja(value) if isinstance(value, str) else tell_number(value)


# --- numbers


def find_count_words(times: Comparison) -> str | None:
    """How often someone does something, such as “3回以上”; None where only the number of times
    can be spoken of."""
    n = "" if isinstance(times.value, tuple) else tell_number(times.value)
    return {"=": f"ちょうど{n}回", ">": f"{n}回より多く", ">=": f"{n}回以上"}.get(times.op)


def compare_words(comparison: Comparison, counter: str = "") -> str:
    """`counter` is what is counted in, such as “回”."""
    if isinstance(comparison.value, tuple):
        low, high = map(tell_number, comparison.value)
        return f"が{low}{counter}以上{high}{counter}以下である"
    return _COMPARED[comparison.op].format(f"{tell_number(comparison.value)}{counter}")


def label_comparison(comparison: Comparison) -> str:
    if isinstance(comparison.value, tuple):
        low, high = map(tell_number, comparison.value)
        return f"{low}〜{high}"
    return f"{COMPARATORS[comparison.op][0]} {tell_number(comparison.value)}"


def tell_measurement(measurement: Measurement) -> str:
    return _FUNCTIONS[measurement.function].format(
        events=tell_events(measurement.events), property=shorten(measurement.property or "")
    )


def label_measurement(measurement: Measurement) -> str:
    return _FUNCTIONS[measurement.function].format(
        events=name_any(measurement.events), property=shorten(measurement.property or "")
    )


# --- time


def tell_span(span: Span) -> str:
    return f"{tell_number(span.n)}{_UNITS[span.unit]}"


def tell_window(window: Window) -> str:
    """Empty for the overall window."""
    match window:
        case Overall():
            return ""
        case Last(n=n, unit=unit):
            return f"直近{_length(n, unit)}"
        case Ago(start=start, end=0, unit=unit):
            return f"{_ago(start, unit)}から現在まで"
        case Ago(start=start, end=end, unit=unit):
            return f"{_ago(start, unit)}から{_ago(end, unit)}まで"
        case Full(n=n, unit=unit):
            return f"直近の完了した{_length(n, unit)}"
        case This(unit=unit):
            return _THIS[unit]
        case FromTo(start=start, end=end):
            return _tell_range(start, end)
        case AfterFirst(events=events, n=n, unit=unit):
            return f"最初の{tell_events(events)}から{tell_span(Span(n=n, unit=unit))}以内"
        case _:
            assert_never(window)


def tell_during(window: Window) -> str:
    """When something was done, before what was done."""
    told = tell_window(window)
    if not told or isinstance(window, This):
        return told
    return f"{tell_interval(window)}に"


def tell_interval(window: Window) -> str:
    """The window as a noun."""
    told = tell_window(window)
    return f"{told}の間" if told.endswith("まで") else told


def tell_within(window: Window) -> str:
    """Before the name of what happened in the window."""
    told = tell_window(window)
    return f"{told}の" if told else ""


def label_window(window: Window) -> str:
    return "全期間" if isinstance(window, Overall) else tell_window(window)


def name_unit(n: int, unit: str) -> str:
    """The nth unit after a start, such as “3日目”."""
    return f"{tell_number(n)}{_COUNTED_UNITS[unit]}目"


def _length(n: int, unit: str) -> str:
    return f"{tell_number(n)}{_LENGTHS[unit]}"


def _ago(n: int, unit: str) -> str:
    return f"{tell_number(n)}{_UNITS[unit]}前"


def _tell_range(start: Moment | None, end: Moment | None) -> str:
    if end is None:
        return f"{_spell(start)}以降"
    # A date is the whole day; a date-time is the first instant that no longer counts.
    until = f"{_spell(end)}の直前まで" if isinstance(end, datetime) else f"{_spell(end)}まで"
    return until if start is None else f"{_spell(start)}から{until}"


def _spell(moment: Moment | None) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat(sep=" ")
    return "" if moment is None else f"{moment.year}年{moment.month}月{moment.day}日"
