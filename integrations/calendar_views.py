"""The calendar of coming imports: a month, a week or a day."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cohorts.answers import vary_by_part, wants_part
from integrations.calendar import View, read_calendar

# How many imports of a day are shown before "more", which leads to the day.
MOST = {"month": 3, "week": 20, "day": 1000}


@require_safe
def show_calendar(request: HttpRequest) -> HttpResponse:
    """Any query string gives a calendar: what it does not know is ignored."""
    view = cast(View, request.GET.get("view") if request.GET.get("view") in MOST else "month")
    found = read_calendar(
        view,
        read_day(request.GET.get("on", "")) or timezone.localdate(),
        now=timezone.now(),
        most=MOST[view],
    )
    template = (
        "integrations/_calendar.html" if wants_part(request) else "integrations/calendar.html"
    )
    context = {"calendar": found, "today": timezone.localdate()}
    return vary_by_part(render(request, template, context))


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
