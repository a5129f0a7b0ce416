"""Wall times in SQL are those of our own time zone data, not of the engine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pytest

from cohorts.definitions.catalog import Catalog, Event
from cohorts.sql.context import Context
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.expressions import column
from cohorts.sql.layout import DUCKDB_FILE
from cohorts.sql.wall_clock import to_wall
from tests.cohorts.sql.test_windows import ZONES

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
