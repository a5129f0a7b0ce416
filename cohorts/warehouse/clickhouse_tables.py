"""Which tables and columns a ClickHouse warehouse has, and how each column is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from cohorts.definitions.catalog import PropertyType
from cohorts.sql.expressions import Expr, call, text
from cohorts.warehouse.found_tables import FoundColumn, FoundTable, by_all_values, choose_table
from cohorts.warehouse.protocol import Warehouse

# What the user may not read is not listed.
_TABLES = """
SELECT database, name, toInt64(ifNull(total_rows, -1)) FROM system.tables
WHERE lower(database) NOT IN ('system', 'information_schema') AND NOT is_temporary
ORDER BY database, name
"""
_COLUMNS = """
SELECT name, type FROM system.columns
WHERE database = {database} AND table = {table} AND default_kind <> 'EPHEMERAL'
ORDER BY position
"""
_SPELLED = frozenset(("UUID", "IPv4", "IPv6", "Enum8", "Enum16", "Time", "Time64"))
_WHOLE = frozenset(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_WIDE = frozenset(f"{sign}Int{bits}" for sign in ("", "U") for bits in (128, 256))
_NESTED = frozenset(("Array", "Map", "Nested", "Tuple"))
# Around the type of the values themselves.
_WRAPPERS = frozenset(("LowCardinality", "Nullable", "SimpleAggregateFunction"))


class ClickHouseTables:
    id_types = "String, whole numbers, decimals or UUID"
    time_types = "DateTime, DateTime64 or Date"
    texts_may_be_json = True

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def note_oddities(self, notes: list[str]) -> None:
        pass

    def find_table(self, typed: str, option: str) -> FoundTable:
        ((database,),) = self._warehouse.rows("SELECT currentDatabase()")
        tables = [
            FoundTable((schema, name), rows) for schema, name, rows in self._warehouse.rows(_TABLES)
        ]
        return choose_table(tables, typed, option, default=[database])

    def find_columns(self, table: FoundTable) -> dict[str, FoundColumn]:
        database, name = (exp.Literal.string(part).sql(dialect="clickhouse") for part in table.path)
        rows = self._warehouse.rows(_COLUMNS.format(database=database, table=name))
        return {name: _read_column(name, stored) for name, stored in rows}

    def first_by(self, table: FoundTable, columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
        """Parts are merged in the background: rows lie in no order that stays."""
        return by_all_values(columns)

    def spell_time(self, instant: Expr) -> Expr:
        return call("formatDateTime", instant, text("%Y-%m-%dT%H:%i:%SZ"))

    def draw(self, table: exp.Table, fraction: float) -> None:
        raise NotImplementedError("Columns are read so fast that none is sampled.")


def _read_column(name: str, stored: str) -> FoundColumn:
    kind, kind_of = _kind(stored)
    return FoundColumn(
        name,
        stored,
        kind,
        kind_of,
        as_text=_as_text(kind),
        as_time=kind if kind_of == "time" else None,
        # Against a day the server would compare the bound in its own zone.
        is_comparable=kind != "date",
        is_ordered=kind_of != "json",
    )


def _kind(stored: str) -> tuple[str | None, PropertyType]:
    """In the words of `cohorts.sql.clickhouse.ClickHouse.read`."""
    base, inside = _split(stored)
    if base in _WRAPPERS:
        return _kind(inside.split(", ", 1)[1] if base == "SimpleAggregateFunction" else inside)
    if base == "String" or base in _SPELLED:
        return "text", "string"
    if base == "FixedString":
        return "padded", "string"
    if base == "Bool":
        return "boolean", "boolean"
    if base in ("Date", "Date32"):
        return "date", "time"
    if base in ("DateTime", "DateTime64"):
        return "time", "time"
    if base in _NESTED:
        return "nested", "json"
    if base in ("JSON", "Object"):
        return "document", "json"
    return _number_kind(base, inside)


def _number_kind(base: str, inside: str) -> tuple[str | None, PropertyType]:
    """Others have no text that a person would look for."""
    if base in _WHOLE:
        return "whole", "number"
    if base in _WIDE:
        return "wide", "number"
    if base in ("Float32", "BFloat16"):
        return "real", "number"
    if base == "Float64":
        return "double", "number"
    if base.startswith("Decimal"):
        precision, scale = (int(part) for part in inside.split(","))
        is_whole = scale == 0 and precision <= 18
        return ("whole decimal" if is_whole else "decimal"), "number"
    return None, "string"


def _as_text(kind: str | None) -> str | None:
    if kind in ("text", "padded"):
        return kind
    return "text" if kind in ("whole", "wide", "decimal", "whole decimal") else None


def _split(stored: str) -> tuple[str, str]:
    """`Nullable(String)` as its name and what is inside."""
    found = re.fullmatch(r"(\w+)\((.*)\)", stored, re.DOTALL)
    return (found[1], found[2]) if found else (stored, "")
