"""The questions of the engine benchmark, each as a definition and as the SQL one would write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """`by_hand` are ways to write it over users(uid, …) and events(uid, event, time, …), `:as_of`
    being the instant: the fastest of them counts."""

    name: str
    definition: dict[str, Any]
    by_hand: tuple[str, ...]


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)}


def _last(days: int) -> dict[str, Any]:
    return {"last": days, "unit": "day"}


def _performed(event: str, days: int, **more: Any) -> dict[str, Any]:
    return {"type": "performed", "event": event, "window": _last(days), **more}


def _funnel(*events: str) -> dict[str, Any]:
    return {
        "type": "funnel",
        "steps": [{"event": event} for event in events],
        "within": {"n": 7, "unit": "day"},
        "window": _last(90),
    }


def _since(days: int, event: str) -> str:
    return f"event = '{event}' AND time >= :as_of - INTERVAL {days} DAY AND time < :as_of"


JAPAN = [{"property": "country", "op": "=", "value": "JP"}]
SPENT = {
    "type": "measure",
    "function": "sum",
    "property": "amount",
    "event": "Purchase",
    "window": _last(60),
    "op": ">",
    "value": 50,
}
PAYING = {"type": "property", "property": "plan", "op": "in", "value": ["pro", "team"]}

SIGNUPS, CARTS, PURCHASES = (
    f"(SELECT uid, time FROM events WHERE {_since(90, event)})"
    for event in ("Signup", "Add To Cart", "Purchase")
)
NEXT = "a.uid = b.uid AND b.time > a.time AND b.time <= a.time + INTERVAL 7 DAY"
LAST = "second.uid = c.uid AND c.time > second.time AND c.time <= second.began + INTERVAL 7 DAY"
SECOND = f"""SELECT b.uid, b.time, max(a.time) AS began FROM {SIGNUPS} AS a
    JOIN {CARTS} AS b ON {NEXT} GROUP BY ALL"""
PURCHASERS = f"(SELECT uid FROM {PURCHASES})"
BEFORE = "event = 'Purchase' AND time < :as_of - INTERVAL 30 DAY"
SUM = "GROUP BY uid HAVING sum(amount) > 50"
PREVIOUS = """SELECT uid FROM events WHERE time >= :as_of - INTERVAL 60 DAY
    AND time < :as_of - INTERVAL 30 DAY"""
CURRENT = "SELECT uid FROM events WHERE time >= :as_of - INTERVAL 30 DAY AND time < :as_of"
BEGAN = f"""SELECT uid, date_trunc('week', min(time)) AS week
    FROM events WHERE {_since(90, "Signup")} GROUP BY uid"""
OPENED = "event = 'App Open' AND time >= :as_of - INTERVAL 90 DAY AND time < :as_of"
IN_WEEK = "time >= week + INTERVAL 7 DAY AND time < week + INTERVAL 14 DAY"


def _bits(rows: str) -> str:
    """A bit for each user, set for those in the rows; the range of the numbers is in the file."""
    return f"(SELECT bitstring_agg(uid) AS bits FROM ({rows}))"


def _less(rows: str, others: str) -> str:
    return f"SELECT bit_count(a.bits & ~b.bits) FROM {_bits(rows)} AS a, {_bits(others)} AS b"


CASES = [
    Case(
        "three purchases in a window",
        _all(_performed("Purchase", 30, times={"op": ">=", "value": 3}, where=JAPAN)),
        (
            f"""SELECT count(*) FROM (SELECT uid FROM events WHERE {_since(30, "Purchase")}
                AND country = 'JP' GROUP BY uid HAVING count(*) >= 3)""",
        ),
    ),
    Case(
        "not performed",
        _all(_performed("Refund", 90, negate=True)),
        (
            f"""SELECT count(*) FROM users WHERE uid NOT IN
                (SELECT uid FROM events WHERE {_since(90, "Refund")})""",
            f"""SELECT (SELECT count(*) FROM users)
                - (SELECT count(DISTINCT uid) FROM events WHERE {_since(90, "Refund")})""",
            f"""SELECT (SELECT count(*) FROM users) - bit_count(bits)
                FROM {_bits(f"SELECT uid FROM events WHERE {_since(90, 'Refund')}")}""",
        ),
    ),
    Case(
        "sum over a threshold",
        _all(SPENT),
        (
            f"SELECT count(*) FROM (SELECT uid FROM events WHERE {_since(60, 'Purchase')} {SUM})",
            f"""SELECT count(*) FROM (SELECT uid FROM events WHERE {_since(60, "Purchase")}
                AND amount IS NOT NULL {SUM})""",
        ),
    ),
    Case(
        "two-step funnel",
        _all(_funnel("Signup", "Purchase")),
        (
            f"SELECT count(DISTINCT b.uid) FROM {SIGNUPS} AS a JOIN {PURCHASES} AS b ON {NEXT}",
            f"""SELECT count(DISTINCT b.uid) FROM {PURCHASES} AS b
                SEMI JOIN {SIGNUPS} AS a ON {NEXT}""",
            f"""SELECT count(DISTINCT b.uid) FROM {PURCHASES} AS b
                ASOF JOIN {SIGNUPS} AS a ON a.uid = b.uid AND b.time > a.time
                WHERE b.time <= a.time + INTERVAL 7 DAY""",
        ),
    ),
    Case(
        "three-step funnel",
        _all(_funnel("Signup", "Add To Cart", "Purchase")),
        (
            f"""WITH second AS ({SECOND})
                SELECT count(DISTINCT c.uid) FROM {PURCHASES} AS c JOIN second ON {LAST}""",
            f"""WITH second AS ({SECOND.replace("GROUP", f"AND b.uid IN {PURCHASERS} GROUP")})
                SELECT count(DISTINCT c.uid) FROM {PURCHASES} AS c SEMI JOIN second ON {LAST}""",
            f"""WITH second AS (SELECT b.uid, b.time, a.time AS began FROM {CARTS} AS b
                    ASOF JOIN {SIGNUPS} AS a ON a.uid = b.uid AND b.time > a.time
                    WHERE b.time <= a.time + INTERVAL 7 DAY)
                SELECT count(DISTINCT c.uid) FROM {PURCHASES} AS c SEMI JOIN second ON {LAST}""",
        ),
    ),
    Case(
        "first-time event",
        _all({"type": "first_time", "event": "Purchase", "window": _last(30)}),
        (
            """SELECT count(*) FROM (SELECT uid FROM events
                WHERE event = 'Purchase' AND time < :as_of
                GROUP BY uid HAVING min(time) >= :as_of - INTERVAL 30 DAY)""",
            f"""SELECT count(*) FROM
                (SELECT DISTINCT uid FROM events WHERE {_since(30, "Purchase")})
                WHERE uid NOT IN (SELECT uid FROM events WHERE {BEFORE})""",
            _less(
                f"SELECT uid FROM events WHERE {_since(30, 'Purchase')}",
                f"SELECT uid FROM events WHERE {BEFORE}",
            ),
        ),
    ),
    Case(
        "property only",
        _all(PAYING, {"type": "property", "property": "age", "op": ">", "value": 30}),
        ("SELECT count(*) FROM users WHERE plan IN ('pro', 'team') AND age > 30",),
    ),
    Case(
        "five with AND and OR",
        _all(
            {"match": "any", "conditions": [_performed("Purchase", 30, where=JAPAN), SPENT]},
            _performed("Refund", 90, negate=True),
            PAYING,
            _performed("App Open", 14),
        ),
        tuple(
            f"""SELECT count(*) FROM users WHERE plan IN ('pro', 'team')
                AND (uid IN (SELECT uid FROM events WHERE {_since(30, "Purchase")}
                             AND country = 'JP')
                  OR uid IN (SELECT uid FROM events WHERE {_since(60, "Purchase")} {filled} {SUM}))
                AND uid NOT IN (SELECT uid FROM events WHERE {_since(90, "Refund")})
                AND uid IN (SELECT uid FROM events WHERE {_since(14, "App Open")})"""
            for filled in ("", "AND amount IS NOT NULL")
        ),
    ),
    Case(
        "dormant",
        _all({"type": "lifecycle", "state": "dormant", "period": {"n": 30, "unit": "day"}}),
        (
            f"SELECT count(*) FROM users WHERE uid IN ({PREVIOUS}) AND uid NOT IN ({CURRENT})",
            f"SELECT count(DISTINCT uid) FROM ({PREVIOUS}) WHERE uid NOT IN ({CURRENT})",
            _less(PREVIOUS, CURRENT),
            """SELECT count(*) FROM (SELECT uid FROM events
                WHERE time >= :as_of - INTERVAL 60 DAY AND time < :as_of
                GROUP BY uid HAVING max(time) < :as_of - INTERVAL 30 DAY)""",
        ),
    ),
    Case(
        "retention",
        _all(
            {
                "type": "retention",
                "start": {"event": "Signup"},
                "return": {"event": "App Open"},
                "unit": "week",
                "outcome": {"retained_on": 1},
                "window": _last(90),
            }
        ),
        (
            f"""SELECT count(DISTINCT began.uid) FROM ({BEGAN}) AS began
                JOIN events USING (uid) WHERE {OPENED} AND {IN_WEEK}""",
            f"""SELECT count(*) FROM ({BEGAN}) AS began
                SEMI JOIN (SELECT uid, time FROM events WHERE {OPENED}) AS opened
                ON opened.uid = began.uid AND {IN_WEEK}""",
        ),
    ),
]
