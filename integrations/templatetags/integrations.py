"""What templates ask of the upper floor: worker health, import columns, how runs look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

from cohorts.dates import tell_moment
from cohorts.models import Cohort
from cohorts.page.timeline import Happening
from integrations.cadence import BadCadence, describe_cadence, describe_time
from integrations.calendar import Calendar
from integrations.cohort_imports import (
    CohortImports,
    Mark,
    add_imports,
    mark_imports,
    read_cohort_imports,
)
from integrations.holds import expires_at
from integrations.identifier_form import describe_identifier
from integrations.import_columns import ImportColumns, read_import_columns
from integrations.mending import mended, needs_connection
from integrations.models import ImportRun, ImportSchedule
from integrations.recurrence_form import WEEKDAYS
from integrations.remedies import explain, list_steps
from integrations.request_log import Request
from integrations.run_words import batch_look, note_of, progress_tone, run_look
from integrations.safety import describe_limits, hold_words, limits_of
from integrations.schedules import cadence_of
from integrations.shell import Shell, read_shell
from integrations.times import age, elapsed, length, until

register = template.Library()
register.filter("run_look", run_look)
register.filter("batch_look", batch_look)
register.filter("why", explain)
register.filter("expires_at", expires_at)
register.filter("steps", list_steps)
register.filter("mended", mended)
register.filter("needs_connection", needs_connection)
register.filter("progress_tone", progress_tone)
register.filter("identifier", describe_identifier)


@register.simple_tag(takes_context=True)
def shell_state(context: Context) -> Shell:
    return read_shell(context["request"].user)


@register.simple_tag
def demo_places() -> dict[str, str]:
    """Where the demo's mail and the local Braze are; nothing on a real installation."""
    return {"sandbox": settings.BRAZE_SANDBOX_URL} if settings.DEMO else {}


@register.simple_tag
def import_columns(cohorts: Iterable[Cohort]) -> dict[int, ImportColumns]:
    return read_import_columns(cohorts)


@register.filter
def of_cohort(columns: dict[int, ImportColumns], cohort: Cohort) -> ImportColumns:
    return columns[cohort.pk]


@register.filter
def recurrence(schedule: ImportSchedule) -> str:
    """`Every 2 weeks, T, F`; for a row that makes no sense, what is wrong with it."""
    try:
        return describe_cadence(cadence_of(schedule), get_language() or "en")
    except BadCadence as bad:
        return bad.message


@register.filter
def execution_time(schedule: ImportSchedule) -> str:
    try:
        return describe_time(cadence_of(schedule), get_language() or "en")
    except BadCadence as bad:
        return bad.message


@register.filter
def held_for(run: ImportRun) -> str:
    """Why a run was held that is held no longer."""
    return hold_words(run.held_facts) or run.held_reason


@register.filter
def limits(schedule: ImportSchedule) -> str:
    """From where on an import of this schedule waits for a person."""
    return describe_limits(limits_of(schedule, None))


@register.filter
def run_note(run: ImportRun) -> str:
    return note_of(run)


@register.filter
def time_until(instant: datetime) -> str:
    return until(instant, timezone.now())


@register.filter
def time_needed(seconds: int) -> str:
    return length(seconds)


@register.filter
def age_of(instant: datetime) -> str:
    return age(instant, timezone.now())


@register.filter
def duration(row: ImportRun | Request) -> str:
    """How long a run or a request took; blank while it is open."""
    if isinstance(row, Request):
        start, end = row.sent_at, row.answered_at
    else:
        start, end = row.started_at or row.queued_at, row.finished_at
    return elapsed(start, end) if start and end else ""


@register.filter
def elapsed_so_far(run: ImportRun) -> str:
    return elapsed(run.started_at or run.queued_at, run.finished_at or timezone.now())


@register.simple_tag
def cohort_imports(cohort: Cohort) -> CohortImports:
    return read_cohort_imports(cohort)


@register.filter
def marks(imports: CohortImports, zone: str) -> list[Mark]:
    """For the chart of sizes."""
    return mark_imports(imports, zone)


@register.filter
def with_imports(told: list[Happening], imports: CohortImports) -> list[Happening]:
    return add_imports(told, imports)


@register.filter
def weekday_moment(instant: datetime, zone: str) -> str:
    """`T 11/24/2026 8:00 AM`, the weekday as the dialog's circles write it."""
    local = timezone.localtime(instant, ZoneInfo(zone))
    letters = {day: letter for day, letter, _name in WEEKDAYS}
    return f"{letters[local.weekday()]} {tell_moment(instant, zone)}"


@register.filter
def weekday_letter(day: date) -> str:
    letters = {number: letter for number, letter, _name in WEEKDAYS}
    return str(letters[day.weekday()])


@register.filter
def span_words(shown: Calendar) -> str:
    """`November 2026`, `Nov 23` to `29, 2026`, or `Nov. 23, 2026`."""
    if shown.view == "month":
        return date_format(shown.on, "YEAR_MONTH_FORMAT")
    if shown.view == "day":
        return date_format(shown.on, "DATE_FORMAT")
    first, last = shown.first, shown.last
    if (get_language() or "en").startswith("en"):
        end = date_format(last, "j, Y" if first.month == last.month else "M j, Y")
        return f"{date_format(first, 'M j')} \N{EN DASH} {end}"
    return f"{date_format(first, 'DATE_FORMAT')} \N{EN DASH} {date_format(last, 'DATE_FORMAT')}"


@register.filter
def delay(length: timedelta) -> str:
    now = timezone.now()
    return elapsed(now - length, now)
