"""Results of imports that concern one reader: the bell in the top bar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cohorts.answers import SignedInRequest, go_back, vary_by_part, wants_part
from cohorts.models import with_dataset
from integrations.models import ImportRun, NoticesRead

# Older results are history, not news.
NEWS = timedelta(days=14)
SHOWN = 10
SHOWN_ON_PAGE = 50


def concerning(user: Any, since: datetime | Any) -> QuerySet[ImportRun]:
    """Imports that ended, or were held, since then: of the reader's cohorts and schedules,
    started by them, or with a mail to them."""
    mine = Q(requested_by=user) | Q(cohort__owner=user) | Q(schedule__created_by=user)
    if user.email:
        mine |= Q(recipients_text__icontains=f'"{user.email}"')
    news = Q(finished_at__gt=since) | Q(state=ImportRun.State.HELD, started_at__gt=since)
    return ImportRun.objects.annotate(recipients_text=Cast("recipients", TextField())).filter(
        news, mine
    )


def read_until(user: Any) -> datetime:
    found = NoticesRead.objects.filter(user=user).values_list("until", flat=True).first()
    return found or timezone.now() - NEWS


@require_safe
def list_notices(request: SignedInRequest) -> HttpResponse:
    """The popover of the bell, or a page of its own."""
    part = wants_part(request)
    runs = with_dataset(concerning(request.user, timezone.now() - NEWS), "cohort__dataset")
    context = {
        "runs": runs.order_by(F("finished_at").desc(nulls_first=True), "-pk")[
            : SHOWN if part else SHOWN_ON_PAGE
        ],
        "until": read_until(request.user),
    }
    template = "integrations/_notices.html" if part else "integrations/notices.html"
    return vary_by_part(render(request, template, context))


@require_POST
def mark_read(request: SignedInRequest) -> HttpResponse:
    NoticesRead.objects.update_or_create(user=request.user, defaults={"until": timezone.now()})
    if request.headers.get("HX-Request"):
        return HttpResponse()
    return go_back(request)
