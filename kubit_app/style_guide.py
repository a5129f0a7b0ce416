"""Every component in every state and in both themes, made of the templates' own parts. Only where
DEBUG is on: it is for whoever changes the look."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kubit_app.charts import Series

BADGES = [
    ("Success", "ok", "i-circle-check"),
    ("Importing", "run", "i-loader-2"),
    ("Held", "warn", "i-shield-half"),
    ("Partly", "warn", "i-alert-triangle"),
    ("Failed", "bad", "i-circle-x"),
    ("Paused", "", "i-player-pause"),
    ("Waiting", "", "i-hourglass"),
]
# Long, other scripts, another direction, markup: what stored names may hold.
NAMES = [
    "Frequent Singers",
    "歌う人たち 🎤",
    "מאזינים נאמנים",
    "<b>Whales</b>",
    "A name that goes on for so long that no cell of any table could ever hold it in one line",
]
TONES = [("bad", "i-circle-x"), ("warn", "i-alert-triangle"), ("info", "i-info-circle")]


@require_safe
def show_style_guide(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    last = date(2026, 11, 23)
    days = [last - timedelta(days=n) for n in range(29, -1, -1)]
    context: dict[str, Any] = {
        "themes": ["light", "dark"],
        "badges": BADGES,
        "tones": [*TONES, ("ok", "i-circle-check")],
        "buttons": ["", "primary", "outline", "danger", "quiet", "pill", "sm"],
        "names": NAMES,
        "numbers": [0, 7, 12_431, 12_345_678],
        "errors": ["Another cohort has this name. Choose a different one."],
        "page": Paginator(range(500), 50).get_page(2),
        "trend": [4, 6, 5, 9, 12, 14],
        "falling": [14, 15, 14, 13, 5],
        "first": days[0],
        "last": last,
        "lines": [
            Series(name, [(day, base + n * step) for n, day in enumerate(days)], "#charts")
            for name, base, step in (("Frequent Singers", 400, 9), ("Whales", 120, 2))
        ],
    }
    return render(request, "styleguide/page.html", context)
