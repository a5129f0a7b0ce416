"""What templates ask of the upper floor: worker health, import columns, how runs look."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from cohorts.models import Cohort
from integrations.import_columns import ImportColumns, read_import_columns
from integrations.import_states import ImportCounts, count_import_states
from integrations.run_words import batch_look, run_look
from integrations.worker_health import WorkerHealth, read_worker_health

register = template.Library()
register.filter("run_look", run_look)
register.filter("batch_look", batch_look)


@register.simple_tag
def worker_health() -> WorkerHealth:
    return read_worker_health()


@register.simple_tag
def import_counts() -> ImportCounts:
    return count_import_states()


@register.simple_tag
def import_columns(cohorts: Iterable[Cohort]) -> dict[int, ImportColumns]:
    return read_import_columns(cohorts)


@register.filter
def of_cohort(columns: dict[int, ImportColumns], cohort: Cohort) -> ImportColumns:
    return columns[cohort.pk]
