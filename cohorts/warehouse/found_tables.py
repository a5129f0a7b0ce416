"""The tables and columns of a warehouse, as a survey finds them, and how a person names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from cohorts.definitions.catalog import PropertyType
from cohorts.definitions.problems import find_nearest, join_or, quote
from cohorts.sql.expressions import Expr
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.protocol import Warehouse


@dataclass(frozen=True)
class FoundTable:
    """`path` is its name in parts, schema before table. `rows` is -1 where nobody counted."""

    path: tuple[str, ...]
    rows: int = -1
    is_readable: bool = True
    # Do its rows lie somewhere, in an order?
    has_places: bool = False

    @property
    def spelled(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True)
class FoundColumn:
    """The kinds are words of the dialect's `read`: as a property, as a text (for ids and names)
    and as a time. None cannot be read so. `is_unique` says that no two rows have one value."""

    name: str
    spelled_type: str
    kind: str | None
    type: PropertyType = "string"
    as_text: str | None = None
    as_time: str | None = None
    # Can windows be compared with the column as it is stored?
    is_comparable: bool = True
    # Can rows be put in an order by it?
    is_ordered: bool = True
    is_unique: bool = False
    is_readable: bool = True


class Tables(Protocol):
    """What an engine's catalog says. The texts name types as a person of that engine would."""

    id_types: str
    time_types: str
    # Do people of that engine keep JSON in columns of texts, read by the same kind?
    texts_may_be_json: bool

    def note_oddities(self, notes: list[str]) -> None: ...

    def find_table(self, typed: str, option: str) -> FoundTable: ...

    def find_columns(self, table: FoundTable) -> dict[str, FoundColumn]: ...

    def first_by(self, table: FoundTable, columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
        """What says which of several rows of one id is the first."""
        ...

    def spell_time(self, instant: Expr) -> Expr:
        """Like 2026-01-01T00:00:00Z."""
        ...

    def draw(self, table: exp.Table, fraction: float) -> None:
        """Makes the query read a part of the table only; for tables whose rows have places."""
        ...


class OpenTables(Protocol):
    def __call__(self, warehouse: Warehouse) -> Tables: ...


def parts_of(typed: str, most: int = 2) -> tuple[str, ...]:
    """`schema.table`, each in double quotes or backticks where it holds a dot."""
    parts = re.findall(r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^."`]+', typed)
    if not 1 <= len(parts) <= most or ".".join(parts) != typed.strip():
        shape = ".".join(("catalog", "schema", "table")[-most:])
        raise LoadError(f"{quote(typed)} is not the name of a table. Give it as {shape}.")
    return tuple(_unquoted(part) for part in parts)


def choose_table(
    tables: Sequence[FoundTable], typed: str, option: str, *, default: Sequence[str]
) -> FoundTable:
    """The table of that name; among several the one in the default schema."""
    parts = parts_of(typed)
    found = _matching(tables, parts) or _matching(tables, tuple(part.lower() for part in parts))
    if len(found) > 1:
        # As the server itself would look it up, unless told otherwise.
        found = [each for each in found if each.path[:-1] == tuple(default)] or found
    if len(found) > 1:
        choices = join_or([each.spelled for each in found[:5]])
        raise LoadError(f"{option}: several schemas have a table {quote(typed)}: {choices}.")
    if not found:
        raise LoadError(_unknown_table(typed, option, tables, default))
    return found[0]


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


def by_all_values(columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
    """Where rows lie in no order of their own, they go by all their values."""
    return tuple(
        each.name
        for each in columns.values()
        if each.is_readable and each.kind is not None and each.is_ordered
    )


def _unquoted(part: str) -> str:
    mark = part[0]
    return part[1:-1].replace(mark * 2, mark) if mark in '"`' else part.strip()


def _matching(tables: Sequence[FoundTable], parts: tuple[str, ...]) -> list[FoundTable]:
    return [each for each in tables if each.path[-len(parts) :] == parts]


def _unknown_table(
    typed: str, option: str, tables: Sequence[FoundTable], default: Sequence[str]
) -> str:
    known = [each.spelled for each in tables if each.is_readable]
    if not known:
        return f"{option}: the user of --url can read no table of this database."
    inside = ".".join((*default, typed))
    near = find_nearest(typed, known) or find_nearest(inside, known) or known[:10]
    return f"{option}: there is no table {quote(typed)}. There is {join_or(near)}."
