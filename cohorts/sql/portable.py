"""The layout in which SQL is written for an engine that the dataset does not live in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cohorts.definitions.catalog import Catalog, Property
from cohorts.sql.dialect import Dialect
from cohorts.sql.layout import STORED_TIME, Layout, Source, StoredColumn, warehouse_layout

# What a dialect reads a column of the type by; the others are read as they are.
_KINDS = {"string": "text"}
# Not the names of the tables: an engine could take a named query for one that reads itself.
_EVENTS, _USERS = "event_rows", "user_rows"


def portable_layout(own: Layout, catalog: Catalog, dialect: Dialect) -> Layout:
    """Two tables of the dataset's own names and columns, with one row per user in that of the
    users, of which there is none where the dataset knows nothing about users."""
    events = {own.id: "text", own.event: "text", own.time: "time"}
    sources = {_EVENTS: _source(own, "events", events, catalog.event_properties, dialect)}
    if catalog.user_properties:
        sources[_USERS] = _source(own, "users", {own.id: "text"}, catalog.user_properties, dialect)
    layout = warehouse_layout(sources[_EVENTS], sources.get(_USERS))
    users_table = _USERS if _USERS in sources else None
    return replace(layout, events=_EVENTS, users=users_table, sources=sources)


def _source(
    own: Layout,
    table: str,
    fixed: Mapping[str, str],
    properties: Iterable[Property],
    dialect: Dialect,
) -> Source:
    kinds = {**fixed, **{each.column: _KINDS.get(each.type, each.type) for each in properties}}
    stored = own.sources.get(table)
    columns = {
        alias: StoredColumn(dialect.fold(stored.columns[alias].name if stored else alias), kind)
        for alias, kind in kinds.items()
    }
    if own.time in columns:
        columns[STORED_TIME] = columns[own.time]
    parts = stored.table if stored else (table,)
    return Source(tuple(map(dialect.fold, parts)), columns)
