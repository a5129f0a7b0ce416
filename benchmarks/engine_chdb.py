"""The questions of the engine benchmark for chDB, on a MergeTree in the order of event and time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_DAY = 86_400_000_000
_TABLES = """
CREATE DATABASE bench;
CREATE TABLE bench.users ENGINE = MergeTree ORDER BY uid AS
SELECT assumeNotNull(uid) AS uid, CAST(plan AS LowCardinality(Nullable(String))) AS plan, age
FROM file('{folder}/users.parquet', Parquet);
CREATE TABLE bench.events ENGINE = MergeTree ORDER BY (event, time) AS
SELECT assumeNotNull(uid) AS uid, CAST(event AS LowCardinality(String)) AS event,
    CAST(assumeNotNull(time) AS DateTime64(6, 'UTC')) AS time,
    CAST(country AS LowCardinality(String)) AS country,
    CAST(platform AS LowCardinality(String)) AS platform, amount
FROM file('{folder}/events.parquet', Parquet);
"""
_NOW = "toDateTime64(':as_of', 6, 'UTC')"


class ChDB:
    def __init__(self, folder: Path, as_of: str, threads: int) -> None:
        from chdb.session import Session

        place = folder / "chdb"
        is_new = not place.exists()
        self._session: Any = Session(str(place))
        if is_new:
            for statement in _TABLES.format(folder=folder).split(";"):
                if statement.strip():
                    self._session.query(statement)
        self._session.query(f"SET max_threads = {threads}")
        self._as_of = as_of

    def count(self, case: str) -> int:
        sql = QUERIES[case].replace("events", "bench.events").replace("users", "bench.users")
        answer = self._session.query(sql.replace(":as_of", self._as_of), "JSONCompact")
        return int(json.loads(answer.bytes())["data"][0][0])


def _since(days: int, event: str) -> str:
    return f"event = '{event}' AND time >= {_NOW} - INTERVAL {days} DAY AND time < {_NOW}"


def _between(first: int, last: int) -> str:
    return f"time >= {_NOW} - INTERVAL {first} DAY AND time < {_NOW} - INTERVAL {last} DAY"


def _funnel(*events: str) -> str:
    """No two events of a user are of one time in this data, about which these functions differ."""
    steps = ", ".join(f"event = '{event}'" for event in events)
    return f"""SELECT count() FROM (SELECT uid, windowFunnel({7 * _DAY})(
            toUInt64(toUnixTimestamp64Micro(time)), {steps}) AS level
        FROM events WHERE event IN {events} AND {_between(90, 0)}
        GROUP BY uid HAVING level = {len(events)})"""


_SPENT = f"""SELECT uid FROM events WHERE {_since(60, "Purchase")} AND amount IS NOT NULL
    GROUP BY uid HAVING sum(amount) > 50"""

QUERIES = {
    "three purchases in a window": f"""SELECT count() FROM (SELECT uid FROM events
        WHERE {_since(30, "Purchase")} AND country = 'JP' GROUP BY uid HAVING count() >= 3)""",
    "not performed": f"""SELECT (SELECT count() FROM users)
        - (SELECT uniqExact(uid) FROM events WHERE {_since(90, "Refund")})""",
    "sum over a threshold": f"SELECT count() FROM ({_SPENT})",
    "two-step funnel": _funnel("Signup", "Purchase"),
    "three-step funnel": _funnel("Signup", "Add To Cart", "Purchase"),
    "first-time event": f"""SELECT count() FROM (SELECT uid FROM events
        WHERE event = 'Purchase' AND time < {_NOW}
        GROUP BY uid HAVING min(time) >= {_NOW} - INTERVAL 30 DAY)""",
    "property only": "SELECT count() FROM users WHERE plan IN ('pro', 'team') AND age > 30",
    "five with AND and OR": f"""SELECT count() FROM users WHERE plan IN ('pro', 'team')
        AND (uid IN (SELECT uid FROM events WHERE {_since(30, "Purchase")} AND country = 'JP')
            OR uid IN ({_SPENT}))
        AND uid NOT IN (SELECT uid FROM events WHERE {_since(90, "Refund")})
        AND uid IN (SELECT uid FROM events WHERE {_since(14, "App Open")})""",
    "dormant": f"""SELECT count() FROM (SELECT uid FROM events WHERE {_between(60, 0)}
        GROUP BY uid HAVING max(time) < {_NOW} - INTERVAL 30 DAY)""",
    "retention": f"""SELECT uniqExact(opened.uid) FROM (SELECT uid, time FROM events
            WHERE event = 'App Open' AND {_between(90, 0)}) AS opened
        INNER JOIN (SELECT uid, toDateTime64(toMonday(min(time)), 6, 'UTC') AS week FROM events
            WHERE {_since(90, "Signup")} GROUP BY uid) AS began ON opened.uid = began.uid
        WHERE opened.time >= began.week + INTERVAL 7 DAY
        AND opened.time < began.week + INTERVAL 14 DAY""",
}
