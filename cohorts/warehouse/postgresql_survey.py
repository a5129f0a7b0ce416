"""From the names of tables to a dataset: how they are read, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.problems import quote
from cohorts.sql.layout import STORED_TIME, Source, StoredColumn, warehouse_layout
from cohorts.warehouse.columns import physical_names
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.postgresql import PostgreSQL
from cohorts.warehouse.postgresql_profile import Profile
from cohorts.warehouse.postgresql_tables import (
    FoundColumn,
    FoundTable,
    find_columns,
    find_table,
    get_column,
)
from cohorts.warehouse.tables import Surveyed, TableSet

# No question about a large table may keep the person waiting for longer.
_PATIENCE = 60.0
_ID_TYPES = "text, whole numbers, decimals or uuid"


class _Survey:
    def __init__(self, warehouse: PostgreSQL, tables: TableSet) -> None:
        self.warehouse = warehouse
        self.tables = tables
        self.notes: list[str] = []

    def check_letters(self) -> None:
        ((folds,),) = self.warehouse.rows("SELECT lower('Ä') = 'ä'")
        if not folds:
            self.notes.append(
                "The database's LC_CTYPE is C: ignoring case works for the letters a to z alone."
            )

    def read_events(self) -> tuple[FoundTable, Source, tuple[Property, ...]]:
        table = find_table(self.warehouse, self.tables.events, "--events-table")
        columns = find_columns(self.warehouse, table)
        user_id = get_column(columns, self.tables.user_id, "--user-id", table)
        event = get_column(columns, self.tables.event, "--event", table)
        time = get_column(columns, self.tables.time, "--time", table)
        if time.kind not in ("zoned", "naive", "date"):
            raise LoadError(
                f"--time: {table.spelled}.{time.name} is of type {time.spelled_type}. It must be "
                "timestamptz, timestamp or date; a view can turn it into one."
            )
        read = {
            "id": StoredColumn(user_id.name, _text_kind(user_id, "--user-id", table)),
            "event": StoredColumn(event.name, _text_kind(event, "--event", table)),
            "time": StoredColumn(time.name, time.kind),
            STORED_TIME: StoredColumn(time.name, time.kind),
        }
        kept = {user_id.name, event.name, time.name}
        properties, stored = self._properties(table, columns, kept)
        return table, Source((table.schema, table.name), read | stored), properties

    def read_users(self) -> tuple[FoundTable, Source, tuple[Property, ...]] | None:
        if self.tables.users is None:
            return None
        table = find_table(self.warehouse, self.tables.users, "--users-table")
        columns = find_columns(self.warehouse, table)
        option = "--users-id" if self.tables.users_id else "--user-id"
        typed = self.tables.users_id or self.tables.user_id
        user_id = get_column(columns, typed, option, table)
        read = {"id": StoredColumn(user_id.name, _text_kind(user_id, option, table))}
        properties, stored = self._properties(table, columns, {user_id.name})
        first_by = () if user_id.is_unique else _first_by(table, columns)
        return table, Source((table.schema, table.name), read | stored, first_by), properties

    def _properties(
        self, table: FoundTable, columns: Mapping[str, FoundColumn], taken: set[str]
    ) -> tuple[tuple[Property, ...], dict[str, StoredColumn]]:
        rest = [column for column in columns.values() if column.name not in taken]
        left_out = [each.name for each in rest if not each.is_readable or each.kind is None]
        if left_out:
            names = ", ".join(quote(name) for name in left_out)
            self.notes.append(
                f"{table.spelled}: left out, as their types are not read or may not be: {names}."
            )
        usable = [column for column in rest if column.name not in left_out]
        aliases = physical_names([column.name for column in usable])
        properties, stored = [], {}
        for column, alias in zip(usable, aliases, strict=True):
            properties.append(Property(name=column.name, column=alias, type=column.type))
            stored[alias] = StoredColumn(column.name, column.kind or "")
        return tuple(properties), stored


def survey(url: str, tables: TableSet, *, timezone: str, time_limit: float) -> Surveyed:
    with PostgreSQL(url, time_limit=min(time_limit, _PATIENCE)) as warehouse:
        found = _Survey(warehouse, tables)
        found.check_letters()
        events_table, events, event_properties = found.read_events()
        users = found.read_users()
        layout = warehouse_layout(events, users[1] if users else None)
        profile = Profile(warehouse, layout, found.notes)
        total = profile.count_events(events_table)
        catalog = Catalog(
            timezone=timezone,
            events=profile.find_events(events_table),
            event_properties=profile.fill("events", events_table, event_properties),
            user_properties=profile.fill("users", users[0], users[2]) if users else (),
        )
        if users:
            profile.check_users(users[0])
        return Surveyed(
            events=events,
            users=users[1] if users else None,
            catalog=catalog,
            event_count=total.count,
            user_count=profile.count_users(catalog, datetime.now(UTC)),
            first_event_at=total.first,
            last_event_at=total.last,
            notes=tuple(found.notes),
        )


def _text_kind(column: FoundColumn, option: str, table: FoundTable) -> str:
    """How a column is read as text: ids and event names are compared as such."""
    match column.kind:
        case "text" | "collated" | "spelled":
            return column.kind
        case "whole":
            return "spelled"
        case "decimal" | "whole decimal":
            return "spelled decimal"
        case _:
            raise LoadError(
                f"{option}: {table.spelled}.{column.name} is of type {column.spelled_type}. "
                f"It must be {_ID_TYPES}; a view can turn it into text."
            )


def _first_by(table: FoundTable, columns: Mapping[str, FoundColumn]) -> tuple[str, ...]:
    """The order in which rows lie in a table; a view's rows go by all their values."""
    if table.has_places:
        return ("tableoid", "ctid")
    ordered = (each for each in columns.values() if each.is_readable and each.kind)
    return tuple(each.name for each in ordered if each.type != "json" and each.kind != "spelled")
