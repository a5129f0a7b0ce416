"""Leaf expressions for Spark (4.0 or later), in a session whose time zone is UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlglot import exp

from cohorts.sql.dialect import AWARE_TIME, NAIVE_TIME, Dialect
from cohorts.sql.expressions import (
    Expr,
    any_of,
    call,
    certain,
    compare,
    is_one_of,
    text,
    when,
    whole,
)
from cohorts.sql.java_patterns import to_java
from cohorts.sql.json_paths import Step, read_path


class Spark(Dialect):
    label = "Spark"
    sqlglot = "spark"

    def read(self, value: Expr, kind: str) -> Expr:
        """NaN and the infinities are no values; `float` goes by its spelling, so that 0.1 stays
        0.1."""
        match kind:
            case "text" | "json":
                return _cast(value, "TEXT")
            case "time" | "naive" | "date":
                return _cast(value, "TIMESTAMPTZ")
            case "nested":
                return call("to_json", value)
            case "variant":
                return when(_is_there(value), call("to_json", value.copy()))
            case "decimal":
                return _cast(value, "DOUBLE")
            case "whole decimal":
                return _cast(value, "BIGINT")
            case "double":
                return when(_is_finite(value), value.copy())
            case "real":
                spelled = _cast(_cast(value.copy(), "TEXT"), "DOUBLE")
                return when(_is_finite(value), spelled)
            case _:
                return value

    def timestamp(self, instant: datetime) -> Expr:
        return _cast(text(instant.astimezone(UTC).isoformat(sep=" ")), "TIMESTAMPTZ")

    def contains(self, value: Expr, part: Expr) -> Expr:
        return call("contains", value, part)

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("startswith", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        return call("endswith", value, part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        return call("rlike", value, text(to_java(pattern, ignore_case=ignore_case)))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        spelled = _cast(place, "TEXT")
        # The engine spells 1.0 as 1, but knows that it is no whole number.
        is_whole = call("rlike", spelled.copy(), text("^-?[0-9]+$"))
        with_point = when(is_whole, call("concat", spelled, text(".0")), spelled.copy())
        return exp.Case(
            ifs=[
                exp.If(this=_has_type(place, "STRING", "BIGINT", "BOOLEAN"), true=spelled.copy()),
                exp.If(this=_is_fraction(place), true=with_point),
            ]
        )

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return when(_has_type(place, "STRING"), _cast(place, "TEXT"))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        return _read_number(_at(value, path))

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        return when(_has_type(place, "BOOLEAN"), _cast(place, "BOOLEAN"))

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        shaped = [self._is_like(spelled, shape) for shape in (NAIVE_TIME, AWARE_TIME)]
        # An offset is read only behind seconds and with a colon.
        zone = "(Z|[+-].*)$"
        padded = call("regexp_replace", spelled.copy(), text(f"^(.{{16}}){zone}"), text("$1:00$2"))
        pattern = text("([+-][0-9]{2})([0-9]{2})$")
        plain = call("regexp_replace", padded, pattern, text("$1:$2"))
        return when(any_of(shaped), exp.TryCast(this=plain, to=_type("TIMESTAMPTZ"), safe=True))

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return certain(_is_there(_at(value, path)))

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        as_number = _cast(_read_number(place), "TEXT")
        other = when(_is_there(place), call("to_json", place.copy()))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = _cast(wall, "DATE")
        if unit == "month":
            months = exp.Mul(this=call("year", day), expression=whole(12))
            return exp.Add(this=months, expression=call("month", day.copy()))
        days = call("datediff", day, _cast(text("0001-01-01"), "DATE"))
        if unit == "day":
            return days
        return call("floor", exp.Div(this=days, expression=whole(7)))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        return call("from_utc_timestamp", instant, text(zone))

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        return call("timestampadd", exp.Var(this="SECOND"), whole(seconds), instant)

    def sum(self, value: Expr) -> Expr:
        """As decimals, which a double becomes by its spelling, where they hold 15 digits."""
        double = _cast(value, "DOUBLE")
        total, size = exp.Sum(this=double), exp.Sum(this=exp.Abs(this=double.copy()))
        decimal = exp.TryCast(this=double.copy(), to=_type("DECIMAL(38, 18)"), safe=True)
        exact = _cast(call("try_sum", decimal), "DOUBLE")
        rounded = _cast(call("format_string", text("%.14e"), total), "DOUBLE")
        low, high = exp.Literal.number("1e-3"), exp.Literal.number("9e14")
        return exp.Case(
            ifs=[
                exp.If(this=exp.Between(this=size, low=low, high=high), true=exact),
                exp.If(this=compare(size.copy(), "<", low.copy()), true=rounded),
            ],
            default=total.copy(),
        )

    def median(self, value: Expr) -> Expr:
        return call("median", _cast(value, "DOUBLE"))

    def _is_like(self, value: Expr, pattern: str) -> Expr:
        return self.matches(value.copy(), pattern, ignore_case=False)


def _at(value: Expr, path: Sequence[str]) -> Expr:
    """The place in JSON, where `0` is a position in a list or a key, whichever there is."""
    document = call("try_parse_json", _cast(value.copy(), "TEXT"))
    places = [_step_down(document, steps) for steps in read_path(path)]
    return exp.Coalesce(this=places[0], expressions=places[1:]) if places[1:] else places[0]


def _step_down(document: Expr, steps: Sequence[Step]) -> Expr:
    place, path = document.copy(), ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step and not ("'" in step and '"' in step):
            quote = '"' if "'" in step else "'"
            path += f"[{quote}{step}{quote}]"
        else:
            # A path cannot spell this key.
            members = exp.TryCast(this=_get(place, path), to=_type("MAP<STRING, VARIANT>"))
            place, path = call("try_element_at", members, text(step)), ""
    return _get(place, path)


def _get(place: Expr, path: str) -> Expr:
    return call("try_variant_get", place, text("$" + path), text("variant")) if path else place


def _type_of(place: Expr) -> Expr:
    return call("schema_of_variant", place.copy())


def _has_type(place: Expr, *types: str) -> Expr:
    return is_one_of(_type_of(place), [text(kind) for kind in types])


def _is_fraction(place: Expr) -> Expr:
    return call("rlike", _type_of(place), text("^(DECIMAL|DOUBLE)"))


def _read_number(place: Expr) -> Expr:
    is_number = call("rlike", _type_of(place), text("^(BIGINT|DECIMAL|DOUBLE)"))
    return when(is_number, _cast(place.copy(), "DOUBLE"))


def _is_there(place: Expr) -> Expr:
    return compare(_type_of(place), "!=", text("VOID"))


def _is_finite(value: Expr) -> Expr:
    """NaN is above all numbers here."""
    return compare(exp.Abs(this=value.copy()), "<", _cast(text("Infinity"), "DOUBLE"))


def _type(kind: str) -> exp.DataType:
    return exp.DataType.build(kind, dialect="spark") if "<" in kind else exp.DataType.build(kind)


def _cast(value: Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=_type(kind))
