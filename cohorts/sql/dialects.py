"""The few leaf expressions in which engines differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlglot import exp

from cohorts.sql.expressions import (
    Expr,
    call,
    compare,
    is_one_of,
    text,
    when,
    whole,
)

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE_TIME = _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
NAIVE_TIME = f"^({_DATE}|{_DATE_TIME})$"
AWARE_TIME = f"^{_DATE_TIME}{_OFFSET}$"


class Dialect(ABC):
    """`sqlglot` is the name SQLGlot prints for. Times are UTC without an offset."""

    sqlglot: str

    def timestamp(self, instant: datetime) -> Expr:
        spelled = instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return exp.Cast(this=text(spelled), to=exp.DataType.build("TIMESTAMP"))

    def lower(self, value: Expr) -> Expr:
        return exp.Lower(this=value)

    @abstractmethod
    def contains(self, value: Expr, part: Expr) -> Expr: ...

    @abstractmethod
    def starts_with(self, value: Expr, part: Expr) -> Expr: ...

    @abstractmethod
    def ends_with(self, value: Expr, part: Expr) -> Expr: ...

    @abstractmethod
    def matches(self, value: Expr, pattern: str, *, ignore_case: bool) -> Expr: ...

    @abstractmethod
    def json_text(self, value: Expr, path: Sequence[str]) -> Expr:
        """Texts as they are, numbers and booleans as spelled; NULL for all else."""

    @abstractmethod
    def json_string(self, value: Expr, path: Sequence[str]) -> Expr:
        """Only what is a text in JSON."""

    @abstractmethod
    def json_number(self, value: Expr, path: Sequence[str]) -> Expr: ...

    @abstractmethod
    def json_boolean(self, value: Expr, path: Sequence[str]) -> Expr: ...

    @abstractmethod
    def json_time(self, value: Expr, path: Sequence[str]) -> Expr: ...

    @abstractmethod
    def json_exists(self, value: Expr, path: Sequence[str]) -> Expr: ...

    @abstractmethod
    def json_value(self, value: Expr, path: Sequence[str]) -> Expr:
        """The JSON itself, for telling values apart; NULL for a JSON null."""

    @abstractmethod
    def wall_date(self, instant: Expr, zone: str) -> Expr:
        """The calendar date in the zone."""

    @abstractmethod
    def add_seconds(self, instant: Expr, seconds: int) -> Expr: ...

    @abstractmethod
    def median(self, value: Expr) -> Expr: ...


class DuckDB(Dialect):
    sqlglot = "duckdb"

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
        spelled = exp.Cast(
            this=call("json_extract", value.copy(), text(_to_pointer(path))),
            to=exp.DataType.build("TEXT"),
        )
        return when(self.json_exists(value, path), spelled)

    def wall_date(self, instant: Expr, zone: str) -> Expr:
        aware = exp.AtTimeZone(this=instant, zone=text("UTC"))
        return exp.Cast(
            this=exp.Paren(this=exp.AtTimeZone(this=aware, zone=text(zone))),
            to=exp.DataType.build("DATE"),
        )

    def add_seconds(self, instant: Expr, seconds: int) -> Expr:
        return exp.Add(this=instant, expression=call("to_seconds", whole(seconds)))

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


_DUCKDB_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")


def _to_pointer(path: Sequence[str]) -> str:
    """A JSON pointer: unlike a JSON path it reads `0` as an index or a key, whichever fits."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


DIALECTS: dict[str, Dialect] = {"duckdb": DuckDB()}
