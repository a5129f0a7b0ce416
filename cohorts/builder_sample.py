"""The User Sample: who is in the cohort, with the values its conditions measured."""

from __future__ import annotations

import time
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


@dataclass(frozen=True)
class Column:
    title: str
    subtitle: str
    count: int


def sample_context(prepared: Prepared, *, as_of: datetime, left_out: int = 0) -> dict[str, Any]:
    """What the fragment shows. Raises WarehouseError."""
    started = time.monotonic()
    sample = sample_members(
        prepared, as_of=as_of, limit=LIMIT, time_limit=settings.PREVIEW_TIME_LIMIT
    )
    return {
        "columns": _columns(prepared, sample),
        "rows": [[row[0], *map(_spell, row[1:])] for row in sample.rows],
        "total": sample.total,
        "limit": LIMIT,
        "left_out": left_out,
        "as_of": as_of,
        "zone": prepared.dataset.timezone,
        "took": number_format(time.monotonic() - started, decimal_pos=2),
    }


def _columns(prepared: Prepared, sample: Sample) -> list[Column]:
    columns = []
    for path in sample.columns[1:]:
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
