"""The User Sample: who is in the cohort, with the values its conditions measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import get_language

from cohorts.countable import read_path
from cohorts.definitions.describe import label_condition
from cohorts.evaluation import Prepared, Sample, sample_members

LIMIT = 100
# More than these beside what was measured do not fit on a screen.
MOST_PROPERTIES = 5


@dataclass(frozen=True)
class Column:
    title: str
    subtitle: str
    count: int | None


def sample_context(
    prepared: Prepared, *, as_of: datetime, left_out: int = 0, chosen: Sequence[str] = ()
) -> dict[str, Any]:
    """What the fragment shows; `chosen` are user properties to show beside what was measured, of
    which unknown ones are passed over. Raises WarehouseError."""
    known = [each.name for each in prepared.catalog.user_properties]
    properties = [name for name in known if name in chosen][:MOST_PROPERTIES]
    started = time.monotonic()
    sample = sample_members(
        prepared,
        as_of=as_of,
        limit=LIMIT,
        properties=properties,
        time_limit=settings.PREVIEW_TIME_LIMIT,
    )
    measured = len(sample.columns) - len(properties)
    return {
        "columns": _columns(prepared, sample, measured) + [Column(p, "", None) for p in properties],
        "rows": [
            [row[0], *map(_spell, row[1:measured]), *map(_spell_property, row[measured:])]
            for row in sample.rows
        ],
        "properties": [(name, name in properties) for name in known],
        "most_properties": MOST_PROPERTIES,
        "total": sample.total,
        "limit": LIMIT,
        "left_out": left_out,
        "as_of": as_of,
        "zone": prepared.dataset.timezone,
        "took": number_format(time.monotonic() - started, decimal_pos=2),
    }


def _columns(prepared: Prepared, sample: Sample, end: int) -> list[Column]:
    columns = []
    for path in sample.columns[1:end]:
        condition = _find_condition(prepared.definition, path)
        title, subtitle = label_condition(condition, language=get_language() or "en")
        columns.append(Column(title, subtitle, sample.total))
    return columns


def _find_condition(node: Any, path: str) -> Any:
    for key in read_path(path):
        node = node[key] if isinstance(key, int) else getattr(node, key)
    return node


def _spell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        value = round(value, 2)
    return number_format(value, use_l10n=True, force_grouping=True)


def _spell_property(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return _spell(value) if isinstance(value, int | float) else str(value)
