"""Which tables and columns a PostgreSQL warehouse has, and how each column is stored."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from cohorts.definitions.catalog import PropertyType
from cohorts.sql.expressions import Expr, call, text
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.found_tables import FoundColumn, FoundTable, by_all_values, choose_table
from cohorts.warehouse.protocol import Warehouse

_TABLES = """
SELECT n.nspname, c.relname, c.relkind::text, c.reltuples::bigint,
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
  WHERE a.attrelid = {relation}::regclass AND a.attnum > 0 AND NOT a.attisdropped
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
    WHERE i.indrelid = {relation}::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
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

_AS_TEXT = {
    "text": "text",
    "collated": "collated",
    "spelled": "spelled",
    "whole": "spelled",
    "decimal": "spelled decimal",
    "whole decimal": "spelled decimal",
}
_ISO = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


class PostgreSQLTables:
    id_types = "text, whole numbers, decimals or uuid"
    time_types = "timestamptz, timestamp or date"
    texts_may_be_json = False

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def note_oddities(self, notes: list[str]) -> None:
        ((folds,),) = self._warehouse.rows("SELECT lower('Ä') = 'ä'")
        if not folds:
            notes.append(
                "The database's LC_CTYPE is C: ignoring case works for the letters a to z alone."
            )

    def find_table(self, typed: str, option: str) -> FoundTable:
        tables = [
            FoundTable((schema, name), rows, is_readable, relation in ("r", "p", "m"))
            for schema, name, relation, rows, is_readable in self._warehouse.rows(_TABLES)
        ]
        found = choose_table(tables, typed, option, default=["public"])
        if not found.is_readable:
            raise LoadError(
                f"{option}: the user of --url may not read {found.spelled}. "
                f"GRANT it USAGE on the schema and SELECT on the table."
            )
        return found

    def find_columns(self, table: FoundTable) -> dict[str, FoundColumn]:
        name = exp.table_(table.path[1], db=table.path[0], quoted=True).sql(dialect="postgres")
        relation = exp.Literal.string(name).sql(dialect="postgres")
        rows = self._warehouse.rows(_COLUMNS.format(relation=relation))
        return {row[0]: _read_column(row) for row in rows}

    def first_by(self, table: FoundTable, columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
        """The order in which rows lie in a table; a view's rows go by all their values."""
        return ("tableoid", "ctid") if table.has_places else by_all_values(columns)

    def spell_time(self, instant: Expr) -> Expr:
        return call("to_char", instant, text(_ISO))

    def draw(self, table: exp.Table, fraction: float) -> None:
        """A sample of its blocks, the same each time."""
        percent = exp.Literal.number(f"{min(100.0, fraction * 100):.6f}")
        sample = exp.TableSample(
            method=exp.var("SYSTEM"), percent=percent, seed=exp.Literal.number(1)
        )
        table.set("sample", sample)


def _read_column(row: tuple) -> FoundColumn:
    name, stored, category, variety, typmod, is_plain, is_readable, spelled, is_unique = row
    kind, kind_of = _kind(stored, category, variety, typmod, is_plain=is_plain)
    return FoundColumn(
        name,
        spelled,
        kind,
        kind_of,
        as_text=_AS_TEXT.get(kind or ""),
        as_time=kind if kind in ("zoned", "naive", "date") else None,
        is_ordered=kind_of != "json" and kind != "spelled",
        is_unique=is_unique,
        is_readable=is_readable,
    )


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
