"""Leaf expressions for Trino. Times are `timestamp(6)` in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from sqlglot import exp

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
from cohorts.sql.java_patterns import to_joni
from cohorts.sql.json_times import INSTANT, spell_instant
from cohorts.sql.large_numbers import spell_large_numbers

_TIME = "TIMESTAMP(6)"
_ZONED = "TIMESTAMPTZ(6)"


class Trino(Dialect):
    label = "Trino"
    sqlglot = "trino"

    def read(self, value: Expr, kind: str) -> Expr:
        """`zoned` is a timestamp with a time zone."""
        match kind:
            case "text" | "json":
                return _cast(value, "TEXT")
            case "time":
                return _cast(value, _TIME)
            case "zoned":
                return _in_utc(value)
            case _:
                return value

    def bound(self, instant: datetime, kind: str) -> Expr:
        if kind != "zoned":
            return self.timestamp(instant)
        return _cast(text(_spell(instant) + " UTC"), _ZONED)

    def timestamp(self, instant: datetime) -> Expr:
        # Without a precision a cast keeps milliseconds.
        return _cast(text(_spell(instant)), _TIME)

    def contains(self, value: Expr, part: Expr) -> Expr:
        return compare(call("strpos", value, part), ">", whole(0))

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("starts_with", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        start = exp.Neg(this=call("length", part.copy()))
        return compare(call("substr", value, start), "=", part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        return call("regexp_like", value, text(to_joni(pattern, ignore_case=ignore_case)))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        is_bare = _starts(place, "[tf0-9-]")
        return exp.Case(
            ifs=[
                exp.If(this=_starts(place, '"'), true=_scalar(place)),
                exp.If(this=is_bare, true=_spelled(place)),
            ]
        )

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return when(_starts(place, '"'), _scalar(place))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        double = exp.TryCast(this=_spelled(place), to=exp.DataType.build("DOUBLE"), safe=True)
        return when(_starts(place, "[0-9-]"), double)

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = _spelled(_at(value, path))
        is_boolean = is_one_of(spelled, [text("true"), text("false")])
        return when(is_boolean, compare(spelled.copy(), "=", text("true")))

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        is_time = self.matches(spelled.copy(), INSTANT, ignore_case=False)
        instant = exp.TryCast(
            this=spell_instant(spelled, _extract), to=exp.DataType.build(_ZONED), safe=True
        )
        return when(is_time, _in_utc(instant))

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return certain(_is_there(_at(value, path)))

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        as_number = _cast(self.json_number(value, path), "TEXT")
        other = when(_is_there(place), _spelled(place))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = _cast(wall, "DATE")
        if unit == "month":
            months = exp.Mul(this=call("year", day), expression=whole(12))
            return exp.Add(this=months, expression=call("month", day.copy()))
        first = _cast(text("1970-01-01"), "DATE")
        since_1970 = call("date_diff", text("day"), first, day)
        days = exp.Paren(this=exp.Add(this=since_1970, expression=whole(DAYS_BEFORE_1970)))
        return days if unit == "day" else exp.Div(this=days, expression=whole(7), typed=True)

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        aware = call("with_timezone", instant, text("UTC"))
        return _cast(call("at_timezone", aware, text(zone)), _TIME)

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        return call("date_add", text("second"), whole(seconds), instant)

    def sum(self, value: Expr) -> Expr:
        decimal = exp.DataType.build("DECIMAL(38, 14)")
        return sum_as_decimals(value, decimal, lambda size: call("log10", size))

    def median(self, value: Expr) -> Expr:
        """The middle two of the sorted values: the engine's own is not exact."""
        double = _cast(value, "DOUBLE")
        # NULLs are sorted behind all values, and not counted.
        ordered = exp.ArrayAgg(
            this=exp.Order(this=double, expressions=[exp.Ordered(this=double.copy())])
        )
        count = exp.Count(this=double.copy())
        after = exp.Paren(this=exp.Add(this=count.copy(), expression=whole(1)))
        before_half = exp.Div(this=after, expression=whole(2), typed=True)
        half = exp.Div(this=count.copy(), expression=whole(2), typed=True)
        places = [
            call("greatest", before_half, whole(1)),
            exp.Add(this=half, expression=whole(1)),
        ]
        halves = [
            exp.Div(this=call("element_at", ordered.copy(), place), expression=whole(2), typed=True)
            for place in places
        ]
        return exp.Paren(this=exp.Add(this=halves[0], expression=halves[1]))

    def finish(self, query: Expr) -> Expr:
        return spell_large_numbers(query, exp.DataType.build("DECIMAL(38, 0)"))


def _spell(instant: datetime) -> str:
    naive = instant.astimezone(UTC).replace(tzinfo=None)
    return naive.isoformat(sep=" ", timespec="microseconds")


def _in_utc(value: Expr) -> Expr:
    return _cast(call("at_timezone", value, text("UTC")), _TIME)


def _at(value: Expr, path: Sequence[str]) -> Expr:
    """The place in JSON that is kept as text, NULL where the text is none."""
    place: Expr = call("try", call("json_parse", _cast(value.copy(), "TEXT")))
    for is_spelled, steps in groupby(path, _can_be_spelled):
        if is_spelled:
            # A number in quotes is a position in a list or a key, whichever there is.
            place = call("json_extract", place, text("$" + "".join(f'["{s}"]' for s in steps)))
            continue
        for step in steps:
            members = exp.TryCast(this=place, to=exp.DataType.build("MAP<TEXT, JSON>"), safe=True)
            place = call("element_at", members, text(step))
    return place


def _can_be_spelled(step: str) -> bool:
    return step != "" and '"' not in step and "\\" not in step


def _spelled(place: Expr) -> Expr:
    return call("json_format", place.copy())


def _scalar(place: Expr) -> Expr:
    return call("json_extract_scalar", place.copy(), text("$"))


def _starts(place: Expr, pattern: str) -> Expr:
    return call("regexp_like", _spelled(place), text("^" + pattern))


def _is_there(place: Expr) -> Expr:
    return compare(_spelled(place), "!=", text("null"))


def _extract(value: Expr, pattern: str) -> Expr:
    """What the one group holds."""
    return call("regexp_extract", value, text(pattern), whole(1))


def _cast(value: Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(kind))
