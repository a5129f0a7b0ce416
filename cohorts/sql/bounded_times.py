"""Moving a time in engines that end with the year 9999 and refuse what lies beyond."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlglot import exp

from cohorts.sql.expressions import Expr, compare, is_filled

FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def move(instant: Expr, seconds: int, moved: Expr, literal: Callable[[datetime], Expr]) -> exp.Case:
    """`moved`, the instant so many seconds later, but for what would leave the calendar: that
    stays at its end. Tables hold such times: 9999-12-31 for never."""
    span, full = timedelta(seconds=abs(seconds)), LAST - FIRST
    edge = FIRST if seconds < 0 else LAST
    if span >= full:
        reach: Expr = is_filled(instant.copy())
    elif seconds < 0:
        reach = compare(instant.copy(), "<", literal(FIRST + span))
    else:
        reach = compare(instant.copy(), ">", literal(LAST - span))
    return exp.Case(ifs=[exp.If(this=reach, true=literal(edge))], default=moved)
