"""Template tags every page may use, registered as builtins: icon, badge, dates, numbers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from cohorts import dates
from cohorts.retelling import retell

register = template.Library()
register.filter("retell", retell)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One drawing of the sprite, hidden from screen readers: the text beside it speaks."""
    return _draw(name, css, static("sprite.svg"))


@lru_cache(maxsize=512)
def _draw(name: str, css: str, sprite: str) -> SafeString:
    """Kept, because a list shows hundreds of them."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f"i {css}".strip(),
        sprite,
        name,
    )


@register.simple_tag
def badge(label: Any, tone: str = "", icon_name: str = "") -> SafeString:
    """A state as an icon and a word. Tones: ok, run, warn, bad, or none for idle."""
    picture = icon(icon_name) if icon_name else ""
    return format_html('<span class="{}">{}{}</span>', f"badge {tone}".strip(), picture, label)


@register.filter
def moment(value: datetime | None, zone: str | None = None) -> str:
    """`11/23/2026 2:05 PM` on the wall clock of `zone`, or of the current time zone."""
    return dates.tell_moment(value, zone) if value else ""


@register.filter
def moment_seconds(value: datetime | None, zone: str | None = None) -> str:
    return dates.tell_moment_seconds(value, zone) if value else ""


@register.filter
def day(value: datetime | None, zone: str | None = None) -> str:
    return dates.tell_day_of(value, zone) if value else ""


@register.filter
def clock(value: datetime | None, zone: str | None = None) -> str:
    return dates.tell_clock(value, zone) if value else ""


@register.filter
def clock_minutes(value: datetime | None, zone: str | None = None) -> str:
    return dates.tell_clock_minutes(value, zone) if value else ""


@register.filter
def number(value: int | None) -> str:
    """Thousands separated, blank when there is no number."""
    return "" if value is None else f"{value:,}"


@register.filter
def age(value: datetime | None) -> str:
    """How long ago, roughly: `3 days`."""
    return timesince(value, depth=1) if value else ""


@register.filter
def percent_of(part: int | None, whole: int | None) -> str:
    """`8.3%`; blank when there is nothing to compare."""
    return f"{100 * part / whole:.1f}%" if part is not None and whole else ""


@register.simple_tag
def current_zone() -> str:
    """Name of the reader's zone, in which times without a zone of their own are written."""
    return timezone.get_current_timezone_name()


@register.filter
def area(view_name: str) -> str:
    """Which icon of the strip a page belongs to: dashboard, cohorts, schedule, data, settings."""
    room, _colon, page = view_name.rpartition(":")
    for name in ("data", "settings", "search"):
        if page.startswith(name):
            return name
    if page == "home":
        return "dashboard"
    if page == "password_change":
        return "settings"
    return {"cohorts": "cohorts", "integrations": "schedule"}.get(room, "")
