"""Leaf expressions for BigQuery. Times are TIMESTAMP, also those on a wall clock: read as UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce

from sqlglot import exp

from cohorts.sql.bounded_times import move
from cohorts.sql.decimal_sums import sum_as_decimals
from cohorts.sql.dialect import DAYS_BEFORE_1970, Dialect
from cohorts.sql.expressions import (
    Expr,
    call,
    certain,
    compare,
    is_one_of,
    text,
    when,
    whole,
)
from cohorts.sql.json_paths import Step, read_path
from cohorts.sql.json_times import INSTANT, spell_instant
from cohorts.sql.large_numbers import spell_large_numbers

_DAY = 86_400


class BigQuery(Dialect):
    label = "BigQuery"
    sqlglot = "bigquery"

    def read(self, value: Expr, kind: str) -> Expr:
        types = {"text": "TEXT", "json": "TEXT", "time": "TIMESTAMPTZ"}
        return _cast(value, types[kind]) if kind in types else value

    def timestamp(self, instant: datetime) -> Expr:
        return _cast(text(instant.astimezone(UTC).isoformat(sep=" ")), "TIMESTAMPTZ")

    def contains(self, value: Expr, part: Expr) -> Expr:
        return compare(call("strpos", value, part), ">", whole(0))

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("starts_with", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        return call("ends_with", value, part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        return call("regexp_contains", value, text(("(?i)" if ignore_case else "") + pattern))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return exp.Case(
            ifs=[
                exp.If(this=_has_type(place, "string", "boolean"), true=_scalar(place)),
                exp.If(this=_has_type(place, "number"), true=_spelled(place)),
            ]
        )

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return when(_has_type(place, "string"), _scalar(place))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        double = exp.TryCast(this=_scalar(place), to=exp.DataType.build("DOUBLE"), safe=True)
        return when(_has_type(place, "number"), double)

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return when(_has_type(place, "boolean"), compare(_scalar(place), "=", text("true")))

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        is_time = self.matches(spelled.copy(), INSTANT, ignore_case=False)
        instant = exp.TryCast(
            this=spell_instant(spelled, _extract),
            to=exp.DataType.build("TIMESTAMPTZ"),
            safe=True,
        )
        return when(is_time, instant)

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return certain(_is_there(_at(value, path)))

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        as_number = _cast(self.json_number(value, path), "TEXT")
        other = when(_is_there(place), _spelled(place))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = call("date", wall, text("UTC"))
        if unit == "month":
            year = exp.Extract(this=exp.Var(this="YEAR"), expression=day)
            month = exp.Extract(this=exp.Var(this="MONTH"), expression=day.copy())
            return exp.Add(this=exp.Mul(this=year, expression=whole(12)), expression=month)
        days = exp.Add(this=call("unix_date", day), expression=whole(DAYS_BEFORE_1970))
        return exp.Paren(this=days) if unit == "day" else call("div", days, whole(7))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        wall = call("timestamp", call("datetime", instant, text(zone)), text("UTC"))
        # Within a day of the ends of the calendar there is no other wall clock.
        near = move(instant, _DAY, wall, self.timestamp)
        return move(instant, -_DAY, near, self.timestamp)

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        interval = exp.Interval(this=whole(seconds), unit=exp.Var(this="SECOND"))
        moved = call("timestamp_add", instant, interval)
        return move(instant, seconds, moved, self.timestamp)

    def sum(self, value: Expr) -> Expr:
        decimal = exp.DataType.build("BIGDECIMAL")
        return sum_as_decimals(value, decimal, lambda size: call("log10", size))

    def median(self, value: Expr) -> Expr:
        """The middle two of the sorted values: the engine's own is not exact, or no aggregate."""
        double = _cast(value, "DOUBLE")
        order = exp.Order(this=double.copy(), expressions=[exp.Ordered(this=double.copy())])
        ordered = exp.ArrayAgg(this=exp.IgnoreNulls(this=order))
        count = exp.Count(this=double.copy())
        before = exp.Sub(this=count, expression=whole(1))
        halves = [
            exp.Div(this=_element(ordered, call("div", n.copy(), whole(2))), expression=whole(2))
            for n in (before, count)
        ]
        return exp.Paren(this=exp.Add(this=halves[0], expression=halves[1]))

    def finish(self, query: Expr) -> Expr:
        """Nothing that is ordered by is NULL, and the engine cannot say in a window where those
        go: without a word they come first."""
        for ordered in query.find_all(exp.Ordered):
            if not ordered.args.get("desc"):
                ordered.set("nulls_first", True)
        return spell_large_numbers(query, exp.DataType.build("BIGDECIMAL"))


def _extract(value: Expr, pattern: str) -> Expr:
    """What the one group holds."""
    return call("regexp_extract", value, text(pattern))


def _at(value: Expr, path: Sequence[str]) -> Expr:
    """The place in JSON that is kept as text, NULL where the text is none."""
    mode = exp.Kwarg(this=exp.Var(this="wide_number_mode"), expression=text("round"))
    parse = call("parse_json", _cast(value.copy(), "TEXT"), mode)
    document: Expr = exp.Dot(this=exp.Var(this="SAFE"), expression=parse)
    places = [reduce(_get, steps, document.copy()) for steps in read_path(path)]
    return exp.Coalesce(this=places[0], expressions=places[1:]) if places[1:] else places[0]


def _get(place: Expr, step: Step) -> Expr:
    index = whole(step) if isinstance(step, int) else text(step)
    return exp.Bracket(this=place, expressions=[index])


def _has_type(place: Expr, *types: str) -> Expr:
    return is_one_of(call("json_type", place.copy()), [text(kind) for kind in types])


def _is_there(place: Expr) -> Expr:
    return compare(call("json_type", place.copy()), "!=", text("null"))


def _scalar(place: Expr) -> Expr:
    return call("json_value", place.copy())


def _spelled(place: Expr) -> Expr:
    return call("to_json_string", place.copy())


def _element(array: Expr, index: Expr) -> Expr:
    return exp.Bracket(this=array.copy(), expressions=[index], offset=0, safe=True)


def _cast(value: Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(kind))
