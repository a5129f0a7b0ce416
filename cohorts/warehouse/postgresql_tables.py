"""Which tables and columns a PostgreSQL warehouse has, and how each column is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cohorts.definitions.catalog import PropertyType
from cohorts.definitions.problems import find_nearest, join_or, quote
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.postgresql import PostgreSQL

_TABLES = """
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.reltuples::bigint,
  has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname
"""

# A domain is stored as the type it is of.
_COLUMNS = """
WITH RECURSIVE stored AS (
  SELECT a.attname, a.attnum, a.attcollation, a.atttypmod AS typmod, t.oid AS type,
    has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
  WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT s.attname, s.attnum, s.attcollation,
    CASE WHEN s.typmod = -1 THEN t.typtypmod ELSE s.typmod END, t.typbasetype, s.readable
  FROM stored AS s JOIN pg_type AS t ON t.oid = s.type WHERE t.typtype = 'd'
)
SELECT s.attname, t.typname, t.typcategory::text, t.typtype::text, s.typmod,
  COALESCE(c.collisdeterministic, TRUE), s.readable,
  format_type(s.type, CASE WHEN s.typmod = -1 THEN NULL ELSE s.typmod END),
  EXISTS (
    SELECT 1 FROM pg_index AS i
    WHERE i.indrelid = {oid} AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
      AND i.indnkeyatts = 1 AND i.indkey[0] = s.attnum
  )
FROM stored AS s JOIN pg_type AS t ON t.oid = s.type
LEFT JOIN pg_collation AS c ON c.oid = s.attcollation
WHERE t.typtype <> 'd'
ORDER BY s.attnum
"""

_KINDS: dict[str, tuple[str, PropertyType]] = {
    "bool": ("boolean", "boolean"),
    "date": ("date", "time"),
    "float4": ("real", "number"),
    "float8": ("double", "number"),
    "int2": ("whole", "number"),
    "int4": ("whole", "number"),
    "int8": ("whole", "number"),
    "json": ("json", "json"),
    "jsonb": ("jsonb", "json"),
    "text": ("text", "string"),
    "timestamp": ("naive", "time"),
    "timestamptz": ("zoned", "time"),
    "varchar": ("text", "string"),
}
# Others are left out: bytes and search vectors have no text that a person would look for.
_SPELLED = frozenset(
    (
        *("bit", "bpchar", "char", "cidr", "citext", "inet", "interval", "macaddr", "macaddr8"),
        *("money", "name", "oid", "time", "timetz", "uuid", "varbit", "xml"),
    )
)


@dataclass(frozen=True)
class FoundTable:
    oid: int
    schema: str
    name: str
    relation: str
    # As the server's last look at it says; -1 if it never looked.
    rows: int

    @property
    def spelled(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def has_places(self) -> bool:
        """Do its rows lie somewhere, in an order?"""
        return self.relation in ("r", "p", "m")


@dataclass(frozen=True)
class FoundColumn:
    """`kind` is a word of `cohorts.sql.postgresql.PostgreSQL.read`; None cannot be read."""

    name: str
    kind: str | None
    type: PropertyType
    spelled_type: str
    is_unique: bool
    is_readable: bool


def find_table(warehouse: PostgreSQL, typed: str, option: str) -> FoundTable:
    parts = tuple(_parts(typed))
    tables = warehouse.rows(_TABLES)
    found = _matching(tables, parts) or _matching(tables, tuple(part.lower() for part in parts))
    if len(found) > 1:
        # As the server itself would look it up, unless told otherwise.
        found = [row for row in found if row[1] == "public"] or found
    if len(found) > 1:
        choices = join_or([f"{row[1]}.{row[2]}" for row in found[:5]])
        raise LoadError(f"{option}: several schemas have a table {quote(typed)}: {choices}.")
    if not found:
        raise LoadError(_unknown_table(typed, option, tables))
    oid, schema, name, relation, rows, is_readable = found[0]
    if not is_readable:
        raise LoadError(
            f"{option}: the user of --url may not read {schema}.{name}. "
            f"GRANT it USAGE on the schema and SELECT on the table."
        )
    return FoundTable(oid, schema, name, relation, rows)


def find_columns(warehouse: PostgreSQL, table: FoundTable) -> dict[str, FoundColumn]:
    rows = warehouse.rows(_COLUMNS.format(oid=int(table.oid)))
    return {row[0]: _read_column(row) for row in rows}


def get_column(
    columns: dict[str, FoundColumn], typed: str, option: str, table: FoundTable
) -> FoundColumn:
    column = columns.get(typed) or columns.get(typed.lower())
    if column is None:
        near = find_nearest(typed, columns) or list(columns)[:10]
        raise LoadError(
            f"{option}: {table.spelled} has no column {quote(typed)}. It has {join_or(near)}."
        )
    if not column.is_readable:
        raise LoadError(
            f"{option}: the user of --url may not read {table.spelled}.{column.name}. "
            "GRANT SELECT on it."
        )
    return column


def _matching(tables: Sequence[tuple], parts: tuple[str, ...]) -> list[tuple]:
    return [row for row in tables if (row[1], row[2])[-len(parts) :] == parts]


def _parts(typed: str) -> Iterator[str]:
    """`schema.table`, either in double quotes where it holds a dot."""
    parts = re.findall(r'"(?:[^"]|"")+"|[^."]+', typed)
    if not 1 <= len(parts) <= 2 or ".".join(parts) != typed.strip():
        raise LoadError(f"{quote(typed)} is not the name of a table. Give it as schema.table.")
    for part in parts:
        yield part[1:-1].replace('""', '"') if part.startswith('"') else part.strip()


def _unknown_table(typed: str, option: str, tables: Sequence[tuple]) -> str:
    known = [f"{row[1]}.{row[2]}" for row in tables if row[5]]
    if not known:
        return f"{option}: the user of --url can read no table of this database."
    near = find_nearest(typed, known) or find_nearest(f"public.{typed}", known) or known[:10]
    return f"{option}: there is no table {quote(typed)}. There is {join_or(near)}."


def _read_column(row: tuple) -> FoundColumn:
    name, stored, category, variety, typmod, is_plain, is_readable, spelled, is_unique = row
    kind, kind_of = _kind(stored, category, variety, typmod, is_plain=is_plain)
    return FoundColumn(name, kind, kind_of, spelled, is_unique, is_readable)


def _kind(
    stored: str, category: str, variety: str, typmod: int, *, is_plain: bool
) -> tuple[str | None, PropertyType]:
    if stored == "numeric":
        return _decimal_kind(typmod), "number"
    if stored in ("text", "varchar") and not is_plain:
        return "collated", "string"
    if stored in _KINDS:
        return _KINDS[stored]
    if category == "A" or variety == "c":
        return "nested", "json"
    if stored in _SPELLED or variety in ("e", "r", "m"):
        return "spelled", "string"
    return None, "string"


def _decimal_kind(typmod: int) -> str:
    """Whole numbers of at most 18 digits are read exactly, all others as doubles."""
    if typmod < 4:
        return "decimal"
    precision, scale = (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF
    return "whole decimal" if scale == 0 and precision <= 18 else "decimal"
