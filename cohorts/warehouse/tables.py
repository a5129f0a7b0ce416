"""Tables of an existing warehouse as a dataset: what a person names, and what is found there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cohorts.definitions.catalog import Catalog
from cohorts.sql.layout import Source


@dataclass(frozen=True)
class TableSet:
    """The tables of a dataset and the names of their columns, as a person gives them."""

    events: str
    user_id: str
    event: str
    time: str
    users: str | None = None
    users_id: str | None = None


@dataclass(frozen=True)
class Surveyed:
    """`events` and `users` say how the tables are read; `notes` are lines for the person."""

    events: Source
    users: Source | None
    catalog: Catalog
    event_count: int
    user_count: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    notes: tuple[str, ...] = ()
