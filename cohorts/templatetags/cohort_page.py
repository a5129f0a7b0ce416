"""What the templates of the page of one cohort ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template

from cohorts.page.counts import Counts, Step
from cohorts.page.history import History, Point
from cohorts.page.rows import Row

register = template.Library()


@register.filter
def step_of(counts: Counts, row: Row) -> Step:
    return counts.steps[row.path]


@register.filter
def inner_of(counts: Counts, row: Row) -> int:
    return counts.inner[row.path]


@register.filter
def shown(history: History, days: int) -> list[Point]:
    return history.since(days)


@register.filter
def first_day(history: History, days: int) -> date:
    return history.first_day(days)


@register.filter
def latest_first(rows: Sequence[Any] | None) -> list[Any]:
    return list(reversed(rows or ()))
