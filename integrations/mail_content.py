"""What a mail about an import says. Words and numbers only: no member ids, no keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.loader import render_to_string
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.wording import word_version
from integrations.braze.redaction import tidy
from integrations.cadence import describe_cadence, describe_time
from integrations.connections import endpoint_label
from integrations.models import ImportRun, ImportSchedule
from integrations.schedules import cadence_of

State = ImportRun.State

# A canceled run tells nobody: the person who canceled it knows.
KINDS = {
    State.SUCCEEDED: "succeeded",
    State.PARTIAL: "partial",
    State.FAILED: "failed",
    State.HELD: "held",
}
# Failures that only a new key or another endpoint ends.
_KEY_KINDS = frozenset({"key_refused", "unauthorized", "key_unreadable", "endpoint_unknown"})
# Failures that the next import gets over by itself, if Braze or the network recovers.
_PASSING_KINDS = frozenset(
    {"no_answer", "connection_lost", "server_error", "unreachable", "name_not_found", "locked"}
    | {"rate_limited", "request_timeout", "truncated"}
)


@dataclass(frozen=True)
class Content:
    kind: str
    subject: str
    text: str
    html: str


def write_content(run: ImportRun) -> Content:
    kind = KINDS[State(run.state)]
    subject = tidy(_subject(run, kind), 200)
    context = {
        "kind": kind,
        "run": run,
        "subject": subject,
        "badge": _badge(kind),
        "heading": _heading(run, kind),
        "moment": _moment(run, kind),
        "sentence": word_version(run.version).sentence,
        "figures": _figures(run, kind),
        "reason": run.held_reason if kind == "held" else run.error_message,
        "steps": _steps(run, kind),
        "facts": list(_facts(run, kind)),
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
    names = {"cohort": run.cohort.name, "users": _users(run.size or 0)}
    return {
        "succeeded": _("Imported to Braze: %(cohort)s, %(users)s"),
        "partial": _("Imported in part: %(cohort)s"),
        "failed": _("Import failed: %(cohort)s"),
        "held": _("Import held: %(cohort)s waits for your decision"),
    }[kind] % names


def _badge(kind: str) -> str:
    return {
        "succeeded": _("Success"),
        "partial": _("Partly"),
        "failed": _("Failed"),
        "held": _("Held"),
    }[kind]


def _heading(run: ImportRun, kind: str) -> str:
    return {
        "succeeded": _("%s is up to date in Braze"),
        "partial": _("%s was imported in part"),
        "failed": _("%s was not imported"),
        "held": _("%s was not sent yet"),
    }[kind] % run.cohort.name


def _moment(run: ImportRun, kind: str) -> str:
    zone = _zone_name(run)
    at = {"time": _local(run.finished_at or run.as_of or run.queued_at, zone), "zone": zone}
    match kind:
        case "succeeded":
            return _("Imported on %(time)s (%(zone)s).") % at
        case "held":
            return _("Held on %(time)s (%(zone)s). Nothing was sent to Braze.") % at
        case "failed":
            return _("Tried on %(time)s (%(zone)s). No users were changed in Braze.") % at
        case _:
            return _("Stopped on %(time)s (%(zone)s). What was sent until then stays.") % at


def _figures(run: ImportRun, kind: str) -> list[tuple[str, str, str]]:
    """Number, label, and the colour class of the number."""
    if run.size is None or run.added is None or run.removed is None or kind == "failed":
        return []
    size = _("Users Imported") if kind == "succeeded" else _("In the cohort")
    added, removed = (_("To add"), _("To remove")) if kind == "held" else (_("Added"), _("Removed"))
    return [
        (intcomma(run.size), size, "tx"),
        (f"+{intcomma(run.added)}", added, "okc"),
        (f"−{intcomma(run.removed)}", removed, "badc"),  # noqa: RUF001 - a minus sign
    ]


def _steps(run: ImportRun, kind: str) -> list[str]:
    if kind == "succeeded":
        return []
    if kind == "held":
        return [
            _("Open the import and look at what it would change."),
            _("Approve it if the change is right. Otherwise discard it and correct the cohort."),
        ]
    if run.error_kind in _KEY_KINDS:
        return [
            _(
                "In Braze open Partner Integrations, Technology Partners, and copy the data import "
                "key and the REST endpoint."
            ),
            _("Have an administrator save them in the connection “%s” and test it.")
            % run.connection.name,
            _("Import again. Imports over this connection are paused until then."),
        ]
    if run.error_kind in _PASSING_KINDS:
        return [_missing_is_sent_next(run), _("If it keeps failing, check Braze's status page.")]
    if run.connection.paused_at is not None:
        return [
            _("Do what the reason above asks for."),
            _("Have an administrator test the connection “%s”. Imports over it are paused until "
              "then.") % run.connection.name,
            _("Import again. Nothing is lost: what is missing is sent."),
        ]  # fmt: skip
    return [_("Open the import to see what stopped it."), _missing_is_sent_next(run)]


def _missing_is_sent_next(run: ImportRun) -> str:
    if _live_schedule(run) is not None:
        return _("Nothing is lost: the next scheduled import sends what is missing.")
    return _("Nothing is lost: choose Import to Braze again, and what is missing is sent.")


def _facts(run: ImportRun, kind: str) -> Iterator[tuple[str, str]]:
    schedule = _live_schedule(run)
    if schedule is not None:
        cadence = cadence_of(schedule)
        words = {"rule": describe_cadence(cadence), "time": describe_time(cadence)}
        yield _("Import Recurrence"), _("%(rule)s at %(time)s") % words
        yield _("Next import"), _next_import(run, schedule)
    if run.unchanged is not None and kind != "failed":
        yield _("Unchanged"), _users(run.unchanged)
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
    return f"{_local(schedule.next_due_at, zone, 'n/j/Y g:i A')} ({zone})"


def _live_schedule(run: ImportRun) -> ImportSchedule | None:
    schedule = run.schedule
    return schedule if schedule is not None and schedule.deleted_at is None else None


def _zone_name(run: ImportRun) -> str:
    return run.schedule.timezone if run.schedule is not None else run.cohort.dataset.timezone


def _local(instant: datetime, zone: str, form: str = "n/j/Y g:i:s A") -> str:
    return format_date(instant.astimezone(ZoneInfo(zone)), form)


def _users(count: int) -> str:
    values: dict[str, Any] = {"count": intcomma(count)}
    return ngettext("%(count)s user", "%(count)s users", count) % values


def _url(path: str) -> str:
    """Never from a request's `Host`, which anyone can set."""
    return f"{settings.BASE_URL}{path}"
