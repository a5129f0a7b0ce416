"""Why an import did not end well, in the reader's language, and what to do about it.

A run keeps its reason in English, as it was when it happened, together with a fixed word for its
kind. A text without numbers or names in it is translated as it stands; others are told by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cohorts.retelling import retell
from integrations.models import Connection, ImportRun, ImportSchedule
from integrations.safety import hold_words

# Failures that only a new key or another endpoint ends.
KEY_KINDS = frozenset({"key_refused", "unauthorized", "key_unreadable", "endpoint_unknown"})
# Failures that the next import gets over by itself, if Braze or the network recovers.
PASSING_KINDS = frozenset(
    {"no_answer", "connection_lost", "server_error", "unreachable", "name_not_found", "locked"}
    | {"rate_limited", "request_timeout", "truncated"}
)
# What only the definition of the cohort, or the data beneath it, can end.
COHORT_KINDS = frozenset({"definition", "timeout", "memory", "query", "source"})

CAUSES: Mapping[str, Any] = {
    "key_refused": _("Braze did not accept the data import key."),
    "unauthorized": _("Braze refused access."),
    "partner_key": _("Braze did not accept the partner API key."),
    "partner_key_missing": _("This installation has no partner API key for that cluster."),
    "partner_not_enabled": _("Braze has not enabled the partner for this workspace."),
    "forbidden": _("Braze does not permit this."),
    "key_unreadable": _("The stored data import key cannot be read."),
    "endpoint_unknown": _("The REST endpoint is not one of Braze's."),
    "configuration": _("Braze knows no such address."),
    "redirected": _("The address answered with a redirect, which was not followed."),
    "no_answer": _("Braze did not answer in time."),
    "connection_lost": _("The connection to Braze was lost before the answer came."),
    "server_error": _("Braze has a fault on its side."),
    "unreachable": _("Braze cannot be reached."),
    "name_not_found": _("The address of Braze was not found."),
    "tls": _("No secure connection to Braze could be made."),
    "locked": _("The cohort is locked in Braze."),
    "rate_limited": _("Braze asks us to slow down."),
    "request_timeout": _("Braze did not get the request in time."),
    "truncated": _("The answer from Braze was cut off or too long."),
    "odd_answer": _("Braze answered in an unusual way."),
    "not_braze": _("The answer did not come from Braze."),
    "our_fault": _("Braze found the request malformed."),
    "media_type": _("Braze did not take the format of the request."),
    "too_large": _("The request is too large for Braze."),
    "refused": _("Braze refused."),
    "members_refused": _("Braze took the import, but refused some members."),
    "definition": _("The definition of the cohort no longer fits its data."),
    "timeout": _("Counting the cohort took too long."),
    "memory": _("Counting the cohort needs more memory than it may use."),
    "query": _("The cohort could not be counted."),
    "source": _("The data of the cohort cannot be read."),
    "identifier": _("The identifier of the members does not fit the data."),
    "canceled": _("The import was stopped."),
    "store": _("A file of the membership store is missing or damaged."),
    "internal": _("The import broke off."),
    "hold_expired": _("Nobody decided in time, so the import was discarded."),
}


def explain(run: ImportRun) -> str:
    """Why the run is held, or why it did not end well; empty when there is nothing to explain."""
    if run.state == ImportRun.State.HELD:
        return hold_words(run.held_facts) or run.held_reason
    return _translate(run.error_kind, run.error_message)


def _translate(kind: str, told: str) -> str:
    if not told or (get_language() or "en").startswith("en"):
        return told
    translated = retell(told)
    if translated != told or kind not in CAUSES:
        return translated
    # What was told names things a translation of the kind cannot: keep both.
    return f"{CAUSES[kind]} ({told})"


def list_steps(run: ImportRun) -> list[str]:
    """What to do now, in order. Empty after a success."""
    match run.state:
        case ImportRun.State.HELD:
            return [
                gettext("Open the import and look at what it would change."),
                gettext(
                    "Approve it if the change is right. Otherwise discard it and correct the "
                    "cohort."
                ),
            ]
        case ImportRun.State.FAILED | ImportRun.State.PARTIAL | ImportRun.State.CANCELED:
            return _steps_after(run) if run.error_kind else []
    return []


def _steps_after(run: ImportRun) -> list[str]:
    kind = run.error_kind
    if kind == "hold_expired":
        return [
            gettext("Check that the cohort is what you want."),
            gettext("Import it again, and approve it if it is held once more."),
        ]
    if kind in KEY_KINDS:
        return [
            _where_the_key_is(run),
            gettext("Have an administrator save them in the connection “%s” and test it.")
            % run.connection.name,
            gettext("Imports over this connection are paused until then, and go on by themselves."),
        ]
    if kind in PASSING_KINDS:
        return [_missing_is_sent(run), gettext("If it keeps failing, check Braze's status page.")]
    if run.connection.paused_at is not None:
        return [
            gettext("Do what the reason above asks for."),
            gettext(
                "Have an administrator test the connection “%s”. Imports over it are paused until "
                "then."
            )
            % run.connection.name,
            gettext("Imports go on by themselves then. Nothing is lost: what is missing is sent."),
        ]
    if kind in COHORT_KINDS:
        return [
            gettext("Open the cohort and correct what the reason names."),
            _missing_is_sent(run),
        ]
    return [gettext("Open the import to see what stopped it."), _missing_is_sent(run)]


def _where_the_key_is(run: ImportRun) -> str:
    if run.connection.mode == Connection.Mode.TRACK:
        return gettext(
            "In Braze open Settings, APIs and Identifiers, and copy the REST API key and the REST "
            "endpoint."
        )
    return gettext(
        "In Braze open Partner Integrations, Technology Partners, and copy the data import key and "
        "the REST endpoint."
    )


def _missing_is_sent(run: ImportRun) -> str:
    if live_schedule_of(run) is not None and run.trigger != ImportRun.Trigger.REMOVAL:
        return gettext("Nothing is lost: the next scheduled import sends what is missing.")
    return gettext("Nothing is lost: start it again, and what is missing is sent.")


def live_schedule_of(run: ImportRun) -> ImportSchedule | None:
    schedule = run.schedule
    return schedule if schedule is not None and schedule.deleted_at is None else None
