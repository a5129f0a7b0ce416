"""From the names of tables to a dataset: how they are read, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.problems import quote
from cohorts.sql.layout import STORED_TIME, Source, StoredColumn, warehouse_layout
from cohorts.warehouse.columns import physical_names
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.found_tables import FoundColumn, FoundTable, Tables, get_column
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.table_profile import Profile
from cohorts.warehouse.tables import Surveyed, TableSet


class _Survey:
    def __init__(self, found: Tables, named: TableSet) -> None:
        self.found = found
        self.named = named
        self.notes: list[str] = []

    def read_events(self) -> tuple[FoundTable, Source, tuple[Property, ...]]:
        table = self.found.find_table(self.named.events, "--events-table")
        columns = self.found.find_columns(table)
        user_id = get_column(columns, self.named.user_id, "--user-id", table)
        event = get_column(columns, self.named.event, "--event", table)
        time = get_column(columns, self.named.time, "--time", table)
        if time.as_time is None:
            raise LoadError(
                f"--time: {table.spelled}.{time.name} is of type {time.spelled_type}. It must be "
                f"{self.found.time_types}; a view can turn it into one."
            )
        read = {
            "id": StoredColumn(user_id.name, self._as_text(user_id, "--user-id", table)),
            "event": StoredColumn(event.name, self._as_text(event, "--event", table)),
            "time": StoredColumn(time.name, time.as_time),
        }
        if time.is_comparable:
            read[STORED_TIME] = StoredColumn(time.name, time.as_time)
        kept = {user_id.name, event.name, time.name}
        properties, stored = self._properties(table, columns, kept)
        return table, Source(table.path, read | stored), properties

    def read_users(self) -> tuple[FoundTable, Source, tuple[Property, ...]] | None:
        if self.named.users is None:
            return None
        table = self.found.find_table(self.named.users, "--users-table")
        columns = self.found.find_columns(table)
        option = "--users-id" if self.named.users_id else "--user-id"
        typed = self.named.users_id or self.named.user_id
        user_id = get_column(columns, typed, option, table)
        read = {"id": StoredColumn(user_id.name, self._as_text(user_id, option, table))}
        properties, stored = self._properties(table, columns, {user_id.name})
        first_by = () if user_id.is_unique else self.found.first_by(table, columns)
        return table, Source(table.path, read | stored, first_by), properties

    def _as_text(self, column: FoundColumn, option: str, table: FoundTable) -> str:
        """How a column is read as text: ids and event names are compared as such."""
        if column.as_text is None:
            raise LoadError(
                f"{option}: {table.spelled}.{column.name} is of type {column.spelled_type}. "
                f"It must be {self.found.id_types}; a view can turn it into text."
            )
        return column.as_text

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


def survey_tables(warehouse: Warehouse, found: Tables, named: TableSet, timezone: str) -> Surveyed:
    """LoadError for what a person can put right in their command."""
    survey = _Survey(found, named)
    found.note_oddities(survey.notes)
    events_table, events, event_properties = survey.read_events()
    users = survey.read_users()
    layout = warehouse_layout(events, users[1] if users else None)
    profile = Profile(warehouse, found, layout, survey.notes)
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
        notes=tuple(survey.notes),
    )
