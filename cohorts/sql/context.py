"""What every part of a compilation looks things up in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.nodes import AfterFirst, Filter, FilterNode, Overall, Window
from cohorts.sql.dialect import Dialect
from cohorts.sql.layout import Layout
from cohorts.sql.windows import Interval, resolve_window


@dataclass(frozen=True, kw_only=True)
class Context:
    """`cohorts` names the common table expression of each referenced cohort by slug; with `only`
    nobody but the user of this id is looked at."""

    catalog: Catalog
    layout: Layout
    dialect: Dialect
    as_of: datetime
    date_range: Window = field(default_factory=Overall)
    global_filter: tuple[FilterNode, ...] = ()
    cohorts: Mapping[str, str] = field(default_factory=dict)
    only: str | None = None

    @cached_property
    def zone(self) -> tzinfo:
        return UTC if self.catalog.timezone == "UTC" else ZoneInfo(self.catalog.timezone)

    @cached_property
    def event_filters(self) -> tuple[FilterNode, ...]:
        return tuple(node for node in self.global_filter if scope_of(node) == "event")

    @cached_property
    def user_filters(self) -> tuple[FilterNode, ...]:
        return tuple(node for node in self.global_filter if scope_of(node) == "user")

    @cached_property
    def all_history(self) -> Interval:
        return Interval(None, self.as_of)

    def resolve(self, window: Window) -> Interval | AfterFirst:
        """Two instants, or the window itself where each user has their own."""
        if isinstance(window, Overall):
            window = self.date_range
        if isinstance(window, AfterFirst):
            return window
        return resolve_window(window, as_of=self.as_of, zone=self.zone, overall=self.all_history)


def scope_of(node: FilterNode) -> str:
    """The one scope of a global filter."""
    while not isinstance(node, Filter):
        node = node.filters[0]
    return node.scope
