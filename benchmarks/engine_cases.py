"""The questions of the engine benchmark, each as a definition and as the SQL one would write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    name: str
    definition: dict[str, Any]
    # Over users(uid, …) and events(uid, event, time, …); `:as_of` is the instant.
    sql: str


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

CASES = [
    Case(
        "three purchases in a window",
        _all(_performed("Purchase", 30, times={"op": ">=", "value": 3}, where=JAPAN)),
        f"""SELECT count(*) FROM (SELECT uid FROM events WHERE {_since(30, "Purchase")}
            AND country = 'JP' GROUP BY uid HAVING count(*) >= 3)""",
    ),
    Case(
        "not performed",
        _all(_performed("Refund", 90, negate=True)),
        f"""SELECT count(*) FROM users WHERE uid NOT IN
            (SELECT uid FROM events WHERE {_since(90, "Refund")})""",
    ),
    Case(
        "sum over a threshold",
        _all(SPENT),
        f"""SELECT count(*) FROM (SELECT uid FROM events WHERE {_since(60, "Purchase")}
            GROUP BY uid HAVING sum(amount) > 50)""",
    ),
    Case(
        "two-step funnel",
        _all(_funnel("Signup", "Purchase")),
        f"""SELECT count(DISTINCT last.uid)
            FROM (SELECT uid, time FROM events WHERE {_since(90, "Signup")}) AS first
            JOIN (SELECT uid, time FROM events WHERE {_since(90, "Purchase")}) AS last
            ON first.uid = last.uid AND last.time > first.time
            AND last.time <= first.time + INTERVAL 7 DAY""",
    ),
    Case(
        "three-step funnel",
        _all(_funnel("Signup", "Add To Cart", "Purchase")),
        f"""WITH second AS (
                SELECT b.uid, b.time, max(a.time) AS began
                FROM (SELECT uid, time FROM events WHERE {_since(90, "Signup")}) AS a
                JOIN (SELECT uid, time FROM events WHERE {_since(90, "Add To Cart")}) AS b
                ON a.uid = b.uid AND b.time > a.time AND b.time <= a.time + INTERVAL 7 DAY
                GROUP BY ALL)
            SELECT count(DISTINCT c.uid)
            FROM second
            JOIN (SELECT uid, time FROM events WHERE {_since(90, "Purchase")}) AS c
            ON second.uid = c.uid AND c.time > second.time
            AND c.time <= second.began + INTERVAL 7 DAY""",
    ),
    Case(
        "first-time event",
        _all({"type": "first_time", "event": "Purchase", "window": _last(30)}),
        """SELECT count(*) FROM (SELECT uid FROM events
            WHERE event = 'Purchase' AND time < :as_of
            GROUP BY uid HAVING min(time) >= :as_of - INTERVAL 30 DAY)""",
    ),
    Case(
        "property only",
        _all(PAYING, {"type": "property", "property": "age", "op": ">", "value": 30}),
        "SELECT count(*) FROM users WHERE plan IN ('pro', 'team') AND age > 30",
    ),
    Case(
        "five with AND and OR",
        _all(
            {"match": "any", "conditions": [_performed("Purchase", 30, where=JAPAN), SPENT]},
            _performed("Refund", 90, negate=True),
            PAYING,
            _performed("App Open", 14),
        ),
        f"""SELECT count(*) FROM users WHERE plan IN ('pro', 'team')
            AND (uid IN (SELECT uid FROM events WHERE {_since(30, "Purchase")} AND country = 'JP')
              OR uid IN (SELECT uid FROM events WHERE {_since(60, "Purchase")}
                         GROUP BY uid HAVING sum(amount) > 50))
            AND uid NOT IN (SELECT uid FROM events WHERE {_since(90, "Refund")})
            AND uid IN (SELECT uid FROM events WHERE {_since(14, "App Open")})""",
    ),
    Case(
        "dormant",
        _all({"type": "lifecycle", "state": "dormant", "period": {"n": 30, "unit": "day"}}),
        """SELECT count(*) FROM users
            WHERE uid IN (SELECT uid FROM events WHERE time >= :as_of - INTERVAL 60 DAY
                          AND time < :as_of - INTERVAL 30 DAY)
            AND uid NOT IN (SELECT uid FROM events WHERE time >= :as_of - INTERVAL 30 DAY
                            AND time < :as_of)""",
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
        f"""WITH began AS (SELECT uid, date_trunc('week', min(time)) AS week FROM events
                WHERE {_since(90, "Signup")} GROUP BY uid)
            SELECT count(DISTINCT began.uid) FROM began JOIN events USING (uid)
            WHERE event = 'App Open' AND time < :as_of
            AND time >= week + INTERVAL 7 DAY AND time < week + INTERVAL 14 DAY""",
    ),
]
