"""Instants in words for the screens."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def until(instant: datetime, now: datetime) -> str:
    """`in 5 days`, `in 17 h 54 min`, `in 12 min`, `now`."""
    seconds = int((instant - now).total_seconds())
    if seconds < MINUTE:
        return _("now")
    if seconds >= 2 * DAY:
        days = seconds // DAY
        return ngettext("in %d day", "in %d days", days) % days
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    if hours == 0:
        return _("in %d min") % minutes
    return _("in %(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


def age(instant: datetime, now: datetime) -> str:
    """`5 days old`, `17 h 54 min old`, `12 min old`, `just now`."""
    seconds = int((now - instant).total_seconds())
    if seconds < MINUTE:
        return _("just now")
    if seconds >= 2 * DAY:
        days = seconds // DAY
        return ngettext("%d day old", "%d days old", days) % days
    hours, minutes = seconds // HOUR, seconds % HOUR // MINUTE
    if hours == 0:
        return _("%d min old") % minutes
    return _("%(hours)d h %(minutes)d min old") % {"hours": hours, "minutes": minutes}


def length(seconds: float) -> str:
    """`12 s`, `3 min`, `5 h`, `2 days`."""
    if seconds < 2 * MINUTE:
        return _("%d s") % seconds
    if seconds < 2 * HOUR:
        return _("%d min") % (seconds // MINUTE)
    if seconds < 2 * DAY:
        return _("%d h") % (seconds // HOUR)
    days = int(seconds // DAY)
    return ngettext("%d day", "%d days", days) % days


def elapsed(start: datetime, end: datetime) -> str:
    """`188 ms`, `2.1 s`, `3:05`, `1:02:07`."""
    seconds = max(0.0, (end - start).total_seconds())
    if seconds < 1:
        return _("%d ms") % (seconds * 1000)
    if seconds < MINUTE:
        return _("%.1f s") % seconds
    whole = int(seconds)
    minutes = f"{whole % HOUR // MINUTE}:{whole % MINUTE:02}"
    if whole < HOUR:
        return minutes
    return f"{whole // HOUR}:{whole % HOUR // MINUTE:02}:{whole % MINUTE:02}"
