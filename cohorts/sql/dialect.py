"""The few leaf expressions in which engines differ, and what is alike in all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlglot import exp

from cohorts.sql.expressions import Expr, is_filled, text

# From the Monday that numbers of days and weeks are counted from: 0001-01-01.
DAYS_BEFORE_1970 = 719_162


class Unwritable(ValueError):
    """The engine has no way to say it; the text names what."""


class Dialect(ABC):
    """`label` is what people call the engine, `sqlglot` the name SQLGlot prints for. Times are
    UTC without an offset."""

    label: str
    sqlglot: str
    # What to say of the named queries that read a warehouse's tables; None says nothing.
    materialized: bool | None = None
    # Does the engine hash both sides of joins, of IN and of NOT IN, however many rows they have?
    hashes_joins: bool = False
    # For how many users may a set of them have a bit each, as `key_bits` says it? 0: for none.
    most_bits: int = 0

    def fold(self, name: str) -> str:
        """What a table or column is called that was made with this name and without quotes."""
        return name

    def read(self, value: Expr, kind: str) -> Expr:
        """A stored column as one of the types of a catalog, NULL where it cannot be one.
        `kind` is the `StoredColumn.kind` that the engine's catalog reader gave it."""
        return value

    def has_time(self, value: Expr, kind: str) -> Expr:
        """Does the stored time column hold an instant?"""
        return is_filled(value)

    def bound(self, instant: datetime, kind: str) -> Expr:
        """The instant as what a stored time column of that kind is compared with."""
        return self.timestamp(instant)

    def timestamp(self, instant: datetime) -> Expr:
        spelled = instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return exp.Cast(this=text(spelled), to=exp.DataType.build("TIMESTAMP"))

    def optional(self, value: Expr) -> Expr:
        """A value that a LEFT JOIN leaves NULL where there is no row to join."""
        return value

    def by_code_point(self, value: Expr) -> Expr:
        """What to order texts by."""
        return value

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
        """A text that tells values apart, 1 and 1.0 being alike; NULL for a JSON null."""

    @abstractmethod
    def unit_number(self, wall: Expr, unit: str) -> Expr:
        """The number of the calendar day, week or month, as `windows.number_unit` counts."""

    @abstractmethod
    def wall_time(self, instant: Expr, zone: str) -> Expr:
        """By the engine's own time zone data."""

    @abstractmethod
    def add_seconds(self, instant: Expr, seconds: int) -> Expr: ...

    @abstractmethod
    def sum(self, value: Expr) -> Expr:
        """NULL where there is no value. Sums of decimals come out as decimals do."""

    def sum_decimals(self, value: Expr, decimals: int) -> Expr:
        """The same of a column whose `Property.decimals` is known, where that is a faster way."""
        return self.sum(value)

    @abstractmethod
    def median(self, value: Expr) -> Expr: ...

    def finish(self, query: Expr) -> Expr:
        """What has to be said otherwise wherever it stands in the query."""
        return query


_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE_TIME = _DATE + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
NAIVE_TIME = f"^({_DATE}|{_DATE_TIME})$"
AWARE_TIME = f"^{_DATE_TIME}{_OFFSET}$"
