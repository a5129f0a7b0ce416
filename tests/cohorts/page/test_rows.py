"""Every kind of condition as a row of chips and values."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.page.rows import Row, draw_rows
from tests.cohorts.loaded import all_of, in_cohort, performed

WEEK = {"last": 7, "unit": "day"}


def spell(row: Row) -> str:
    marks = {"chip": "[{}]", "soft": "<{}>", "value": "*{}*", "word": "{}"}
    parts = [marks[part.kind].format(part.text) for part in row.parts]
    return " ".join([f"{row.number}", *(["NOT"] if row.negate else []), row.title, *parts])


@pytest.mark.parametrize(
    ("condition", "drawn"),
    [
        (
            performed("SING", times={"op": ">=", "value": 3}, window=WEEK),
            "1 Performed [SING] *≥ 3* time(s) *in the last 7 day(s)*",
        ),
        (
            performed("SING", times={"op": "=", "value": 0}, negate=True),
            "1 NOT Performed [SING] *never* overall",
        ),
        (
            performed(["SING", "PAY"], where=[{"property": "country", "op": "=", "value": "JP"}]),
            "1 Performed [SING] or [PAY] <country is “JP”> *≥ 1* time(s) overall",
        ),
        (
            {"type": "property", "property": "email", "op": "exists"},
            "1 Property [email] *exists*",
        ),
        (in_cohort("vip"), "1 Cohort [Whales]"),
        (
            {"type": "first_time", "event": "SING", "window": WEEK},
            "1 First time [SING] *in the last 7 day(s)*",
        ),
        (
            {"type": "list", "users": ["a", "b"]},
            "1 List [2 user ids]",
        ),
    ],
)
def test_it_draws(condition: dict[str, Any], drawn: str) -> None:
    rows = draw_rows(parse_definition(all_of(condition)), names={"vip": "Whales"})
    assert spell(rows.rows[0]) == drawn


def test_groups_hold_their_rows_and_numbers_run_on() -> None:
    group = {"match": "any", "negate": True, "conditions": [performed("PAY"), performed("SING")]}
    rows = draw_rows(parse_definition(all_of(performed("SING"), group, performed("PAY"))))
    assert [row.number for row in rows.rows] == [1, 0, 4]
    assert [row.number for row in rows.rows[1].rows] == [2, 3]
    assert (rows.rows[1].match, rows.rows[1].negate) == ("any", True)
