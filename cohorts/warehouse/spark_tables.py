"""Which tables and columns a Spark warehouse has, and how each column is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from sqlglot import exp

from cohorts.definitions.catalog import PropertyType
from cohorts.definitions.problems import quote
from cohorts.sql.expressions import Expr, call, text
from cohorts.warehouse.errors import LoadError, WarehouseError
from cohorts.warehouse.found_tables import (
    FoundColumn,
    FoundTable,
    by_all_values,
    choose_table,
    parts_of,
)
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.spark import Spark

_KINDS: dict[str, tuple[str, PropertyType]] = {
    "bigint": ("whole", "number"),
    "boolean": ("boolean", "boolean"),
    "date": ("date", "time"),
    "double": ("double", "number"),
    "float": ("real", "number"),
    "int": ("whole", "number"),
    "smallint": ("whole", "number"),
    "string": ("text", "string"),
    "timestamp": ("time", "time"),
    "timestamp_ntz": ("naive", "time"),
    "tinyint": ("whole", "number"),
    "variant": ("variant", "json"),
}
_AS_TEXT = {"text": "text", "whole": "text", "decimal": "text", "whole decimal": "text"}


class SparkTables:
    id_types = "string, whole numbers or decimals"
    time_types = "timestamp, timestamp_ntz or date"
    texts_may_be_json = True

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = cast(Spark, warehouse)

    def note_oddities(self, notes: list[str]) -> None:
        pass

    def find_table(self, typed: str, option: str) -> FoundTable:
        ((catalog, schema),) = self._warehouse.rows("SELECT current_catalog(), current_schema()")
        parts = parts_of(typed, most=3)
        place = ((catalog, schema)[: 3 - len(parts)] + parts[:-1])[-2:]
        # Names of tables do not differ by case here.
        tables = [FoundTable((*place, name)) for name in self._names(place, typed, option)]
        by_case = {each.path[-1].lower(): each for each in tables}
        found = by_case.get(parts[-1].lower())
        return found or choose_table(tables, typed, option, default=place)

    def _names(self, place: Sequence[str], typed: str, option: str) -> list[str]:
        spelled = ".".join(_quoted(part) for part in place)
        try:
            rows = self._warehouse.rows(f"SHOW TABLES IN {spelled}")
            rows += self._warehouse.rows(f"SHOW VIEWS IN {spelled}")
        except WarehouseError as error:
            if error.kind not in ("source", "query") or "lost" in error.message:
                raise
            raise LoadError(
                f"{option}: there is no schema {quote('.'.join(place))} for {quote(typed)}. "
                "Give the table as schema.table or catalog.schema.table."
            ) from None
        return sorted({name for _, name, is_temporary in rows if not is_temporary})

    def find_columns(self, table: FoundTable) -> dict[str, FoundColumn]:
        return {
            name: _read_column(name, stored)
            for name, stored in self._warehouse.columns_of(table.path)
        }

    def first_by(self, table: FoundTable, columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
        """Rows of a distributed table lie in no order."""
        return by_all_values(columns)

    def spell_time(self, instant: Expr) -> Expr:
        return call("date_format", instant, text("yyyy-MM-dd'T'HH:mm:ss'Z'"))

    def draw(self, table: exp.Table, fraction: float) -> None:
        raise NotImplementedError("A sample would read the whole table all the same.")


def _read_column(name: str, stored: str) -> FoundColumn:
    kind, kind_of = _kind(stored)
    return FoundColumn(
        name,
        stored,
        kind,
        kind_of,
        as_text=_AS_TEXT.get(kind or ""),
        as_time=kind if kind_of == "time" else None,
        is_ordered=kind_of != "json",
    )


def _kind(stored: str) -> tuple[str | None, PropertyType]:
    """In the words of `cohorts.sql.spark.Spark.read`."""
    if stored in _KINDS:
        return _KINDS[stored]
    if stored.startswith(("varchar(", "char(", "string ")):
        return "text", "string"
    if decimal := re.fullmatch(r"decimal\((\d+),(-?\d+)\)", stored):
        is_whole = int(decimal[2]) == 0 and int(decimal[1]) <= 18
        return ("whole decimal" if is_whole else "decimal"), "number"
    if stored.startswith(("array<", "map<", "struct<")):
        return "nested", "json"
    return None, "string"


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"
