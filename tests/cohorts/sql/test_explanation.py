"""Why one user is in or out agrees with who is in, for every id and every condition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import hypothesis
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.definitions.parse import parse_definition
from cohorts.explanation import Explanation, Finding, explain
from cohorts.sql.layout import DUCKDB_FILE, Layout
from tests.cohorts.sql.naive import Evaluation, World, evaluate
from tests.cohorts.sql.strategies import AS_OFS, COHORTS, USERS, WHOLE, definitions, worlds
from tests.cohorts.sql.tables import Tables
from tests.cohorts.sql.test_against_naive import find, relaxed

# As a warehouse has it: a user may stand in one of the tables only.
TWO_TABLES = Layout(
    events="shown",
    users="listed",
    event_key="id",
    user_key="id",
    listed=None,
    first_event=None,
)


def add_two_tables(tables: Tables) -> None:
    tables.connection.execute("CREATE VIEW listed AS SELECT * FROM users WHERE listed")
    tables.connection.execute(
        "CREATE VIEW shown AS SELECT id, events.* FROM events JOIN users USING (uid)"
    )


def explained(
    tables: Tables,
    data: dict[str, Any],
    user: str,
    as_of: datetime,
    layout: Layout = DUCKDB_FILE,
) -> Explanation:
    return explain(
        parse_definition(data),
        user,
        lambda sql: tables.connection.execute(sql).fetchall(),
        catalog=tables.catalog,
        layout=layout,
        as_of=as_of,
        references=tables.references(),
    )


def walk(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from walk(finding.conditions)


@settings(relaxed, max_examples=25)
@given(st.data())
def test_it_agrees_with_who_is_in_for_every_id(data: st.DataObject) -> None:
    as_of = data.draw(st.sampled_from(AS_OFS), label="as_of")
    world = data.draw(worlds(as_of), label="world")
    world.cohorts = COHORTS
    tables = Tables(world, WHOLE)
    definition = data.draw(definitions(), label="definition")
    naive = Evaluation(world, definition, as_of)
    members = naive.members()
    add_two_tables(tables)
    layout = data.draw(st.sampled_from((DUCKDB_FILE, TWO_TABLES)), label="layout")
    for user in (*USERS, "nobody", ""):
        hypothesis.note(user)
        told = explained(tables, definition, user, as_of, layout)
        assert told.known == (user in naive.everyone)
        assert told.in_population == (user in naive.population)
        assert told.member == (user in members)
        check_conditions(told, world, definition, as_of)


def check_conditions(
    told: Explanation, world: World, definition: dict[str, Any], as_of: datetime
) -> None:
    naive = Evaluation(world, definition, as_of)
    for finding in walk(told.conditions):
        condition = find(definition, finding.path)
        alone = {**definition, "match": "all", "conditions": [condition]}
        assert finding.verdict == (told.user in evaluate(world, alone, as_of)), finding.path
        assert len(finding.events) <= 3
        assert all(event.time < as_of for event in finding.events)
        check_measured(finding, condition, naive, told.user)


def check_measured(
    finding: Finding, condition: dict[str, Any], naive: Evaluation, user: str
) -> None:
    """What is said to have been measured is what plain loops measure."""
    measured = finding.measured
    window = condition.get("window")
    match finding.type:
        case "performed":
            rows = naive.matching(condition, user, window)
            assert measured["count"] == len(rows)
            latest = sorted((row.time for row in rows), reverse=True)[:3]
            assert [event.time for event in finding.events] == latest
        case "measure":
            assert same(measured["value"], naive.measured(condition, user, window))
        case "ratio":
            above = naive.measured(condition["numerator"], user, window)
            below = naive.measured(condition["denominator"], user, window)
            assert same(measured["numerator"], above)
            assert same(measured["denominator"], below)
            quotient = None if above is None or not below else above / below
            assert same(measured["ratio"], quotient)
        case "first_time" | "last_time":
            times = [r.time for r in naive.matching(condition, user, None, everything=True)]
            extreme = min if finding.type == "first_time" else max
            kept = measured["first" if finding.type == "first_time" else "last"]
            assert kept == extreme(times, default=None)
            assert [event.time for event in finding.events] == ([kept] if kept else [])
        case "funnel" if "level" in measured:
            check_funnel(finding, condition, naive, user)
        case "retention":
            rows = naive.matching(condition["start"], user, window)
            assert measured["start"] == min((row.time for row in rows), default=None)
        case "property":
            assert set(measured["properties"]) >= set(names_in(condition))


def check_funnel(finding: Finding, c: dict[str, Any], naive: Evaluation, user: str) -> None:
    """The verdict follows from the level, whatever the outcome asked for."""
    level, holds = finding.measured["level"], finding.verdict != finding.negate
    outcome = c.get("outcome", "converted")
    if outcome == "converted":
        outcome = {"converted_on": len(c["steps"])}
    ((kind, k),) = outcome.items()
    expected = {
        "converted_on": level >= k,
        "dropped_at": level == k - 1,
        "dropped_before": 1 <= level < k - 1,
    }
    assert holds == expected[kind]
    assert len(finding.events) == min(level, 3)
    times = [event.time for event in finding.events]
    assert times == sorted(set(times))


def names_in(condition: dict[str, Any]) -> Iterator[str]:
    for each in condition.get("any", ()):
        yield from names_in(each)
    if "property" in condition:
        yield condition["property"]


def same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 1e-9 * max(1, abs(a), abs(b))
