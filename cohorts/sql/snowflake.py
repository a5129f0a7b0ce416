"""Leaf expressions for Snowflake. Times are TIMESTAMP_NTZ; nothing depends on the session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce

from sqlglot import exp

from cohorts.sql.bounded_times import move
from cohorts.sql.decimal_sums import sum_as_decimals
from cohorts.sql.dialect import DAYS_BEFORE_1970, Dialect
from cohorts.sql.expressions import Expr, call, certain, compare, is_one_of, text, when, whole
from cohorts.sql.json_paths import Step, read_path
from cohorts.sql.json_times import INSTANT, spell_instant
from cohorts.sql.posix_patterns import to_posix

_NAIVE_FORMAT = "YYYY-MM-DD HH24:MI:SS.FF6"
_AWARE_FORMAT = _NAIVE_FORMAT + "TZH:TZM"

_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class Snowflake(Dialect):
    label = "Snowflake"
    sqlglot = "snowflake"

    def fold(self, name: str) -> str:
        return name.upper() if _PLAIN.fullmatch(name) else name

    def read(self, value: Expr, kind: str) -> Expr:
        """`zoned` is TIMESTAMP_TZ or TIMESTAMP_LTZ, `time` is TIMESTAMP_NTZ in UTC."""
        match kind:
            case "text" | "json":
                return _cast(value, "TEXT")
            case "time":
                return _cast(value, "TIMESTAMPNTZ")
            case "zoned":
                return _in_utc(value)
            case _:
                return value

    def bound(self, instant: datetime, kind: str) -> Expr:
        if kind != "zoned":
            return self.timestamp(instant)
        return call("to_timestamp_tz", text(_spell(instant) + "+00:00"), text(_AWARE_FORMAT))

    def timestamp(self, instant: datetime) -> Expr:
        # A cast would go by the format that the session was given.
        return call("to_timestamp_ntz", text(_spell(instant)), text(_NAIVE_FORMAT))

    def contains(self, value: Expr, part: Expr) -> Expr:
        return call("contains", value, part)

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("startswith", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        return call("endswith", value, part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        # The pattern must fit the whole text here, and a dot is no line break.
        searched, flags = to_posix(pattern)
        around = r"(.|\n)*"
        case = "i" if ignore_case or "i" in flags else "c"
        parameters = text(case + flags.replace("i", ""))
        return call("regexp_like", value, text(f"{around}({searched}){around}"), parameters)

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        place = _at(value, path)
        spelled = _cast(place, "TEXT")
        whole_number = call("regexp_like", spelled.copy(), text("-?[0-9]+"))
        with_point = when(whole_number, call("concat", spelled.copy(), text(".0")), spelled.copy())
        return exp.Case(
            ifs=[
                exp.If(this=_has_type(place, "VARCHAR", "INTEGER", "BOOLEAN"), true=spelled),
                exp.If(this=_has_type(place, "DECIMAL", "DOUBLE"), true=with_point),
            ]
        )

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("as_varchar", _at(value, path))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("as_double", _at(value, path))

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("as_boolean", _at(value, path))

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self.json_string(value, path)
        aware = call("try_to_timestamp_tz", spell_instant(spelled, _extract), text(_AWARE_FORMAT))
        is_time = call("regexp_like", spelled.copy(), text(INSTANT))
        return when(is_time, _in_utc(aware))

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return certain(_is_there(_at(value, path)))

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        # A cast of a double to text keeps ten digits only, JSON keeps all.
        as_number = call("to_json", call("to_variant", self.json_number(value, path)))
        place = _at(value, path)
        other = when(_is_there(place), call("to_json", place.copy()))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = _cast(wall, "DATE")
        if unit == "month":
            months = exp.Mul(this=call("year", day), expression=whole(12))
            return exp.Add(this=months, expression=call("month", day.copy()))
        first = call("to_date", text("1970-01-01"), text("YYYY-MM-DD"))
        since_1970 = call("datediff", exp.Var(this="DAY"), first, day)
        days = exp.Paren(this=exp.Add(this=since_1970, expression=whole(DAYS_BEFORE_1970)))
        return days if unit == "day" else call("floor", exp.Div(this=days, expression=whole(7)))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        return call("convert_timezone", text("UTC"), text(zone), instant)

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        moved = call("dateadd", exp.Var(this="SECOND"), whole(seconds), instant)
        return move(instant, seconds, moved, self.timestamp)

    def sum(self, value: Expr) -> Expr:
        decimal = exp.DataType.build("DECIMAL(38, 14)")
        return sum_as_decimals(value, decimal, lambda size: call("log", whole(10), size))

    def median(self, value: Expr) -> Expr:
        return call("median", _cast(value, "DOUBLE"))


def _spell(instant: datetime) -> str:
    naive = instant.astimezone(UTC).replace(tzinfo=None)
    return naive.isoformat(sep=" ", timespec="microseconds")


def _in_utc(value: Expr) -> Expr:
    return _cast(call("convert_timezone", text("UTC"), value), "TIMESTAMPNTZ")


def _at(value: Expr, path: Sequence[str]) -> Expr:
    """The place in JSON that is kept as text. Of the text itself a path would find nothing,
    without an error."""
    document: Expr = call("try_parse_json", _cast(value.copy(), "TEXT"))
    places = [reduce(_get, steps, document.copy()) for steps in read_path(path)]
    return exp.Coalesce(this=places[0], expressions=places[1:]) if places[1:] else places[0]


def _get(place: Expr, step: Step) -> Expr:
    return call("get", place, whole(step) if isinstance(step, int) else text(step))


def _has_type(place: Expr, *types: str) -> Expr:
    return is_one_of(call("typeof", place.copy()), [text(kind) for kind in types])


def _is_there(place: Expr) -> Expr:
    return compare(call("typeof", place.copy()), "!=", text("NULL_VALUE"))


def _extract(value: Expr, pattern: str) -> Expr:
    """What the one group holds."""
    arguments = [text(pattern), whole(1), whole(1), text("e"), whole(1)]
    return call("regexp_substr", value, *arguments)


def _cast(value: Expr, kind: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(kind))
