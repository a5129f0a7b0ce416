"""An event's time on the wall clock of the dataset's zone.

Engines bring their own time zone data, often older than ours: a country that changed its rules
last month is an hour off in them. The recent offsets are therefore spelled out; only
rows older than those are left to the engine.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from sqlglot import exp

from cohorts.sql.context import Context
from cohorts.sql.expressions import Expr, compare
from cohorts.sql.windows import number_unit

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_SPELLED_OUT = timedelta(days=3653)
# No zone has kept an offset for less than this since 1970.
_STEP = timedelta(days=3)
_INSTANT = timedelta(microseconds=1)


def to_wall(instant: Expr, ctx: Context) -> Expr:
    """The wall time of an instant before `as_of`."""
    since = _start_of_spelled(ctx)
    changes = _find_changes(ctx.zone, ctx.as_of.year + 1)
    earlier = [change for change in changes if change[0] <= since]
    recent = [change for change in changes if since < change[0] <= ctx.as_of]
    branches = [
        exp.If(this=_is_since(instant, start, ctx), true=_shift(instant, offset, ctx))
        for start, offset in reversed(recent)
    ]
    first_offset = _offset(ctx.zone, max(since, _FIRST))
    otherwise = _shift(instant, first_offset, ctx)
    if earlier:
        branches.append(exp.If(this=_is_since(instant, since, ctx), true=otherwise))
        otherwise = ctx.dialect.wall_time(instant.copy(), ctx.catalog.timezone)
    return exp.Case(ifs=branches, default=otherwise) if branches else otherwise


def are_units_in_order(unit: str, since: datetime, until: datetime, zone: tzinfo) -> bool:
    """Is an instant in a later calendar unit always a later one, among those in `[since, until)`?

    Not where clocks went back over the midnight that a unit began with, as they did in St. John's
    every autumn until 2010: the evening before came a second time."""
    if since < _FIRST:
        return False
    return all(
        number_unit(change - _INSTANT, unit, zone) <= number_unit(change, unit, zone)
        for change, _ in _find_changes(zone, until.year + 1)
        if since < change < until
    )


def _start_of_spelled(ctx: Context) -> datetime:
    """Ten years back, or where the dataset begins."""
    first_events = sorted(
        datetime.fromisoformat(event.first_at).astimezone(UTC)
        for event in ctx.catalog.events
        if event.first_at is not None
    )
    floor = max(_FIRST, ctx.as_of - _SPELLED_OUT) if ctx.as_of > _FIRST else _FIRST
    return min(max(floor, first_events[0]), ctx.as_of) if first_events else floor


@lru_cache(maxsize=64)
def _find_changes(zone: tzinfo, last_year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """When the offset changed since 1970, and to what."""
    changes, start = [], _FIRST
    end = datetime(min(last_year, 9998), 1, 1, tzinfo=UTC)
    while start < end:
        after = start + _STEP
        if _offset(zone, start) != _offset(zone, after):
            change = _bisect(zone, start, after)
            changes.append((change, _offset(zone, change)))
        start = after
    return tuple(changes)


def _bisect(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset(zone, middle) == _offset(zone, low):
            low = middle
        else:
            high = middle
    return high


def _offset(zone: tzinfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _is_since(instant: Expr, start: datetime, ctx: Context) -> Expr:
    return compare(instant.copy(), ">=", ctx.dialect.timestamp(start))


def _shift(instant: Expr, offset: timedelta, ctx: Context) -> Expr:
    seconds = offset // timedelta(seconds=1)
    return ctx.dialect.add_seconds(instant.copy(), seconds) if seconds else instant.copy()
