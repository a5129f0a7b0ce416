"""When funnels are joined, by which join, when not, and that all ways find the same people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_members, to_sql
from cohorts.sql.duckdb import DuckDB
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.naive import Row, World, evaluate
from tests.cohorts.sql.tables import Tables

AS_OF = datetime(2026, 5, 14, tzinfo=UTC)
OUTCOMES: tuple[Any, ...] = (
    "converted",
    {"converted_on": 1},
    {"converted_on": 2},
    {"dropped_at": 3},
    {"dropped_before": 3},
)


def world(*, times: int) -> World:
    """Eight users whose A, B and C follow each other at their own pace; the last does much."""
    rows = [
        Row(f"u{number}", event, AS_OF - timedelta(days=40) + timedelta(hours=number * step), {})
        for number in range(8)
        for step, event in enumerate(("A", "B", "A", "C", "B", "C")[: number + 1])
    ]
    for each in range(times):
        rows += [
            Row("u7", event, AS_OF - timedelta(days=20, minutes=each), {}) for event in ("A", "B")
        ]
    return World("UTC", {}, rows, {}, {})


def funnel(outcome: Any, **changes: Any) -> dict[str, Any]:
    steps = [{"event": event} for event in ("A", "B", "C")]
    leaf = {"type": "funnel", "steps": steps, "outcome": outcome} | changes
    return {"version": 1, "match": "all", "conditions": [leaf]}


def compiled(tables: Tables, definition: dict[str, Any]) -> str:
    given = {"catalog": tables.catalog, "layout": DUCKDB_FILE, "as_of": AS_OF, "references": {}}
    return to_sql(compile_members(parse_definition(definition), **given))


@pytest.mark.parametrize("within", [None, {"n": 9, "unit": "hour"}])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_all_ways_find_the_same(
    outcome: Any, within: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables(world(times=3))
    definition = funnel(outcome, **({"within": within} if within else {}))
    expected = sorted(evaluate(tables.world, definition, AS_OF))
    assert "ASOF" not in compiled(tables, definition)
    assert tables.members(definition, AS_OF) == expected
    tables.forget_pairs()
    goes_on = outcome != {"converted_on": 1}
    assert ("ASOF JOIN" in compiled(tables, definition)) is (goes_on and within is not None)
    assert tables.members(definition, AS_OF) == expected
    monkeypatch.setattr(DuckDB, "hashes_joins", False)
    assert ("OVER (" in compiled(tables, definition)) is goes_on
    assert tables.members(definition, AS_OF) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"order": "exact"},
        {"exclude": [{"event": "C", "between": [1, 2]}]},
    ],
)
def test_other_orders_are_not_joined(changes: dict[str, Any]) -> None:
    tables = Tables(world(times=0))
    definition = funnel("converted", **changes)
    assert "OVER (" in compiled(tables, definition)
    assert set(tables.members(definition, AS_OF)) == evaluate(tables.world, definition, AS_OF)


def test_of_too_many_pairs_only_the_latest_is_looked_at() -> None:
    tables = Tables(world(times=200))
    definition = funnel("converted", within={"n": 9, "unit": "hour"})
    sql = compiled(tables, definition)
    assert (sql.count("ASOF JOIN"), sql.count("SEMI JOIN")) == (1, 1)
    assert set(tables.members(definition, AS_OF)) == evaluate(tables.world, definition, AS_OF)
    assert "ASOF JOIN" not in compiled(tables, funnel("converted"))
