"""What is in the tables of a warehouse: exact where that is quick, else by a sample."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlglot import exp

from cohorts.definitions.catalog import Catalog, Event, Property
from cohorts.sql.context import Context
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import (
    aliased,
    all_of,
    as_text,
    call,
    column,
    compare,
    count_rows,
    derived,
    is_filled,
    is_id,
    select,
    table,
    text,
    when,
    whole,
)
from cohorts.sql.layout import Layout
from cohorts.sql.population import select_population
from cohorts.sql.sources import with_sources
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.found_tables import FoundTable, Tables
from cohorts.warehouse.profile import find_json_paths
from cohorts.warehouse.protocol import Warehouse

# From here on values are counted in a sample of about half as many rows.
_LARGE = 2_000_000
_SAMPLE = 1_000_000
# All properties together; the rest are left without values to choose from.
_BUDGET = 300.0
_MOST_EVENTS = 5_000
_MOST_TOP_VALUES = 50
# Above this a column holds ids rather than values to choose from.
_MOST_DISTINCT = 100_000
_LONGEST_VALUE = 200
_JSON_ROWS = 20_000
# So many values tell whether a column of texts holds JSON.
_DOCUMENTS = 1_000
_LONGEST_JSON = 100_000


@dataclass(frozen=True)
class Total:
    count: int
    first: datetime | None
    last: datetime | None


class Profile:
    """`notes` takes lines for the person."""

    def __init__(
        self, warehouse: Warehouse, tables: Tables, layout: Layout, notes: list[str]
    ) -> None:
        self._warehouse = warehouse
        self._tables = tables
        self._layout = layout
        self._notes = notes
        self._dialect = DIALECTS[warehouse.dialect]
        self._deadline = time.monotonic() + _BUDGET
        self._rows: dict[str, int] = {}

    def count_events(self, found: FoundTable) -> Total:
        """Only rows with an id and a time count; of others a note tells how many there are."""
        key = column("e", "id")
        at = when(is_id(key), self._tables.spell_time(column("e", "time")))
        answers = self._ask(
            select(
                count_rows(),
                exp.Count(this=when(is_id(key), whole(1))),
                exp.Min(this=at),
                exp.Max(this=at.copy()),
            ),
            "events",
        )
        if answers is None:
            self._rows["events"] = max(found.rows, 0)
            self._notes.append(
                f"{found.spelled}: too large to count in time; its size is the server's estimate."
            )
            return Total(max(found.rows, 0), None, None)
        ((rows, count, first, last),) = answers
        self._rows["events"] = rows
        self._note_ignored(found, rows, rows - count)
        return Total(count, _instant(first), _instant(last))

    def find_events(self, found: FoundTable) -> tuple[Event, ...]:
        rows = self._ask(self._select_events(), "events")
        if rows is not None:
            return tuple(Event(name, n, first, last) for name, n, first, last in rows)
        fraction = self._fraction("events", found)
        rows = self._ask(self._select_events(), "events", fraction) if fraction < 1 else None
        told = "are estimated from a sample" if rows else "could not be counted"
        self._notes.append(
            f"{found.spelled}: too large to list every event in time; "
            f"events and their counts {told}."
        )
        return tuple(Event(name, round(n / fraction)) for name, n, *_times in rows or ())

    def _select_events(self) -> exp.Select:
        event, at = column("e", "event"), column("e", "time")
        first, last = (self._tables.spell_time(find(this=at.copy())) for find in (exp.Min, exp.Max))
        wanted = [is_id(column("e", "id")), compare(event, "!=", text(""))]
        query = select(event.copy(), count_rows(), first, last).where(all_of(wanted), copy=False)
        order = [
            exp.Ordered(this=count_rows(), desc=True),
            exp.Ordered(this=self._dialect.by_code_point(event.copy())),
        ]
        query = query.group_by(event.copy(), copy=False).order_by(*order, copy=False)
        return query.limit(_MOST_EVENTS, copy=False)

    def fill(
        self, named: str, found: FoundTable, properties: Sequence[Property]
    ) -> tuple[Property, ...]:
        """The properties with their most frequent values, and the paths of JSON."""
        fraction = self._fraction(named, found)
        if properties and fraction < 1:
            self._notes.append(
                f"{found.spelled}: values to choose from are counted in a sample of about "
                f"{_SAMPLE:,} rows."
            )
        filled, skipped = [], []
        for each in properties:
            known = self._fill(named, each, fraction)
            filled.append(known or each)
            if known is None:
                skipped.append(each.name)
        if skipped:
            names = ", ".join(skipped)
            self._notes.append(f"{found.spelled}: no values were counted in time for: {names}.")
        return tuple(filled)

    def check_users(self, found: FoundTable) -> None:
        """Notes on ids that are missing or repeated."""
        source = self._layout.sources["users"]
        bare = replace(self._layout, sources={"users": replace(source, first_by=())})
        key = column("u", "id")
        query = select(
            count_rows(),
            exp.Count(this=when(is_id(key), whole(1))),
            exp.Count(this=exp.Distinct(expressions=[when(is_id(key.copy()), key.copy())])),
        ).from_(table("users", "u"), copy=False)
        answers = self._rows_of(with_sources(query, bare, self._dialect))
        if answers is None:
            return
        ((rows, named, different),) = answers
        if rows > named:
            self._notes.append(
                f"{rows - named:,} of {rows:,} user rows have no user id and are ignored."
            )
        if named > different:
            self._notes.append(
                f"{named - different:,} user rows repeat an id; the first of each counts."
            )

    def count_users(self, catalog: Catalog, as_of: datetime) -> int:
        ctx = Context(catalog=catalog, layout=self._layout, dialect=self._dialect, as_of=as_of)
        query = with_sources(
            select_population(ctx, [], aliased(count_rows(), "n")), self._layout, self._dialect
        )
        answers = self._rows_of(query)
        if answers is None:
            self._notes.append("There are too many users to count them in time.")
            return 0
        return int(answers[0][0])

    def _fill(self, named: str, each: Property, fraction: float) -> Property | None:
        if time.monotonic() > self._deadline:
            return None
        value = column("t", each.column)
        if each.type in ("json", "time"):
            rows = self._ask(select(exp.Count(this=value.copy())), named, fraction, alias="t")
            if rows is None:
                return None
            counted = replace(each, filled=round(rows[0][0] / fraction))
            return replace(counted, json_paths=self._json_paths(named, each, fraction))
        if self._holds_json(named, each):
            return self._fill(named, replace(each, type="json"), fraction)
        spelled = aliased(as_text(value.copy()), "v")
        groups = exp.Window(this=count_rows())
        filled = exp.Window(this=exp.Sum(this=count_rows()))
        inner = select(
            spelled, aliased(count_rows(), "n"), aliased(groups, "g"), aliased(filled, "f")
        )
        inner = inner.from_(table(named, "t"), copy=False).where(is_filled(value), copy=False)
        inner = inner.group_by(exp.Literal.number(1), copy=False)
        is_short = compare(call("length", column("q", "v")), "<=", whole(_LONGEST_VALUE))
        query = select(*(column("q", name) for name in "vngf"))
        query = query.from_(derived(inner, "q"), copy=False).where(is_short, copy=False)
        order = [
            exp.Ordered(this=column("q", "n"), desc=True),
            exp.Ordered(this=self._dialect.by_code_point(column("q", "v"))),
        ]
        query = query.order_by(*order, copy=False).limit(_MOST_TOP_VALUES, copy=False)
        rows = self._ask(query, named, fraction, alias=None)
        if rows is None:
            return None
        return _with_values(each, rows, fraction)

    def _holds_json(self, named: str, each: Property) -> bool:
        """Where texts are the usual place for JSON: is every one of some values a document?"""
        if each.type != "string" or not self._tables.texts_may_be_json:
            return False
        value = column("t", each.column)
        is_said = compare(value.copy(), "!=", text(""))
        query = select(aliased(value, "v")).where(is_said, copy=False)
        rows = self._ask(query.limit(_DOCUMENTS, copy=False), named, alias="t")
        return bool(rows) and all(_is_document(found) for (found,) in rows or ())

    def _json_paths(self, named: str, each: Property, fraction: float) -> tuple[str, ...]:
        if each.type != "json":
            return ()
        spelled = as_text(column("t", each.column))
        is_short = compare(call("length", spelled.copy()), "<", whole(_LONGEST_JSON))
        query = select(aliased(spelled, "v")).where(is_short, copy=False)
        rows = self._ask(query.limit(_JSON_ROWS, copy=False), named, fraction, alias="t")
        return find_json_paths(sorted({text for (text,) in rows or ()}))

    def _fraction(self, named: str, found: FoundTable) -> float:
        """How much of the table to look at. Only where rows lie in places can some be drawn."""
        rows = self._rows.get(named, found.rows)
        return _SAMPLE / rows if rows > _LARGE and found.has_places else 1.0

    def _ask(
        self, query: exp.Select, named: str, fraction: float = 1.0, alias: str | None = "e"
    ) -> list[tuple[Any, ...]] | None:
        """None if there was no answer in time."""
        if alias is not None:
            query = query.from_(table(named, alias), copy=False)
        query = with_sources(query, self._layout, self._dialect)
        if fraction < 1:
            self._draw(query, self._layout.sources[named].table, fraction)
        return self._rows_of(query)

    def _rows_of(self, query: exp.Select) -> list[tuple[Any, ...]] | None:
        try:
            return self._warehouse.rows(query.sql(dialect=self._dialect.sqlglot))
        except WarehouseError as error:
            if error.kind not in ("timeout", "memory"):
                raise
            return None

    def _draw(self, query: exp.Select, path: tuple[str, ...], fraction: float) -> None:
        for found in query.find_all(exp.Table):
            if found.db and found.name == path[-1]:
                self._tables.draw(found, fraction)

    def _note_ignored(self, found: FoundTable, rows: int, nameless: int) -> None:
        if rows == 0:
            self._notes.append(f"{found.spelled}: has no rows with a time.")
        if nameless:
            self._notes.append(
                f"{nameless:,} of {rows:,} event rows have no user id and are ignored."
            )


def _with_values(each: Property, rows: Sequence[tuple], fraction: float) -> Property:
    if not rows:
        return each
    filled = round(float(rows[0][3]) / fraction)
    if rows[0][2] > _MOST_DISTINCT:
        return replace(each, filled=filled)
    values = tuple((str(value), round(n / fraction)) for value, n, _groups, _filled in rows)
    if fraction < 1:
        # Rare values are not in a sample: never let the list pass for complete.
        filled = max(filled, sum(n for _value, n in values) + 1)
    return replace(each, filled=filled, top_values=values)


def _is_document(spelled: str) -> bool:
    """An object or a list, not a single value."""
    if not spelled.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(spelled)
    except (ValueError, RecursionError):
        return False
    return True


def _instant(spelled: str | None) -> datetime | None:
    return datetime.fromisoformat(spelled) if spelled else None
