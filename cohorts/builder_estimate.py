"""An estimate of the live count, from a sample of the users, until the exact count is there.

It is shown in the builder alone: runs, snapshots and commands never see the sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, log10, sqrt

from django.conf import settings

from cohorts.evaluation import Prepared, compiling, opened
from cohorts.sql.compile import compile_count, to_sql
from cohorts.sql.layout import sampled
from cohorts.warehouses import OnConnection

# Fewer in the sample tell no number.
_FEWEST = 40
# So many standard errors to each side hold the true count 95 times of 100.
_ERRORS = 1.96


@dataclass(frozen=True)
class Estimate:
    """About `count`, more or less `bound`; without a bound fewer than about `count`."""

    count: int
    bound: int | None


def estimate_members(
    prepared: Prepared, *, as_of: datetime, on_connection: OnConnection | None = None
) -> Estimate | None:
    """None where the dataset holds no sample. Raises WarehouseError."""
    sample_of = prepared.catalog.sample_of
    if sample_of == 0:
        return None
    given = compiling(prepared, as_of)
    given["layout"] = sampled(given["layout"])
    sql = to_sql(compile_count(prepared.definition, **given), prepared.dataset.engine)
    with opened(prepared, settings.PREVIEW_TIME_LIMIT, on_connection) as warehouse:
        ((found,),) = warehouse.rows(sql)
    return read_sample(int(found), sample_of)


def read_sample(found: int, sample_of: int) -> Estimate:
    """Both numbers with the two digits that mean something; the bound is never rounded down."""
    if found < _FEWEST:
        return Estimate(_round(_FEWEST * sample_of, 100), None)
    bound = _ERRORS * sqrt(sample_of * (sample_of - 1) * found)
    unit = 10 ** max(0, floor(log10(bound)) - 1)
    return Estimate(_round(found * sample_of, unit), ceil(bound / unit) * unit)


def _round(value: int, unit: int) -> int:
    return round(value / unit) * unit
