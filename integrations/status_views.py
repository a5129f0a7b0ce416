"""The status of the installation: a page for people, JSON and Prometheus text for monitoring."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cohorts.answers import vary_by_part, wants_part
from integrations.models import ImportRun, Incident, OutboxMail, ScheduleSlot
from integrations.vitals import find_stuck_runs, is_well, read_vitals, zone_data

SHOWN = 10
View = Callable[[HttpRequest], HttpResponse]


@require_safe
@never_cache
def show_status(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    vitals = read_vitals(now)
    context = {
        "vitals": vitals,
        "is_well": is_well(vitals),
        "stuck": find_stuck_runs(now),
        "incidents": Incident.objects.all()[:SHOWN],
        "mails": OutboxMail.objects.exclude(state=OutboxMail.State.SENT).select_related(
            "run__cohort"
        )[:SHOWN],
        "zone_data": zone_data(),
        "looked_at": now,
    }
    template = "integrations/_status.html" if wants_part(request) else "integrations/status.html"
    return vary_by_part(render(request, template, context))


def _for_monitoring(view: View) -> View:
    """Open to whoever brings METRICS_TOKEN as a bearer token; without the setting there is none."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        token = settings.METRICS_TOKEN
        if not token:
            raise Http404
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not constant_time_compare(given.encode(), token.encode()):
            return HttpResponse(
                "Bring METRICS_TOKEN as a bearer token.\n",
                status=403,
                content_type="text/plain",
            )
        with override("en"):
            return view(request)

    return guarded


@require_safe
@never_cache
@_for_monitoring
def status_json(request: HttpRequest) -> HttpResponse:
    vitals = read_vitals()
    body = {
        "status": "well" if is_well(vitals) else "needs attention",
        "vitals": {
            vital.key: {"value": vital.value, "well": vital.is_well, "advice": vital.advice}
            for vital in vitals
        },
        "zone_data": zone_data(),
    }
    return JsonResponse(body)


@require_safe
@never_cache
@_for_monitoring
def metrics(request: HttpRequest) -> HttpResponse:
    lines: list[str] = []
    for vital in read_vitals():
        if vital.value is not None:
            lines += _gauge(vital.key, vital.label, {"": vital.value})
    lines += _gauge("runs", "Imports kept, by state", _by(ImportRun, "state"))
    lines += _gauge("slots", "Scheduled times kept, by outcome", _by(ScheduleSlot, "outcome"))
    lines += _gauge("mails", "Mails kept, by state", _by(OutboxMail, "state"))
    text = "\n".join(lines) + "\n"
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauge(name: str, text: str, values: dict[str, float]) -> list[str]:
    full = f"cohorts_{name}"
    samples = [f"{full}{labels} {value:g}" if value < 1e6 else f"{full}{labels} {int(value)}"
               for labels, value in values.items()]  # fmt: skip
    return [f"# HELP {full} {text}", f"# TYPE {full} gauge", *samples]


def _by(model: Any, field: str) -> dict[str, float]:
    rows = model.objects.order_by().values_list(field).annotate(Count("pk"))
    counts = {value: 0 for value, _label in model._meta.get_field(field).choices} | dict(rows)
    return {f'{{{field}="{value}"}}': count for value, count in counts.items()}
