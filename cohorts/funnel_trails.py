"""A funnel's steps of one user, one by one, read back from where each chain began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Step = tuple[int, datetime]


def find_trail(steps: int, rows: Sequence[tuple[Any, ...]]) -> list[Step]:
    """The number and the time of each step of the furthest chain; the first such to be complete.

    `rows` are by time: the time, `c1` … and `p2` … as `cohorts.sql.sequences` makes them. The row
    that a step goes on from is the latest before it whose chain began where the step says.
    """
    level = max((k for k in range(1, steps + 1) for row in rows if row[k] is not None), default=0)
    if level == 0:
        return []
    at = next(index for index, row in enumerate(rows) if row[level] is not None)
    trail = [(level, rows[at][0])]
    for step in range(level, 1, -1):
        began = rows[at][steps + step - 1]
        at = next(i for i in range(at - 1, -1, -1) if rows[i][step - 1] == began)
        trail.append((step - 1, rows[at][0]))
    return trail[::-1]
