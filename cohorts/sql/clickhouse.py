"""Leaf expressions for ClickHouse (24.8 or later)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from sqlglot import exp

from cohorts.sql.dialect import AWARE_TIME, DAYS_BEFORE_1970, NAIVE_TIME, Dialect
from cohorts.sql.expressions import (
    Expr,
    all_of,
    any_of,
    call,
    certain,
    compare,
    is_one_of,
    text,
    when,
    whole,
)

# Beyond these a column of nanoseconds cannot be compared with the literal.
_EARLIEST = datetime(1700, 1, 1, tzinfo=UTC)
_LATEST = datetime(2262, 1, 1, tzinfo=UTC)
# Each further one doubles the expression; after so many a number is a position only.
_MOST_AMBIGUOUS = 4
_CLOCK = r"^.{10}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?([^0-9:].*)?)?$"


class ClickHouse(Dialect):
    """What is written does not depend on the settings of the session or the server."""

    label = "ClickHouse"
    sqlglot = "clickhouse"

    def read(self, value: Expr, kind: str) -> Expr:
        """NaN and the infinities are no values; Float32 goes by its spelling, so that 0.1 stays
        0.1. Every text, number and time may be NULL then, whatever the column is."""
        match kind:
            case "text" | "json":
                return _cast(value, "String")
            case "padded":
                return call("toNullable", call("toStringCutToZero", value))
            case "nested" | "document":
                return _cast(call("toJSONString", value), "String")
            case "time" | "date":
                return _cast(value, "DateTime64(6, 'UTC')")
            case "whole decimal":
                return _cast(value, "Int64")
            case "decimal" | "wide":
                return call("toFloat64OrNull", call("toString", value))
            case "double":
                return when(call("isFinite", value), value.copy())
            case "real":
                spelled = call("toFloat64OrNull", call("toString", value.copy()))
                return when(call("isFinite", value), spelled)
            case _:
                return value

    def timestamp(self, instant: datetime) -> Expr:
        instant = min(max(instant, _EARLIEST), _LATEST).astimezone(UTC).replace(tzinfo=None)
        spelled = instant.isoformat(sep=" ", timespec="microseconds")
        return call("toDateTime64", text(spelled), whole(6), text("UTC"))

    def lower(self, value: Expr) -> Expr:
        return call("lowerUTF8", value)

    def optional(self, value: Expr) -> Expr:
        """Otherwise a user without a row to join would have 0."""
        return call("toNullable", value)

    def contains(self, value: Expr, part: Expr) -> Expr:
        return compare(call("position", value, part), ">", whole(0))

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("startsWith", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        return call("endsWith", value, part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        # Here a dot matches a line break unless told otherwise.
        flags = "(?i-s)" if ignore_case else "(?-s)"
        return call("match", value, text(flags + pattern))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        return _at(value, path, _spell)

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        return _at(value, path, lambda place: _read(place, "String", "String"))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        return _at(value, path, _read_number)

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        return _at(value, path, lambda place: _read(place, "Bool", "Bool"))

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        shaped = [self._is_like(spelled, shape) for shape in (NAIVE_TIME, AWARE_TIME)]
        # The function knows the days of a month, but goes on from 24:00 to the next day.
        holds = all_of([any_of(shaped), self._is_like(spelled, _CLOCK)])
        return when(
            holds, call("parseDateTime64BestEffortOrNull", spelled.copy(), whole(6), text("UTC"))
        )

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return certain(_at(value, path, _is_there))

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        return _at(value, path, _identify)

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        # A column brings a zone of its own, in which its parts would be read.
        day = _cast(call("toTimeZone", wall, text("UTC")), "Date32")
        if unit == "month":
            months = exp.Mul(this=call("toYear", day), expression=whole(12))
            return exp.Add(this=months, expression=call("toMonth", day.copy()))
        days = exp.Add(this=call("toInt32", day), expression=whole(DAYS_BEFORE_1970))
        return exp.Paren(this=days) if unit == "day" else call("intDiv", days, whole(7))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        offset = call("timeZoneOffset", call("toTimeZone", instant, text(zone)))
        return call("addSeconds", _instant(instant.copy()), offset)

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        return call("addSeconds", _instant(instant), whole(seconds))

    def sum(self, value: Expr) -> Expr:
        """Rounded as for DuckDB, but by way of decimals: a double is not rounded exactly."""
        double = call("toFloat64", value)
        total = call("sumKahan", double)
        size = exp.Sum(this=exp.Abs(this=double.copy()))
        digits = exp.Sub(
            this=whole(14),
            expression=call("toInt32", call("floor", call("log10", size.copy()))),
        )
        decimal = call("toDecimal256OrNull", call("toString", total), whole(60))
        rounded = call("toFloat64OrNull", call("toString", call("round", decimal, digits)))
        low, high = exp.Literal.number("1e-40"), exp.Literal.number("9e14")
        return when(exp.Between(this=size, low=low, high=high), rounded, total.copy())

    def median(self, value: Expr) -> Expr:
        return exp.ParameterizedAgg(
            this="quantileExactInclusive",
            expressions=[exp.Literal.number("0.5")],
            params=[value],
        )

    def _is_like(self, value: Expr, pattern: str) -> Expr:
        return self.matches(value.copy(), pattern, ignore_case=False)


# What the JSON functions take: the text, then keys as texts and positions from 1.
Place: TypeAlias = list[Expr]


def _at(value: Expr, path: Sequence[str], read: Callable[[Place], Expr]) -> Expr:
    """What `read` makes of the place, where `0` is a position in a list, else a key."""
    return _walk([_cast(value, "String")], path, read, _MOST_AMBIGUOUS)


def _walk(place: Place, path: Sequence[str], read: Callable[[Place], Expr], left: int) -> Expr:
    for index, part in enumerate(path):
        if not _is_position(part):
            place = [*place, text(part)]
            continue
        rest = path[index + 1 :]
        is_list = compare(_call("JSONType", place), "=", text("Array"))
        # A position in an object would be its member of that number.
        at_position = _walk([*place, whole(int(part) + 1)], rest, read, left - 1)
        at_key = _walk([*place, text(part)], rest, read, left - 1) if left > 0 else None
        return when(is_list, at_position, at_key)
    return read(place)


def _is_position(part: str) -> bool:
    return part == "0" or (
        part.isascii() and part.isdigit() and part[0] != "0" and len(part) < len(str(2**31))
    )


def _call(function: str, place: Place) -> Expr:
    return call(function, *(part.copy() for part in place))


def _has_type(place: Place, *types: str) -> Expr:
    return is_one_of(_call("JSONType", place), [text(kind) for kind in types])


def _read(place: Place, kind: str, function: str) -> Expr:
    return when(_has_type(place, kind), _call(f"JSONExtract{function}", place))


def _read_number(place: Place) -> Expr:
    return when(_has_type(place, "Int64", "UInt64", "Double"), _call("JSONExtractFloat", place))


def _spell(place: Place) -> Expr:
    """The engine spells 1.0 as 1, but knows that it is no whole number."""
    spelled = _call("JSONExtractRaw", place)
    is_whole = call("match", spelled, text("^-?[0-9]+$"))
    with_point = when(is_whole, call("concat", spelled.copy(), text(".0")), spelled.copy())
    return exp.Case(
        ifs=[
            exp.If(this=_has_type(place, "String"), true=_call("JSONExtractString", place)),
            exp.If(this=_has_type(place, "Double"), true=with_point),
            exp.If(this=_has_type(place, "Int64", "UInt64", "Bool"), true=spelled.copy()),
        ]
    )


def _is_there(place: Place) -> Expr:
    return compare(_call("JSONType", place), "!=", text("Null"))


def _identify(place: Place) -> Expr:
    as_number = call("toString", _read_number(place))
    other = when(_is_there(place), _call("JSONExtractRaw", place))
    return exp.Coalesce(this=as_number, expressions=[other])


def _instant(value: Expr) -> Expr:
    """With microseconds, and in a range that adding does not leave."""
    return _cast(value, "DateTime64(6, 'UTC')")


def _cast(value: Expr, kind: str) -> Expr:
    return call("CAST", value, text(f"Nullable({kind})"))
