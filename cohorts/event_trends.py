"""How often each event came, day by day: one query for all events, kept until the next load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from sqlglot import exp

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.nodes import Events
from cohorts.models import Dataset, EventTrend
from cohorts.sql.compile import to_sql
from cohorts.sql.context import Context
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.events import event_time, select_events
from cohorts.sql.expressions import aliased, column, count_rows
from cohorts.sql.sources import with_sources
from cohorts.sql.wall_clock import to_wall
from cohorts.sql.windows import Interval
from cohorts.warehouses import layout_of, open_warehouse

DAYS = 90
# A warehouse changes without a load of ours.
_FRESH = timedelta(days=1)


@dataclass(frozen=True)
class Trend:
    """As a line of a chart: days in order, each with its count."""

    name: str
    points: list[tuple[date, int]]
    address: str = ""

    @property
    def values(self) -> list[int]:
        return [count for _day, count in self.points]

    @property
    def first(self) -> date:
        return self.points[0][0]

    @property
    def last(self) -> date:
        return self.points[-1][0]

    @property
    def weeks(self) -> list[int]:
        """What a small drawing shows: days would be noise in it."""
        values = self.values
        return [sum(values[end - 7 : end]) for end in range(len(values) % 7 + 7, DAYS + 1, 7)]

    @property
    def as_lines(self) -> list[Trend]:
        return [self]

    @property
    def total(self) -> int:
        return sum(self.values)


def find_trends(dataset: Dataset, events: Iterable[str]) -> dict[str, Trend] | None:
    """By event; None where the dataset as it is now has not been counted yet. One query."""
    kept = EventTrend.objects.filter(dataset=dataset, loaded_at=dataset.loaded_at)
    if dataset.is_external:
        kept = kept.filter(counted_at__gt=timezone.now() - _FRESH)
    rows = list(kept.filter(event__in=[*events, ""]))
    if not rows:
        return None
    return {row.event: _trend(row) for row in rows if row.event}


def count_events(dataset: Dataset) -> None:
    """Ask the data and keep the answer. Raises WarehouseError."""
    as_of = _as_of(dataset)
    catalog = Catalog.from_json(dataset.catalog)
    ctx = Context(
        catalog=catalog,
        layout=layout_of(dataset),
        dialect=DIALECTS[dataset.engine],
        as_of=as_of,
    )
    last_day = (as_of - timedelta(microseconds=1)).astimezone(ctx.zone).date()
    first_day = last_day - timedelta(days=DAYS - 1)
    with open_warehouse(dataset, time_limit=settings.PREVIEW_TIME_LIMIT) as warehouse:
        rows = warehouse.rows(_compile(ctx, first_day, dataset.engine))
    counts = {event.name: [0] * DAYS for event in catalog.events}
    for event, number, count in rows:
        # Days are numbered from 0001-01-01; see `windows.number_unit`.
        place = int(number) + 1 - first_day.toordinal()
        if event in counts and 0 <= place < DAYS:
            counts[event][place] = int(count)
    _keep(dataset, counts, last_day)


def _as_of(dataset: Dataset) -> datetime:
    if dataset.last_event_at is None or dataset.is_external:
        return timezone.now()
    return dataset.last_event_at + timedelta(seconds=1)


def _compile(ctx: Context, first_day: date, engine: str) -> str:
    start = datetime(first_day.year, first_day.month, first_day.day, tzinfo=ctx.zone)
    day = ctx.dialect.unit_number(to_wall(event_time(ctx), ctx), "day")
    query = select_events(
        Events(names=None),
        Interval(start, ctx.as_of),
        ctx,
        aliased(column("e", ctx.layout.event), "event"),
        aliased(day, "day"),
        aliased(count_rows(), "n"),
    )
    query = query.group_by(exp.Literal.number(1), exp.Literal.number(2))
    return to_sql(with_sources(query, ctx.layout, ctx.dialect), engine)


def _keep(dataset: Dataset, counts: dict[str, list[int]], last_day: date) -> None:
    # The row without a name says that the dataset was counted, whatever events it has.
    shared = {
        "dataset": dataset,
        "last_day": last_day,
        "loaded_at": dataset.loaded_at,
        "counted_at": timezone.now(),
    }
    found: dict[str, list[int]] = {"": [], **counts}
    rows = [EventTrend(event=event, counts=each, **shared) for event, each in found.items()]
    with transaction.atomic():
        # Two who count at once take turns, so that no event is kept twice.
        Dataset.objects.select_for_update().only("pk").get(pk=dataset.pk)
        EventTrend.objects.filter(dataset=dataset).delete()
        EventTrend.objects.bulk_create(rows, batch_size=500)


def _trend(row: EventTrend) -> Trend:
    first = row.last_day - timedelta(days=len(row.counts) - 1)
    return Trend(
        row.event, [(first + timedelta(days=n), count) for n, count in enumerate(row.counts)]
    )
