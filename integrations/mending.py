"""Whether what stopped an import has been put right since."""

from __future__ import annotations

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from integrations.models import ImportRun
from integrations.remedies import KEY_KINDS


def needs_connection(run: ImportRun) -> bool:
    """Whether only a change of the connection helps."""
    return run.is_final and run.error_kind in KEY_KINDS


def mended(run: ImportRun) -> str:
    """What was done about a refused key since the run ended; empty where nothing was."""
    connection = run.connection
    if not needs_connection(run) or connection.paused_at or run.finished_at is None:
        return ""
    if connection.updated_at <= run.finished_at:
        return ""
    facts = {
        "connection": connection.name,
        "at": date_format(timezone.localtime(connection.updated_at), "DATETIME_FORMAT"),
        "hint": connection.key_hint,
    }
    if connection.key_hint:
        text = gettext("The connection “%(connection)s” was saved on %(at)s, key ending %(hint)s.")
    else:
        text = gettext("The connection “%(connection)s” was saved on %(at)s.")
    return text % facts
