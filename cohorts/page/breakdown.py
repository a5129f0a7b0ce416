"""How the members of a cohort are spread over the values of a user property, beside everyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from cohorts.definitions.catalog import Catalog
from cohorts.evaluation import Prepared, compiling, opened
from cohorts.models import CohortVersion, Dataset
from cohorts.page.kept import Question, find_answer, is_fresh, keep_answer
from cohorts.sql.compile import compile_breakdown, to_sql

SHOWN_VALUES = 8


@dataclass(frozen=True)
class Slice:
    """`value` is None for people without one; of the last slice, "the rest", it means nothing."""

    value: str | None
    members: int
    everyone: int
    is_rest: bool = False


@dataclass(frozen=True)
class Breakdown:
    property: str
    slices: tuple[Slice, ...]
    members: int
    everyone: int
    as_of: datetime


def find_breakable(dataset: Dataset) -> list[str]:
    """User properties whose values are single ones."""
    known = Catalog.from_json(dataset.catalog).user_properties
    return [each.name for each in known if each.type != "json"]


def read_breakdown(
    version: CohortVersion, prepared: Prepared, name: str, *, now: datetime
) -> Breakdown:
    """`name` is one of `find_breakable`. Raises WarehouseError."""
    kept = find_answer(version, Question.BREAKDOWN, [prepared], name)
    if kept is None or not is_fresh(kept, prepared, now):
        answer = count_values(prepared, name, as_of=now, limit=SHOWN_VALUES)
        kept = keep_answer(version, Question.BREAKDOWN, [prepared], answer, as_of=now, about=name)
    return arrange(name, kept.answer, kept.as_of)


def count_values(prepared: Prepared, name: str, *, as_of: datetime, limit: int) -> list[list[Any]]:
    """Rows of value, members, everyone, all members, all of everyone."""
    query = compile_breakdown(
        prepared.definition, **compiling(prepared, as_of), name=name, limit=limit
    )
    with opened(prepared, settings.PREVIEW_TIME_LIMIT) as warehouse:
        rows = warehouse.rows(to_sql(query, prepared.dataset.engine))
    return [[_spell(value), *map(int, counts)] for value, *counts in rows]


def arrange(name: str, rows: list[list[Any]], as_of: datetime) -> Breakdown:
    """With a last slice for all values that are not among the rows."""
    slices = [Slice(value, members, everyone) for value, members, everyone, *_ in rows]
    all_members, all_everyone = rows[0][3:5] if rows else (0, 0)
    rest = Slice(
        None,
        all_members - sum(each.members for each in slices),
        all_everyone - sum(each.everyone for each in slices),
        is_rest=True,
    )
    if rest.everyone:
        slices.append(rest)
    return Breakdown(name, tuple(slices), all_members, all_everyone, as_of)


def _spell(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
        case float() | Decimal():
            return f"{value:,.10g}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
