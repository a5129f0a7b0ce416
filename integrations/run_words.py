"""How runs and batches look and what they say to people: one tone, icon and sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from integrations.models import ImportBatch, ImportRun


@dataclass(frozen=True)
class Look:
    tone: str
    icon: str


RUN_LOOKS = {
    ImportRun.State.QUEUED: Look("", "i-clock"),
    ImportRun.State.COMPUTING: Look("run", "i-loader-2"),
    ImportRun.State.HELD: Look("warn", "i-shield-half"),
    ImportRun.State.SENDING: Look("run", "i-loader-2"),
    ImportRun.State.SUCCEEDED: Look("ok", "i-circle-check"),
    ImportRun.State.PARTIAL: Look("warn", "i-alert-triangle"),
    ImportRun.State.FAILED: Look("bad", "i-circle-x"),
    ImportRun.State.CANCELED: Look("", "i-ban"),
}

BATCH_LOOKS = {
    ImportBatch.State.PLANNED: Look("", "i-circle-dashed"),
    ImportBatch.State.SENDING: Look("run", "i-loader-2"),
    ImportBatch.State.ACKNOWLEDGED: Look("ok", "i-circle-check"),
    ImportBatch.State.REFUSED: Look("bad", "i-circle-x"),
    ImportBatch.State.UNKNOWN: Look("warn", "i-alert-triangle"),
}


def run_look(run: ImportRun) -> Look:
    return RUN_LOOKS[ImportRun.State(run.state)]


def progress_tone(run: ImportRun) -> str:
    """Of the bar: moving while it sends, then in the colour of the result."""
    return {"ok": "ok", "bad": "bad", "warn": "warn"}.get(run_look(run).tone, "")


def batch_look(batch: ImportBatch) -> Look:
    return BATCH_LOOKS[ImportBatch.State(batch.state)]


def note_of(run: ImportRun) -> str:
    """The second line under a run's badge in lists."""
    state = ImportRun.State(run.state)
    if state is ImportRun.State.HELD:
        return gettext("to approve")
    if state is ImportRun.State.FAILED:
        return str(FAILURES.get(run.error_kind) or gettext("see why"))
    if state is ImportRun.State.SENDING and run.added is not None and run.removed is not None:
        return f"+{run.added:,} \N{MINUS SIGN}{run.removed:,}"
    if run.size is None:
        return ""
    return ngettext("%s user", "%s users", run.size) % f"{run.size:,}"


# Short names of what a person can do something about; the run's page has the whole story.
FAILURES: dict[str, Any] = {
    "key_refused": _("key refused"),
    "key_unreadable": _("key unreadable"),
    "partner_key": _("partner key refused"),
    "partner_not_enabled": _("partner not enabled"),
    "unauthorized": _("access refused"),
    "unreachable": _("not reachable"),
    "name_not_found": _("not reachable"),
    "members_refused": _("members refused"),
    "definition": _("definition"),
    "timeout": _("took too long"),
}
