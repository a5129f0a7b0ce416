"""The few rows of events that show best why a condition holds for one user, or does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlglot import exp

from cohorts.definitions.nodes import (
    AfterFirst,
    Events,
    FirstTime,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Performed,
    Ratio,
    Retention,
    RetentionOutcome,
)
from cohorts.definitions.walk import flatten_filter, list_properties
from cohorts.sql.context import Context
from cohorts.sql.events import event_time, events_match, select_events, select_rows
from cohorts.sql.expressions import Expr, aliased, any_of, column, compare
from cohorts.sql.filters import read_property, show_property
from cohorts.sql.measured_values import list_periods
from cohorts.sql.retention import select_return_events
from cohorts.sql.windows import Interval

MOST = 3

Window = Interval | AfterFirst


@dataclass(frozen=True)
class EventRows:
    """Columns: event, time, then the properties named."""

    query: exp.Select
    properties: tuple[str, ...]


def select_deciding(leaf: Leaf, ctx: Context) -> list[EventRows]:
    """Several queries where one alone would not show it; the first `MOST` rows of all count."""
    match leaf:
        case Performed():
            return [select_latest(leaf.events, ctx.resolve(leaf.window), ctx, most=MOST)]
        case Measure():
            return [_select_measured(leaf, ctx)]
        case Ratio():
            return [_select_of_ratio(leaf, ctx)]
        case FirstTime():
            return [_select_first(leaf.events, ctx.all_history, ctx)]
        case LastTime():
            return [select_latest(leaf.events, ctx.all_history, ctx)]
        case Lifecycle(state="new"):
            return [_select_first(leaf.events, ctx.all_history, ctx)]
        case Lifecycle():
            periods = list_periods(leaf, ctx).values()
            return [select_latest(leaf.events, period, ctx) for period in periods]
        case Retention():
            return _select_of_retention(leaf, ctx)
        case _:
            return []


def select_latest(events: Events, window: Window, ctx: Context, *, most: int = 1) -> EventRows:
    names, columns = _columns([events], ctx)
    query = select_events(events, window, ctx, *columns)
    return EventRows(_ordered(query, most, [(event_time(ctx), True)], ctx), names)


def select_at(events: Events, instant: datetime, ctx: Context) -> EventRows:
    names, columns = _columns([events], ctx)
    query = select_events(events, ctx.all_history, ctx, *columns)
    query = query.where(compare(event_time(ctx), "=", ctx.dialect.timestamp(instant)), copy=False)
    return EventRows(_ordered(query, 1, [], ctx), names)


def _select_first(events: Events, window: Window, ctx: Context) -> EventRows:
    names, columns = _columns([events], ctx)
    query = select_events(events, window, ctx, *columns)
    return EventRows(_ordered(query, 1, [(event_time(ctx), False)], ctx), names)


def _select_measured(leaf: Measure, ctx: Context) -> EventRows:
    """The extreme ones where an extreme is measured, else the latest."""
    measured = leaf.measurement
    also = (measured.property,) if measured.property else ()
    names, columns = _columns([measured.events], ctx, also)
    query = select_events(measured.events, ctx.resolve(leaf.window), ctx, *columns)
    order: list[tuple[Expr, bool]] = [(event_time(ctx), True)]
    if measured.property and measured.function in ("min", "max"):
        value = read_property("event", measured.property, "number", ctx, "e")
        order.insert(0, (value, measured.function == "max"))
    return EventRows(_ordered(query, MOST, order, ctx), names)


def _select_of_ratio(leaf: Ratio, ctx: Context) -> EventRows:
    both = (leaf.numerator, leaf.denominator)
    also = tuple(each.property for each in both if each.property)
    names, columns = _columns([each.events for each in both], ctx, also)
    either = any_of(events_match(each.events, ctx) for each in both)
    query = select_rows([exp.Paren(this=either)], ctx.resolve(leaf.window), ctx, *columns)
    return EventRows(_ordered(query, MOST, [(event_time(ctx), True)], ctx), names)


def _select_of_retention(leaf: Retention, ctx: Context) -> list[EventRows]:
    """The start, then returns in the units meant, then any."""
    names, columns = _columns([leaf.returning], ctx)
    found = [_select_first(leaf.start, ctx.resolve(leaf.window), ctx)]
    outcomes = [leaf.outcome, RetentionOutcome(kind="returned")]
    for outcome in outcomes if leaf.outcome.first is not None else outcomes[:1]:
        query = select_return_events(
            replace(leaf, outcome=outcome), ctx, *[c.copy() for c in columns]
        )
        found.append(EventRows(_ordered(query, MOST - 1, [(event_time(ctx), False)], ctx), names))
    return found


def _ordered(
    query: exp.Select, most: int, order: Iterable[tuple[Expr, bool]], ctx: Context
) -> exp.Select:
    """Rows of one time in the order of their names, so that an answer is always the same."""
    terms = [exp.Ordered(this=value, desc=desc, nulls_first=False) for value, desc in order]
    name = exp.Ordered(this=column("e", ctx.layout.event), nulls_first=False)
    return query.order_by(*terms, name, copy=False).limit(most, copy=False)


def _columns(
    choices: Iterable[Events], ctx: Context, also: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], list[Expr]]:
    """The name, the time, and the properties that the condition looks at."""
    names = dict.fromkeys([*also, *_names_looked_at(choices, ctx)])
    columns: list[Expr] = [
        aliased(column("e", ctx.layout.event), "event"),
        aliased(event_time(ctx), "time"),
    ]
    columns += [
        aliased(show_property("event", name, ctx, "e"), f"p{number}")
        for number, name in enumerate(names)
    ]
    return tuple(names), columns


def _names_looked_at(choices: Iterable[Events], ctx: Context) -> Iterator[str]:
    for events in choices:
        for node in (*events.where, *ctx.event_filters):
            for each in flatten_filter(node):
                if each.scope == "event":
                    yield from list_properties(each)
