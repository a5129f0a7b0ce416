"""Leaf expressions for PostgreSQL (15 or later)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlglot import exp

from cohorts.sql.dialect import Dialect
from cohorts.sql.expressions import (
    Expr,
    call,
    compare,
    is_one_of,
    negated,
    number,
    text,
    when,
    whole,
)

# Days that there are, because a cast of any other is an error and ends the query.
_YEAR = "(?!0000)[0-9]{4}"
_LEAP_YEAR = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DAY = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    f"02-(0[1-9]|1[0-9]|2[0-8]))|(?!0000){_LEAP_YEAR}-02-29)"
)
_DAY_TIME = rf"{_DAY}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
_NAIVE_TIME = f"^({_DAY}|{_DAY_TIME})$"
_AWARE_TIME = f"^{_DAY_TIME}(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)$"
# What JSON kept as text may hold and JSONB may not: NUL, and halves of a surrogate pair.
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_NOT_JSONB = rf"\\u0000|{_HIGH}(?!{_LOW})|(?<!{_HIGH}){_LOW}"
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class PostgreSQL(Dialect):
    label = "PostgreSQL"
    sqlglot = "postgres"
    # A named query that is used twice would be kept as a table, out of reach of every index.
    materialized = False

    def read(self, value: Expr, kind: str) -> Expr:
        """NaN and the infinities of numbers and times are no values; `real` goes by its
        spelling, so that 0.1 stays 0.1."""
        match kind:
            case "collated":
                return self.by_code_point(value)
            case "spelled":
                return _cast(value, "TEXT")
            case "spelled decimal":
                return _cast(call("trim_scale", value), "TEXT")
            case "double":
                return when(self._is_below(value, _cast(text("Infinity"), "DOUBLE")), value.copy())
            case "real":
                spelled = _cast(_cast(value.copy(), "TEXT"), "DOUBLE")
                return when(self._is_below(value, _cast(text("Infinity"), "DOUBLE")), spelled)
            case "decimal":
                return when(self._is_below(value, number(1e300)), _cast(value.copy(), "DOUBLE"))
            case "whole decimal":
                return when(self._is_below(value, whole(10**18)), _cast(value.copy(), "BIGINT"))
            case "zoned":
                utc = exp.AtTimeZone(this=value.copy(), zone=text("UTC"))
                return when(call("isfinite", value), utc)
            case "naive" | "date":
                return when(call("isfinite", value), _cast(value.copy(), "TIMESTAMP"))
            case "json":
                wrong = self.matches(_cast(value.copy(), "TEXT"), _NOT_JSONB, ignore_case=False)
                return when(negated(wrong), _cast(value, "JSONB"))
            case "nested":
                return call("to_jsonb", value)
            case _:
                return value

    def has_time(self, value: Expr, kind: str) -> Expr:
        """No infinity, and no year that calendars and other engines do not have."""
        low, high = self.bound(_FIRST, kind), self.bound(_LAST, kind)
        return exp.Between(this=value, low=low, high=high)

    def bound(self, instant: datetime, kind: str) -> Expr:
        if kind != "zoned":
            return self.timestamp(instant)
        spelled = instant.astimezone(UTC).isoformat(sep=" ")
        return _cast(text(spelled), "TIMESTAMPTZ")

    def _is_below(self, value: Expr, bound: Expr) -> Expr:
        """NaN is above all numbers here."""
        return compare(exp.Abs(this=value.copy()), "<", bound)

    def by_code_point(self, value: Expr) -> Expr:
        return exp.Collate(this=value, expression=exp.to_identifier("C", quoted=True))

    def contains(self, value: Expr, part: Expr) -> Expr:
        return compare(call("strpos", value, part), ">", whole(0))

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("starts_with", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        end = call("right", value, call("length", part))
        return compare(end, "=", part.copy())

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        # "p": a dot does not match a line break, while ^ and $ stay the ends of the text.
        return call("regexp_like", value, text(pattern), text("ip" if ignore_case else "cp"))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        is_scalar = self._has_type(value, path, "string", "number", "boolean")
        return when(is_scalar, self._extract_text(value, path))

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        return when(self._has_type(value, path, "string"), self._extract_text(value, path))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        """A number in JSON may be larger than any double."""
        exact = _cast(self._extract_text(value, path), "DECIMAL")
        fits = self._is_below(exact, number(1e300))
        read = when(fits, _cast(self._extract_text(value, path), "DOUBLE"))
        return when(self._has_type(value, path, "number"), read)

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        is_true = compare(self._extract_text(value, path), "=", text("true"))
        return when(self._has_type(value, path, "boolean"), is_true)

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        aware = exp.AtTimeZone(this=_cast(spelled.copy(), "TIMESTAMPTZ"), zone=text("UTC"))
        naive = _cast(spelled.copy(), "TIMESTAMP")
        return exp.Case(
            ifs=[
                exp.If(this=self._is_like(spelled, _AWARE_TIME), true=aware),
                exp.If(this=self._is_like(spelled, _NAIVE_TIME), true=naive),
            ]
        )

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        there = compare(self._type(value, path), "!=", text("null"))
        return exp.Coalesce(this=there, expressions=[exp.Boolean(this=False)])

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        as_number = _cast(self.json_number(value, path), "TEXT")
        other = when(self.json_exists(value, path), _cast(self._extract(value, path), "TEXT"))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = _cast(wall, "DATE")
        if unit == "month":
            year = _cast(call("date_part", text("year"), day), "INT")
            months = exp.Mul(this=year, expression=whole(12))
            month = _cast(call("date_part", text("month"), day.copy()), "INT")
            return exp.Add(this=months, expression=month)
        days = exp.Paren(this=exp.Sub(this=day, expression=_cast(text("0001-01-01"), "DATE")))
        return days if unit == "day" else exp.IntDiv(this=days, expression=whole(7))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        aware = exp.AtTimeZone(this=instant, zone=text("UTC"))
        return exp.AtTimeZone(this=aware, zone=text(zone))

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        zeros = [whole(0) for _ in range(6)]
        return exp.Add(this=instant, expression=call("make_interval", *zeros, whole(seconds)))

    def sum(self, value: Expr) -> Expr:
        """Added as decimals, which a double is turned into by its 15 digits."""
        return _cast(exp.Sum(this=_cast(value, "DECIMAL")), "DOUBLE")

    def median(self, value: Expr) -> Expr:
        return exp.WithinGroup(
            this=exp.PercentileCont(this=exp.Literal.number("0.5")),
            expression=exp.Order(expressions=[exp.Ordered(this=_cast(value, "DOUBLE"))]),
        )

    def _is_like(self, spelled: Expr, pattern: str) -> Expr:
        return self.matches(spelled.copy(), pattern, ignore_case=False)

    def _extract(self, value: Expr, path: Sequence[str]) -> Expr:
        parts = [text(part) for part in path]
        return call("jsonb_extract_path", _cast(value.copy(), "JSONB"), *parts)

    def _extract_text(self, value: Expr, path: Sequence[str]) -> Expr:
        parts = [text(part) for part in path]
        return call("jsonb_extract_path_text", _cast(value.copy(), "JSONB"), *parts)

    def _type(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("jsonb_typeof", self._extract(value, path))

    def _has_type(self, value: Expr, path: Sequence[str], *types: str) -> Expr:
        return is_one_of(self._type(value, path), [text(kind) for kind in types])


def _cast(value: Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(kind))
