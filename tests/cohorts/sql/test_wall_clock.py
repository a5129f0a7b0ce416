"""Wall times in SQL are those of our own time zone data, not of the engine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.definitions.catalog import Catalog, Event
from cohorts.sql.context import Context
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import column
from cohorts.sql.layout import DUCKDB_FILE
from cohorts.sql.wall_clock import are_units_in_order, to_wall
from cohorts.sql.windows import number_unit
from tests.cohorts.sql.test_windows import ZONES, instants, zones

AS_OF = datetime(2027, 6, 5, tzinfo=UTC)


def instants_between(start: datetime, zone: ZoneInfo) -> list[datetime]:
    """Some at random, and the neighbours of every change of the clocks."""
    random = Random(str(zone))
    span = int((AS_OF - start).total_seconds())
    found = [start + timedelta(seconds=random.randrange(span)) for _ in range(300)]
    hour = start.replace(minute=0, second=0)
    while hour < AS_OF:
        after = hour + timedelta(days=1)
        if hour.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            quarters = (hour + timedelta(minutes=15 * n) for n in range(97))
            found += [t + timedelta(microseconds=n) for t in quarters for n in (-1, 0)]
        hour = after
    return [t for t in found if start <= t < AS_OF]


@pytest.mark.parametrize("first_event", [None, "2024-05-05T00:00:00Z"])
@pytest.mark.parametrize("zone_name", ZONES)
def test_it_shows_the_wall_time(zone_name: str, first_event: str | None) -> None:
    zone = ZoneInfo(zone_name)
    catalog = Catalog(zone_name, (Event("A", 1, first_event, None),))
    dialect = DIALECTS["duckdb"]
    ctx = Context(catalog=catalog, layout=DUCKDB_FILE, dialect=dialect, as_of=AS_OF)
    start = datetime.fromisoformat(first_event or "2017-07-01T00:00:00Z")
    instants = instants_between(start, zone)
    with duckdb.connect(":memory:") as connection:
        times = [instant.replace(tzinfo=None) for instant in instants]
        connection.execute("CREATE TABLE t AS SELECT unnest(?) AS t", [times])
        wall = to_wall(column("t", "t"), ctx).sql(dialect="duckdb")
        rows = connection.execute(f"SELECT t, CAST({wall} AS TIMESTAMP) FROM t").fetchall()
    for time, found in rows:
        expected = time.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        assert found == expected


@pytest.mark.parametrize(
    ("zone_name", "since", "until", "in_order"),
    [
        ("UTC", "1970-01-01", "2300-01-01", ("day", "week", "month")),
        # Hours that come twice, but after midnight or up to it.
        ("Europe/Berlin", "1970-01-01", "2040-01-01", ("day", "week", "month")),
        ("America/Havana", "1970-01-01", "2040-01-01", ("day", "week", "month")),
        ("America/Sao_Paulo", "1970-01-01", "2040-01-01", ("day", "week", "month")),
        # From 00:01 back to 23:01, on a Sunday every autumn from 1987 to 2010.
        ("America/St_Johns", "2010-11-07T02:30", "2010-11-07T02:32", ("week", "month")),
        ("America/St_Johns", "2010-11-07T02:31", "2040-01-01", ("day", "week", "month")),
        ("America/St_Johns", "2010-01-01", "2010-11-07T02:31", ("day", "week", "month")),
        ("America/St_Johns", "1970-01-01", "1987-10-25T02:31", ("day", "week", "month")),
        # Once it was the first of a month.
        ("America/St_Johns", "1970-01-01", "2040-01-01", ("week",)),
        # From 2 back to 23 hours, once.
        ("Antarctica/Casey", "2010-01-01", "2011-01-01", ("week", "month")),
        ("Asia/Tokyo", "1969-12-31", "1970-01-02", ()),
    ],
)
def test_it_knows_where_an_evening_comes_again(
    zone_name: str, since: str, until: str, in_order: tuple[str, ...]
) -> None:
    bounds = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until)]
    zone = ZoneInfo(zone_name)
    units = ("day", "week", "month")
    assert tuple(u for u in units if are_units_in_order(u, *bounds, zone)) == in_order


@settings(deadline=None, max_examples=300)
@given(
    instants | st.builds(datetime, st.integers(1975, 2011), st.just(10), st.just(25)),
    zones | st.just("America/St_Johns"),
    st.integers(1, 96 * 30),
)
def test_units_are_in_order_where_the_calendar_never_falls(
    start: datetime, zone_name: str, quarters: int
) -> None:
    """Every quarter of an hour, and the instant before each, as the zone's clocks show it."""
    zone = ZoneInfo(zone_name)
    since = start.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    step, instant = timedelta(minutes=15), timedelta(microseconds=1)
    until = since + quarters * step
    times = [since + n * step for n in range(quarters)] + [until - instant]
    for unit in ("day", "week", "month"):
        numbers = [number_unit(time, unit, zone) for time in times]
        assert are_units_in_order(unit, since, until, zone) is (numbers == sorted(numbers))
