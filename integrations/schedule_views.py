"""The page of import schedules and what can be done with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.answers import SignedInRequest, stay, vary_by_part, wants_part
from cohorts.models import with_dataset
from integrations.import_columns import read_import_columns
from integrations.models import ImportRun, ImportSchedule, Ledger
from integrations.runs import ImportRefused
from integrations.schedules import (
    delete_schedule,
    delete_schedule_and_members,
    pause_schedule,
    pause_schedule_and_members,
    resume_schedule,
)

PAGE_SIZE = 50


@require_safe
def list_schedules(request: HttpRequest) -> HttpResponse:
    schedules = (
        ImportSchedule.objects.filter(deleted_at=None)
        .select_related("cohort__current_version")
        .order_by("cohort__name")
    )
    schedules = with_dataset(schedules, "cohort__dataset")
    page = Paginator(schedules, PAGE_SIZE).get_page(request.GET.get("page"))
    columns = read_import_columns((schedule.cohort for schedule in page), with_slots=True)
    zones = sorted({schedule.timezone for schedule in page})
    context = {
        "page": page,
        "rows": list(columns.values()),
        "zones": zones,
        "held": with_dataset(
            ImportRun.objects.filter(state=ImportRun.State.HELD), "cohort__dataset"
        )[:5],
        "paused": sum(schedule.is_paused for schedule in page),
    }
    return render(request, "integrations/schedule.html", context)


@require_http_methods(["GET", "POST"])
def pause(request: SignedInRequest, pk: int) -> HttpResponse:
    return _stop(request, pk, _PAUSE)


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _change(request, pk, resume_schedule, _("The schedule of %s runs again."))


@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    return _stop(request, pk, _DELETE)


@dataclass(frozen=True)
class _Way:
    """One way to stop a schedule, and what is said when it is done."""

    template: str
    alone: Callable[..., object]
    with_members: Callable[..., ImportRun]
    done: Promise
    done_with_members: Promise


_PAUSE = _Way(
    "schedule_pause",
    pause_schedule,
    pause_schedule_and_members,
    _lazy("The schedule of %s is paused."),
    _lazy("The schedule of %s is paused. Its users are being removed from Braze."),
)
_DELETE = _Way(
    "schedule_delete",
    delete_schedule,
    delete_schedule_and_members,
    _lazy("The schedule of %s was deleted."),
    _lazy("The schedule of %s was deleted. Its users are being removed from Braze."),
)


def _stop(request: SignedInRequest, pk: int, way: _Way) -> HttpResponse:
    """Asks first, and whether the people it brought to Braze stay there."""
    schedule = _get_schedule(pk)
    refusal = None
    if request.method == "POST":
        if request.POST.get("members") != "remove":
            return _change(request, pk, way.alone, str(way.done))
        try:
            return _stop_with_members(request, schedule, way)
        except ImportRefused as refused:
            refusal = refused
    name = f"_{way.template}" if wants_part(request) else way.template
    context = {
        "schedule": schedule,
        "cohort": schedule.cohort,
        "ledger": Ledger.objects.filter(
            cohort=schedule.cohort, connection=schedule.connection
        ).first(),
        "refusal": refusal,
        "remove": request.POST.get("members") == "remove",
        "may_remove": request.user.has_perm("integrations.add_importrun"),
    }
    answer = render(request, f"integrations/{name}.html", context, status=422 if refusal else 200)
    return vary_by_part(answer)


def _stop_with_members(
    request: SignedInRequest, schedule: ImportSchedule, way: _Way
) -> HttpResponse:
    if not request.user.has_perm("integrations.add_importrun"):
        raise PermissionDenied
    run = way.with_members(schedule, by=request.user)
    text = str(way.done_with_members) % schedule.cohort.name
    messages.success(request, text, extra_tags=run.get_absolute_url())
    return stay(request, reverse("integrations:schedule"))


def _change(
    request: HttpRequest, pk: int, act: Callable[..., object], message: str
) -> HttpResponse:
    schedule = _get_schedule(pk)
    act(schedule, by=request.user)
    messages.success(request, message % schedule.cohort.name)
    return stay(request, reverse("integrations:schedule"))


def _get_schedule(pk: int) -> ImportSchedule:
    live = ImportSchedule.objects.filter(deleted_at=None).select_related("cohort__dataset")
    return get_object_or_404(live, pk=pk)
