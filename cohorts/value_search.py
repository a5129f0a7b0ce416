"""Values to choose from while typing: the catalog's most frequent, then the data's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from cohorts.definitions.catalog import Catalog, Property, Scope
from cohorts.models import Dataset
from cohorts.sql.compile import to_sql
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    call,
    column,
    count_rows,
    is_one_of,
    select,
    table,
    text,
)
from cohorts.sql.sources import with_sources
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouses import layout_of, open_warehouse

LIMIT = 20
# Suggestions that come later than this come too late to be of help.
TIME_LIMIT = 3.0
ANY_EVENT = "*"


@dataclass(frozen=True)
class FoundValue:
    value: str
    count: int


def search_values(
    dataset: Dataset, scope: Scope, name: str, typed: str, events: Sequence[str] = ()
) -> list[FoundValue]:
    """The most frequent values that contain what was typed, whatever its case."""
    found = Catalog.from_json(dataset.catalog).find_property(scope, name)
    if found is None:
        return []
    known, path = found
    listed = [] if path else _in_catalog(known, typed)
    if known.type not in ("string", "json") or (known.type == "json" and not path):
        return listed
    # The catalog's counts are over all events, so it answers alone only when no event is asked.
    if listed and (known.has_all_values or (not typed and not events)):
        return listed
    try:
        return _in_data(dataset, scope, known, path, typed, events) or listed
    except WarehouseError:
        # A help that cannot be had: the field takes what is typed all the same.
        return listed


def _in_catalog(known: Property, typed: str) -> list[FoundValue]:
    needle = typed.casefold()
    matching = [FoundValue(v, n) for v, n in known.top_values if needle in v.casefold()]
    return matching[:LIMIT]


def _in_data(
    dataset: Dataset,
    scope: Scope,
    known: Property,
    path: tuple[str, ...],
    typed: str,
    events: Sequence[str],
) -> list[FoundValue]:
    sql = _compile(dataset, scope, known, path, typed, events)
    with open_warehouse(dataset, time_limit=TIME_LIMIT) as warehouse:
        return [FoundValue(value, count) for value, count in warehouse.rows(sql)]


def _compile(
    dataset: Dataset,
    scope: Scope,
    known: Property,
    path: tuple[str, ...],
    typed: str,
    events: Sequence[str],
) -> str:
    dialect, layout = DIALECTS[dataset.engine], layout_of(dataset)
    stored = column("t", known.column)
    value = dialect.json_text(stored, path) if path else stored
    source = layout.events if scope == "event" else layout.users or ""
    wanted: list[Expr] = [exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))]
    if typed:
        needle = call("lower", text(typed))
        wanted.append(dialect.contains(dialect.lower(value.copy()), needle))
    if scope == "event" and events and ANY_EVENT not in events:
        names = [text(event) for event in events]
        wanted.append(is_one_of(column("t", layout.event), names))
    query = select(aliased(value, "value"), aliased(count_rows(), "n")).from_(table(source, "t"))
    query = query.where(all_of(wanted)).group_by(exp.Literal.number(1))
    query = query.order_by("n DESC", exp.Literal.number(1)).limit(LIMIT)
    return to_sql(with_sources(query, layout, dialect), dataset.engine)
