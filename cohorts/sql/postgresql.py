"""Leaf expressions for PostgreSQL (16 or later)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from cohorts.sql.dialect import AWARE_TIME, NAIVE_TIME, Dialect
from cohorts.sql.expressions import Expr, all_of, call, compare, is_one_of, text, when, whole


class PostgreSQL(Dialect):
    sqlglot = "postgres"

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
        read = _cast(self._extract_text(value, path), "DOUBLE")
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
                exp.If(this=self._is_time(spelled, AWARE_TIME), true=aware),
                exp.If(this=self._is_time(spelled, NAIVE_TIME), true=naive),
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

    def _is_time(self, spelled: Expr, pattern: str) -> Expr:
        """Of the right shape, and a day that there is; in this order."""
        shaped = self.matches(spelled.copy(), pattern, ignore_case=False)
        valid = call("pg_input_is_valid", spelled.copy(), text("timestamptz"))
        return all_of([shaped, valid])

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
