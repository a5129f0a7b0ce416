"""The first page: what needs attention, what comes, what happened."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cohorts.answers import SignedInRequest
from cohorts.models import Cohort, with_dataset
from cohorts.sizes import read_favorite_sizes
from integrations.activity import first_hour, sum_up
from integrations.attention import read_attention
from integrations.calendar import live_schedules, read_calendar
from integrations.calendar_views import read_day
from integrations.models import ImportRun
from integrations.past_runs import read_runs

RECENT = 6
MOST_A_DAY = 4
RANGES = (30, 90)


@require_safe
def show_dashboard(request: SignedInRequest) -> HttpResponse:
    user, now, today = request.user, timezone.now(), timezone.localdate()
    days = 90 if request.GET.get("days") == "90" else 30
    context = {"now": now, "today": today, "days": days, "ranges": RANGES}
    if user.has_perm("integrations.view_importrun"):
        context |= _read_imports(read_day(request.GET.get("from", "")) or today, now)
    if user.has_perm("cohorts.view_cohort"):
        context |= {
            "lines": read_favorite_sizes(user, days=days, now=now),
            "first_day": today - timedelta(days=days),
        }
    if not context.get("recent") and not context.get("lines"):
        context["is_new"] = not Cohort.objects.live().exists()
    return render(request, "integrations/dashboard.html", context)


def _read_imports(first: date, now: datetime) -> dict[str, Any]:
    """What the cards share is read once: schedules, and the runs of a day and a night."""
    schedules, since = list(live_schedules()), first_hour(now)
    # An hour more: in zones of half hours the day begins inside an hour.
    runs = read_runs(since - timedelta(hours=1), now + timedelta(minutes=1))
    recent = ImportRun.objects.select_related("requested_by", "schedule")
    today = timezone.localdate(now)
    calendar = read_calendar(
        "next",
        first,
        now=now,
        most=MOST_A_DAY,
        schedules=schedules,
        # The day so far is a part of the last 24 hours; earlier days are not.
        runs=runs if first == today else None,
    )
    return {
        "attention": read_attention(now, schedules),
        "calendar": calendar,
        "activity": sum_up(runs, since),
        "recent": list(with_dataset(recent, "cohort__dataset")[:RECENT]),
    }
