"""The physical names of a dataset's tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`key` joins the two tables; `id` is the user id as stored.

    Where `listed` and `first_event` are given, the users table holds a row for every id of
    either table, so that the population is read from it alone. Without them a user may stand
    in one table only, and the population is made of both.
    """

    events: str = "events"
    users: str | None = "users"
    event_key: str = "uid"
    user_key: str = "uid"
    id: str = "id"
    event: str = "event"
    time: str = "time"
    listed: str | None = "listed"
    first_event: str | None = "first_event_at"

    @property
    def users_are_complete(self) -> bool:
        return self.users is not None and self.first_event is not None


DUCKDB_FILE = Layout()
