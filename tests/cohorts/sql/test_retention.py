"""Retention over an evening that came twice, and when the order of times needs no asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.naive import Row, World, evaluate
from tests.cohorts.sql.tables import Tables

# In St. John's clocks went back from 00:01 to 23:01 the evening before.
CHANGE = datetime(2010, 11, 7, 2, 31, tzinfo=UTC)
AS_OF = datetime(2010, 12, 1, tzinfo=UTC)
WINDOW = {"from": "2010-11-01"}
LATER = {"from": "2010-11-08"}


def tables(zone: str = "America/St_Johns") -> Tables:
    """Everybody is back right after midnight came for the first time. All but the first of them
    began later: in the evening that came again, or after it."""
    begun = {"u0": -2, "u1": 1, "u2": 20, "u3": 48, "u4": 100}
    rows = [Row(user, "A", CHANGE + timedelta(minutes=n)) for user, n in begun.items()]
    rows += [Row(user, "B", CHANGE - timedelta(seconds=30)) for user in begun]
    return Tables(World(zone, {}, rows, {}, {}))


def retention(**changes: Any) -> dict[str, Any]:
    leaf = {
        "type": "retention",
        "start": {"event": "A"},
        "return": {"event": "B"},
        "unit": "day",
        "outcome": {"retained_on": 1},
    }
    return {"version": 1, "match": "all", "conditions": [leaf | changes]}


def compares_times(made: Tables, definition: dict[str, Any], as_of: datetime = AS_OF) -> bool:
    given = {"catalog": made.catalog, "layout": DUCKDB_FILE, "as_of": as_of, "references": {}}
    return '> "s"."t0"' in to_sql(compile_members(parse_definition(definition), **given))


@pytest.mark.parametrize("window", [{"overall": True}, WINDOW])
def test_an_earlier_event_of_a_later_day_is_no_return(window: dict[str, Any]) -> None:
    made = tables()
    definition = retention(window=window)
    assert compares_times(made, definition)
    assert made.members(definition, AS_OF) == ["u0"]
    assert evaluate(made.world, definition, AS_OF) == {"u0"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"window": WINDOW}, True),
        ({"window": LATER}, False),
        ({"unit": "week"}, False),
        ({"unit": "month", "outcome": {"retained_since": 1}}, False),
        # In the start's own unit, or in any, an earlier event is no return in any zone.
        ({"window": LATER, "outcome": {"retained_between": [0, 2]}}, True),
        ({"window": LATER, "outcome": "returned"}, True),
        # Anything may have happened before the first event that is known by name.
        ({"unit": "week", "return": {"event": "*"}}, True),
        ({"unit": "week", "return": {"event": "C"}}, True),
        ({"unit": "week", "return": {"event": "C"}, "window": LATER}, False),
    ],
)
def test_times_are_compared_where_the_units_do_not_tell(
    changes: dict[str, Any], expected: bool
) -> None:
    assert compares_times(tables(), retention(**changes)) is expected


def test_they_are_compared_where_the_first_event_is_not_known() -> None:
    made = tables("Asia/Tokyo")
    assert not compares_times(made, retention())
    events = tuple(replace(event, first_at=None) for event in made.catalog.events)
    made.catalog = replace(made.catalog, events=events)
    assert compares_times(made, retention())


def test_only_the_time_up_to_now_counts() -> None:
    assert not compares_times(tables(), retention(), as_of=CHANGE)
