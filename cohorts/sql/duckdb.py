"""Leaf expressions for DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from cohorts.definitions.catalog import MOST_DIGITS
from cohorts.sql.dialect import AWARE_TIME, NAIVE_TIME, Dialect
from cohorts.sql.expressions import (
    Expr,
    call,
    compare,
    is_one_of,
    number,
    text,
    when,
    whole,
)

_DUCKDB_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")


class DuckDB(Dialect):
    label = "DuckDB"
    sqlglot = "duckdb"
    hashes_joins = True
    # 12 MB for each set and thread; DuckDB itself would go ten times as far.
    most_bits = 100_000_000

    def contains(self, value: Expr, part: Expr) -> Expr:
        return call("contains", value, part)

    def starts_with(self, value: Expr, part: Expr) -> Expr:
        return call("starts_with", value, part)

    def ends_with(self, value: Expr, part: Expr) -> Expr:
        return call("suffix", value, part)

    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr:
        return call("regexp_matches", value, text(pattern), text("i" if ignore_case else "c"))

    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        types = [*_DUCKDB_NUMBERS, "VARCHAR", "BOOLEAN"]
        return when(self._has_type(value, path, types), self._extract_text(value, path))

    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        return when(self._has_type(value, path, ["VARCHAR"]), self._extract_text(value, path))

    def json_number(self, value: Expr, path: Sequence[str]) -> Expr:
        spelled = self._extract_text(value, path)
        read = exp.TryCast(this=spelled, to=exp.DataType.build("DOUBLE"), safe=True)
        return when(self._has_type(value, path, _DUCKDB_NUMBERS), read)

    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr:
        is_true = compare(self._extract_text(value, path), "=", text("true"))
        return when(self._has_type(value, path, ["BOOLEAN"]), is_true)

    def json_time(self, value: Expr, path: Sequence[str]) -> Expr:
        """DuckDB drops an offset when it casts to TIMESTAMP, so that has its own branch."""
        spelled = self._extract_text(value, path)
        aware = exp.TryCast(this=spelled.copy(), to=exp.DataType.build("TIMESTAMPTZ"), safe=True)
        in_utc = exp.AtTimeZone(this=aware, zone=text("UTC"))
        naive = exp.TryCast(this=spelled.copy(), to=exp.DataType.build("TIMESTAMP"), safe=True)
        return exp.Case(
            ifs=[
                exp.If(
                    this=exp.Not(this=self._has_type(value, path, ["VARCHAR"])), true=exp.Null()
                ),
                exp.If(this=self._is_like(spelled.copy(), AWARE_TIME), true=in_utc),
                exp.If(this=self._is_like(spelled.copy(), NAIVE_TIME), true=naive),
            ]
        )

    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr:
        return exp.Coalesce(
            this=exp.NEQ(this=self._type(value, path), expression=text("NULL")),
            expressions=[exp.Boolean(this=False)],
        )

    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        varchar = exp.DataType.build("TEXT")
        as_number = exp.Cast(this=self.json_number(value, path), to=varchar)
        itself = call("json_extract", value.copy(), text(_to_pointer(path)))
        other = when(self.json_exists(value, path), exp.Cast(this=itself, to=varchar.copy()))
        return exp.Coalesce(this=as_number, expressions=[other])

    def unit_number(self, wall: Expr, unit: str) -> Expr:
        day = exp.Cast(this=wall, to=exp.DataType.build("DATE"))
        if unit == "month":
            months = exp.Mul(this=call("year", day), expression=whole(12))
            return exp.Add(this=months, expression=call("month", day.copy()))
        # A Monday before all data: no number is negative, so // rounds down.
        monday = exp.Cast(this=text("0001-01-01"), to=exp.DataType.build("DATE"))
        days = exp.Paren(this=exp.Sub(this=day, expression=monday))
        return days if unit == "day" else exp.IntDiv(this=days, expression=whole(7))

    def wall_time(self, instant: Expr, zone: str) -> Expr:
        aware = exp.AtTimeZone(this=instant, zone=text("UTC"))
        return exp.AtTimeZone(this=aware, zone=text(zone))

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        return exp.Add(this=instant, expression=call("to_seconds", whole(seconds)))

    def sum(self, value: Expr) -> Expr:
        """Rounded to the 15 digits that a double holds of the largest part, so that
        33.3 + 33.4 + 33.3 is 100. Whole numbers beyond that are added exactly."""
        size = exp.Sum(this=exp.Abs(this=value))
        digits = exp.Sub(
            this=whole(14),
            expression=exp.Cast(
                this=exp.Floor(this=call("log10", size.copy())), to=exp.DataType.build("INT")
            ),
        )
        is_exact = exp.Between(this=size, low=number(1e-200), high=number(9e14))
        rounded = call("round", call("fsum", value.copy()), digits)
        return when(is_exact, rounded, exp.Sum(this=value.copy()))

    def sum_decimals(self, value: Expr, decimals: int) -> Expr:
        if decimals == 0:
            return exp.Sum(this=exp.Cast(this=value, to=exp.DataType.build("BIGINT")))
        decimal = exp.DataType.build(f"DECIMAL({MOST_DIGITS}, {decimals})")
        total = exp.Sum(this=exp.Cast(this=value, to=decimal))
        return exp.Cast(this=total, to=exp.DataType.build("DOUBLE"))

    def median(self, value: Expr) -> Expr:
        return call("median", value)

    def _type(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("json_type", value.copy(), text(_to_pointer(path)))

    def _has_type(self, value: Expr, path: Sequence[str], types: Sequence[str]) -> Expr:
        return is_one_of(self._type(value, path), [text(kind) for kind in types])

    def _extract_text(self, value: Expr, path: Sequence[str]) -> Expr:
        return call("json_extract_string", value.copy(), text(_to_pointer(path)))

    def _is_like(self, value: Expr, pattern: str) -> Expr:
        return self.matches(value, pattern, ignore_case=False)


def _to_pointer(path: Sequence[str]) -> str:
    """A JSON pointer: unlike a JSON path it reads `0` as an index or a key, whichever fits."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
