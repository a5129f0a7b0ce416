"""What a dataset holds: its events, its properties and how they are typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

PropertyType = Literal["string", "number", "boolean", "time", "json"]
Scope = Literal["event", "user"]
# Of a number whose decimals are known, before and after the point together.
MOST_DIGITS = 18


@dataclass(frozen=True)
class Property:
    """`column` is the physical column of the dataset's table. `top_values` are the most
    frequent values as text with their counts; `filled` counts the rows that have a value. No
    value of a number property has more `decimals` than that; None: not known, or too many."""

    name: str
    column: str
    type: PropertyType
    top_values: tuple[tuple[str, int], ...] = ()
    json_paths: tuple[str, ...] = ()
    filled: int = 0
    decimals: int | None = None

    @property
    def has_all_values(self) -> bool:
        """Are the listed values every value there is?"""
        return bool(self.top_values) and sum(n for _, n in self.top_values) >= self.filled


@dataclass(frozen=True)
class Event:
    """`first_at` and `last_at` are ISO instants in UTC. `pairs` is the sum over users of the square
    of how often each did it, if known: what comparing each time with each other time costs."""

    name: str
    count: int
    first_at: str | None = None
    last_at: str | None = None
    pairs: int | None = None


@dataclass(frozen=True)
class Catalog:
    timezone: str
    events: tuple[Event, ...] = ()
    event_properties: tuple[Property, ...] = ()
    user_properties: tuple[Property, ...] = ()
    # One of so many users stands with all events in tables for estimates too; 0: there are none.
    sample_of: int = 0

    def properties(self, scope: Scope) -> tuple[Property, ...]:
        return self.event_properties if scope == "event" else self.user_properties

    def find_property(self, scope: Scope, name: str) -> tuple[Property, tuple[str, ...]] | None:
        """The property a definition means by `name`, and the path inside it if it is JSON.

        A column of exactly that name wins; else the longest JSON column that `name` begins with.
        """
        by_name = {known.name: known for known in self.properties(scope)}
        if name in by_name:
            return by_name[name], ()
        parts = name.split(".")
        for length in range(len(parts) - 1, 0, -1):
            column = by_name.get(".".join(parts[:length]))
            if column is not None and column.type == "json":
                return column, tuple(parts[length:])
        return None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Catalog:
        return cls(
            timezone=data["timezone"],
            events=tuple(Event(**event) for event in data.get("events", ())),
            event_properties=tuple(map(_read_property, data.get("event_properties", ()))),
            user_properties=tuple(map(_read_property, data.get("user_properties", ()))),
            sample_of=data.get("sample_of", 0),
        )


def _read_property(data: Mapping[str, Any]) -> Property:
    return Property(
        name=data["name"],
        column=data["column"],
        type=data["type"],
        top_values=tuple((str(value), int(count)) for value, count in data.get("top_values", ())),
        json_paths=tuple(data.get("json_paths", ())),
        filled=data.get("filled", 0),
        decimals=data.get("decimals"),
    )
