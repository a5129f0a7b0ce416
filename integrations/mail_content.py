"""What a mail about an import says. Words and numbers only: no member ids, no keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cohorts.dates import tell_moment, tell_moment_seconds
from cohorts.wording import word_version
from integrations.braze.redaction import tidy
from integrations.cadence import describe_cadence, describe_time
from integrations.connections import endpoint_label
from integrations.models import ImportBatch, ImportRun, ImportSchedule
from integrations.remedies import explain, list_steps, live_schedule_of
from integrations.schedules import cadence_of
from integrations.segment_filter import filter_for

State = ImportRun.State

HEADINGS: dict[str, Any] = {
    "succeeded": _lazy("%s is up to date in Braze"),
    "removed": _lazy("%s was removed from Braze"),
    "partial": _lazy("%s was imported in part"),
    "failed": _lazy("%s was not imported"),
    "removal_partial": _lazy("%s was removed from Braze in part"),
    "removal_failed": _lazy("%s was not removed from Braze"),
    "held": _lazy("%s was not sent yet"),
    "expired": _lazy("%s was not sent, because nobody decided"),
}
SUBJECTS: dict[str, Any] = {
    "succeeded": _lazy("Imported to Braze: %(cohort)s, %(users)s"),
    "removed": _lazy("Removed from Braze: %(cohort)s"),
    "partial": _lazy("Imported in part: %(cohort)s"),
    "failed": _lazy("Import failed: %(cohort)s"),
    "removal_partial": _lazy("Removed in part: %(cohort)s"),
    "removal_failed": _lazy("Removal failed: %(cohort)s"),
    "held": _lazy("Import held: %(cohort)s waits for your decision"),
    "expired": _lazy("Import discarded: nobody decided about %(cohort)s"),
}
BADGES: dict[str, Any] = {
    "succeeded": _lazy("Success"),
    "removed": _lazy("Success"),
    "partial": _lazy("Partly"),
    "failed": _lazy("Failed"),
    "removal_partial": _lazy("Partly"),
    "removal_failed": _lazy("Failed"),
    "held": _lazy("Held"),
    "expired": _lazy("Discarded"),
}
TONES = {
    "succeeded": "ok",
    "removed": "ok",
    "failed": "bad",
    "removal_failed": "bad",
}
_FELL_SHORT = frozenset({"partial", "failed", "removal_partial", "removal_failed"})


@dataclass(frozen=True)
class Content:
    kind: str
    subject: str
    text: str
    html: str


def find_kind(run: ImportRun) -> str | None:
    """Which mail tells of the run as it stands; None where nobody has to be told.

    A canceled run tells nobody: the person who canceled it knows.
    """
    is_removal = run.trigger == ImportRun.Trigger.REMOVAL
    match run.state:
        case State.SUCCEEDED:
            return "removed" if is_removal else "succeeded"
        case State.PARTIAL:
            return "removal_partial" if is_removal else "partial"
        case State.FAILED:
            return "removal_failed" if is_removal else "failed"
        case State.HELD:
            return "held"
        case State.CANCELED if run.error_kind == "hold_expired":
            return "expired"
    return None


def is_good_news(kind: str) -> bool:
    return kind == "succeeded"


def write_content(run: ImportRun, kind: str) -> Content:
    """The mail in the active language."""
    subject = tidy(_subject(run, kind), 200)
    context = {
        "kind": kind,
        "tone": TONES.get(kind, "warn"),
        "run": run,
        "subject": subject,
        "badge": BADGES[kind],
        "heading": str(HEADINGS[kind] % run.cohort.name),
        "moment": _moment(run, kind),
        "sentence": word_version(run.version).sentence,
        "figures": _figures(run, kind),
        "reason": explain(run),
        "steps": list_steps(run),
        "facts": list(_facts(run, kind)),
        "filter": filter_for(run),
        "run_url": _url(run.get_absolute_url()),
        "cohort_url": _url(run.cohort.get_absolute_url()),
    }
    return Content(
        kind,
        subject,
        render_to_string("emails/import.txt", context),
        render_to_string("emails/import.html", context),
    )


def _subject(run: ImportRun, kind: str) -> str:
    return str(SUBJECTS[kind] % {"cohort": run.cohort.name, "users": _users(run.size or 0)})


def _moment(run: ImportRun, kind: str) -> str:
    zone = _zone_name(run)
    at = {
        "time": tell_moment_seconds(run.finished_at or run.as_of or run.queued_at, zone),
        "zone": zone,
    }
    match kind:
        case "succeeded":
            return _("Imported on %(time)s (%(zone)s).") % at
        case "removed":
            return _("Removed on %(time)s (%(zone)s).") % at
        case "held":
            return _("Held on %(time)s (%(zone)s). Nothing was sent to Braze.") % at
        case "expired":
            return _("Discarded on %(time)s (%(zone)s). Nothing was sent to Braze.") % at
        case "failed" | "removal_failed":
            return _("Tried on %(time)s (%(zone)s). No users were changed in Braze.") % at
        case _:
            return _("Stopped on %(time)s (%(zone)s). What was sent until then stays.") % at


def _figures(run: ImportRun, kind: str) -> list[tuple[str, str, str]]:
    """Number, label, and the colour class of the number."""
    if run.size is None or run.added is None or run.removed is None or kind.endswith("failed"):
        return []
    waits = kind in ("held", "expired")
    added, removed = (_("To add"), _("To remove")) if waits else (_("Added"), _("Removed"))
    taken_out = (f"−{run.removed:,}", removed, "badc")  # noqa: RUF001 - a minus sign
    if run.trigger == ImportRun.Trigger.REMOVAL:
        return [taken_out]
    size = _("Users Imported") if kind == "succeeded" else _("In the cohort")
    return [
        (f"{run.size:,}", size, "tx"),
        (f"+{run.added:,}", added, "okc"),
        taken_out,
    ]


def _facts(run: ImportRun, kind: str) -> Iterator[tuple[str, str]]:
    schedule = live_schedule_of(run)
    if schedule is not None:
        cadence = cadence_of(schedule)
        language = get_language() or "en"
        words = {
            "rule": describe_cadence(cadence, language),
            "time": describe_time(cadence, language),
        }
        yield _("Import Recurrence"), _("%(rule)s at %(time)s") % words
        yield _("Next import"), _next_import(run, schedule)
    if run.unchanged is not None and not kind.endswith("failed"):
        yield _("Unchanged"), _users(run.unchanged)
    if kind in _FELL_SHORT and (waiting := _count_unsent(run)):
        yield _("Waiting to be sent"), _changes(waiting)
    if run.blank:
        yield _("Left out, blank id"), _users(run.blank)
    if run.invalid:
        yield _("Left out, invalid id"), _users(run.invalid)
    if run.in_doubt:
        yield _("In doubt, sent again next time"), _users(run.in_doubt)
    yield (
        _("Connection"),
        f"{run.connection.name} ({endpoint_label(run.connection.endpoint)})",
    )
    yield _("Import"), f"{run.pk}"


def _next_import(run: ImportRun, schedule: ImportSchedule) -> str:
    if run.connection.paused_at is not None:
        return _("Paused until the connection works")
    if schedule.next_due_at is None:
        return _("Paused")
    zone = schedule.timezone
    return f"{tell_moment(schedule.next_due_at, zone)} ({zone})"


def _count_unsent(run: ImportRun) -> int:
    """Changes of its plan that Braze has not got, as far as we know."""
    unsent = run.batch_set.filter(state__in=[ImportBatch.State.PLANNED, ImportBatch.State.REFUSED])
    sums = unsent.aggregate(added=Sum("added", default=0), removed=Sum("removed", default=0))
    return int(sums["added"] + sums["removed"])


def _zone_name(run: ImportRun) -> str:
    return run.schedule.timezone if run.schedule is not None else run.cohort.dataset.timezone


def _users(count: int) -> str:
    values: dict[str, Any] = {"count": f"{count:,}"}
    return ngettext("%(count)s user", "%(count)s users", count) % values


def _changes(count: int) -> str:
    values: dict[str, Any] = {"count": f"{count:,}"}
    return ngettext("%(count)s change", "%(count)s changes", count) % values


def _url(path: str) -> str:
    """Never from a request's `Host`, which anyone can set."""
    return f"{settings.BASE_URL}{path}"
