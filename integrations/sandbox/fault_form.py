"""The faults that the page offers by name."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

CHOICES: dict[str, tuple[Any, dict[str, Any]]] = {
    "limited": (
        _("429, told to wait until an instant (x-ratelimit-reset)"),
        {
            "status": 429,
            "headers": {
                "x-ratelimit-limit": "250000",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "{now_epoch+7}",
            },
        },
    ),
    "retry_after": (
        _("429, told to wait 3 seconds (x-ratelimit-retry-after)"),
        {"status": 429, "headers": {"x-ratelimit-retry-after": "3"}},
    ),
    "locked": (_("423, resource locked"), {"status": 423}),
    "error": (_("500, internal server error"), {"status": 500}),
    "unavailable": (_("503, service unavailable"), {"status": 503}),
    "applied_error": (_("500, although the change took effect"), {"status": 500, "apply": True}),
    "timeout": (_("No answer for 60 seconds, the change takes effect"), {"delay_ms": 60_000}),
    "cut_before": (_("Connection cut, the change is lost"), {"drop": "before"}),
    "cut_after": (_("Connection cut, the change took effect"), {"drop": "after"}),
    "cut_middle": (_("Answer cut in the middle, the change took effect"), {"drop": "mid_body"}),
    "warned": (
        _("Success with a minor error"),
        {"status": 201, "body": {"message": "success", "errors": ["minor error message"]}},
    ),
}
ENDPOINTS = ("*", "/cohorts", "/cohorts/users", "/users/track")


def read_choice(form: dict[str, list[str]]) -> dict[str, Any] | None:
    """The chosen fault, or None when the form holds nothing usable."""
    kind = form.get("kind", [""])[0]
    times = form.get("times", ["1"])[0]
    path = form.get("path", ["*"])[0]
    usable = times.isascii() and times.isdigit() and 0 < int(times[:9]) <= 10_000
    if kind not in CHOICES or not usable or path not in ENDPOINTS:
        return None
    return {**CHOICES[kind][1], "times": int(times), "path": path}
