"""Hundreds of short histories on few instants: every order and every tie comes up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.cohorts.sql.naive import Row, World, evaluate
from tests.cohorts.sql.tables import Tables

AS_OF = datetime(2026, 3, 30, 12, tzinfo=UTC)
UNITS = ("hour", "day", "week", "month")
STEPS = {"hour": timedelta(hours=1), "day": timedelta(hours=12), "week": timedelta(days=3)}
STEPS["month"] = timedelta(days=11)
FUNCTIONS = ("count", "sum", "avg", "min", "max", "median", "unique", "active_days")
FUNCTIONS += ("active_weeks", "active_months")
HISTORIES = 250
DEFINITIONS = 25


def crowd(random: Random, step: timedelta) -> World:
    rows = [
        Row(
            f"u{number:03}",
            random.choice(("A", "B", "C", "D", None)),
            AS_OF - step * random.randint(-1, 9) - timedelta(microseconds=random.choice((0, 0, 1))),
            {"amount": random.choice((None, 1, 2, 2.5))},
        )
        for number in range(HISTORIES)
        for _ in range(random.randint(0, 7))
    ]
    zone = random.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"))
    return World(
        zone,
        {f"u{number:03}": {} for number in range(0, HISTORIES, 7)},
        rows,
        {"amount": "number"},
        {},
    )


def pick_events(random: Random) -> dict[str, Any]:
    event: Any = random.choice(("A", "B", "C", "*", ["A", "B"]))
    node = {"event": event}
    if random.random() < 0.15:
        node["where"] = [{"property": "amount", "op": random.choice((">", "!=")), "value": 1}]
    return node


def pick_window(random: Random, unit: str) -> dict[str, Any]:
    n = random.randint(1, 4)
    return random.choice(
        (
            {"overall": True},
            {"last": n, "unit": unit},
            {"ago": [n + 1, random.randint(0, n)], "unit": unit},
            {"full": n, "unit": unit},
            {
                "after_first": pick_events(random),
                "n": n,
                "unit": "hour" if unit == "hour" else "day",
            },
        )
    )


def pick_funnel(random: Random, unit: str) -> dict[str, Any]:
    count = random.randint(2, 4)
    node: dict[str, Any] = {
        "type": "funnel",
        "steps": [pick_events(random) for _ in range(count)],
        "order": random.choice(("sequence", "sequence", "exact", "any")),
    }
    if random.random() < 0.6:
        length = {"hour": "hour", "day": "hour", "week": "day", "month": "week"}[unit]
        n = random.choice((1, 2, 3, 6, 12, 24))
        node["within"] = {"n": n, "unit": length}
    if node["order"] != "any":
        if random.random() < 0.5:
            between = [random.randint(1, count - 1) for _ in range(random.randint(1, 2))]
            node["exclude"] = [
                {"event": random.choice("ABCD"), "between": [i, i + 1]} for i in between
            ]
        kinds: list[Any] = [
            "converted",
            {"converted_on": random.randint(1, count)},
            {"dropped_at": random.randint(2, count)},
        ]
        if count > 2:
            kinds.append({"dropped_before": random.randint(3, count)})
        node["outcome"] = random.choice(kinds)
    return node


def pick_retention(random: Random, unit: str) -> dict[str, Any]:
    n = random.randint(0, 4)
    return {
        "type": "retention",
        "start": pick_events(random),
        "return": pick_events(random),
        "unit": "day" if unit == "hour" else unit,
        "outcome": random.choice(
            (
                "returned",
                "not_retained",
                {"retained_on": n},
                {"retained_since": n},
                {"not_retained_on": n},
                {"retained_between": [n, n + random.randint(0, 2)]},
            )
        ),
    }


def pick_activity(random: Random, unit: str) -> dict[str, Any]:
    kind = random.choice(("performed", "first_time", "last_time", "measure", "ratio", "lifecycle"))
    op = random.choice(("=", "!=", ">", ">=", "<", "<="))
    node: dict[str, Any] = {"type": kind}
    match kind:
        case "performed":
            node |= pick_events(random) | {"times": {"op": op, "value": random.randint(0, 3)}}
        case "measure":
            node |= pick_measure(random) | {"op": op, "value": random.choice((0, 1, 2, 2.5, 3))}
        case "ratio":
            node |= {"numerator": pick_measure(random), "denominator": pick_measure(random)}
            node |= {"op": op, "value": random.choice((0, 0.5, 1, 2))}
        case "lifecycle":
            node["state"] = random.choice(("new", "returning", "resurrected", "dormant"))
            node["period"] = {"n": random.randint(1, 3), "unit": unit}
        case _:
            node |= pick_events(random)
    return node


def pick_measure(random: Random) -> dict[str, Any]:
    function = random.choice(FUNCTIONS)
    needs = {} if function.startswith(("count", "active")) else {"property": "amount"}
    return pick_events(random) | {"function": function} | needs


PICKS = {"funnel": pick_funnel, "retention": pick_retention, "activity": pick_activity}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", sorted(PICKS))
def test_a_crowd_is_sorted_out_as_plain_loops_do(kind: str, unit: str) -> None:
    random = Random(f"{kind} {unit}")
    world = crowd(random, STEPS[unit])
    tables, unsized = Tables(world), Tables(world)
    unsized.forget_pairs()
    sizes = set()
    for _ in range(DEFINITIONS):
        condition = PICKS[kind](random, unit)
        if condition["type"] != "lifecycle" and random.random() < 0.5:
            condition["window"] = pick_window(random, unit)
        definition = {"version": 1, "match": "all", "conditions": [condition]}
        found = tables.members(definition, AS_OF)
        assert found == sorted(evaluate(world, definition, AS_OF)), definition
        assert tables.count(definition, AS_OF) == len(found), definition
        if kind == "funnel":
            assert unsized.members(definition, AS_OF) == found, definition
        sizes.add(len(found))
    # Were most answers empty, agreeing would mean little.
    assert len(sizes) > DEFINITIONS // 3
