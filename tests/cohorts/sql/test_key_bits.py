"""When sets of keys are counted and looked up by bits, and that the numbers stay the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.sql.compile import compile_count, compile_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE, sampled
from tests.cohorts.sql.naive import Row, World, evaluate
from tests.cohorts.sql.tables import Tables

AS_OF = datetime(2026, 5, 14, tzinfo=UTC)
LAYOUT = replace(DUCKDB_FILE, user_count=9)


def tables() -> Tables:
    """Nine users, of whom each did A, B and C on its own days; the last did nothing."""
    rows = [
        Row(f"u{number}", event, AS_OF - timedelta(days=number * step + 1), {})
        for number in range(8)
        for step, event in enumerate(("A", "B", "A", "C")[: number % 5])
    ]
    return Tables(World("UTC", {"u8": {}}, rows, {}, {}))


def performed(event: str, days: int = 30, **changes: Any) -> dict[str, Any]:
    window = {"last": days, "unit": "day"}
    return {"type": "performed", "event": event, "window": window} | changes


def lifecycle(state: str, **changes: Any) -> dict[str, Any]:
    return {"type": "lifecycle", "state": state, "period": {"n": 5, "unit": "day"}} | changes


def defined(*conditions: dict[str, Any], match: str = "all") -> dict[str, Any]:
    return {"version": 1, "match": match, "conditions": list(conditions)}


COUNTED = [
    defined(performed("A")),
    defined(performed("A", negate=True)),
    defined(performed("A"), performed("B")),
    defined(performed("A"), performed("B", negate=True), performed("C", negate=True)),
    # Nobody there, and nobody to leave out.
    defined(performed("never")),
    defined(performed("never", negate=True)),
    defined(performed("A"), performed("never", negate=True)),
    defined(performed("never"), performed("A", negate=True)),
    defined(performed("A"), performed("B", times={"op": ">=", "value": 2}, negate=True)),
    *(defined(lifecycle(state)) for state in ("new", "returning", "resurrected", "dormant")),
    defined(lifecycle("dormant", negate=True)),
    defined(lifecycle("dormant", event="A"), performed("C", negate=True)),
]


@pytest.mark.parametrize("definition", COUNTED)
def test_keys_are_counted_by_bits(definition: dict[str, Any]) -> None:
    made = tables()
    given = {"catalog": made.catalog, "as_of": AS_OF, "references": {}}
    parsed = parse_definition(definition)
    assert "BIT_COUNT" in to_sql(compile_count(parsed, layout=LAYOUT, **given))
    assert "BIT" not in to_sql(compile_count(parsed, layout=DUCKDB_FILE, **given))
    assert made.count(definition, AS_OF) == len(evaluate(made.world, definition, AS_OF))


@pytest.mark.parametrize(
    ("definition", "changes", "expected"),
    [
        (defined(performed("*")), {}, True),
        (defined(performed("*", negate=True)), {}, True),
        (defined(lifecycle("dormant"), performed("A"), match="any"), {}, True),
        (defined(performed("A")), {}, False),
        (defined(lifecycle("dormant", event="A")), {}, False),
        (defined(performed("*", times={"op": ">=", "value": 2})), {}, False),
        (defined(performed("*")), {"user_count": None}, False),
        (defined(performed("*")), {"user_count": 0}, False),
        (defined(performed("*")), {"user_count": 10**7 + 1}, False),
    ],
)
def test_users_are_looked_up_by_bits_where_any_event_counts(
    definition: dict[str, Any], changes: dict[str, Any], expected: bool
) -> None:
    made = tables()
    given = {"catalog": made.catalog, "as_of": AS_OF, "references": {}}
    sql = to_sql(
        compile_members(parse_definition(definition), layout=replace(LAYOUT, **changes), **given)
    )
    assert ("GET_BIT" in sql) is expected
    found = evaluate(made.world, definition, AS_OF)
    assert made.members(definition, AS_OF) == sorted(found)
    assert made.condition_counts(definition, AS_OF).keys() >= {"conditions[0]"}


def test_keys_of_a_sample_are_too_far_apart() -> None:
    assert sampled(LAYOUT).user_count is None
