"""Settings of Braze connections, in the product's own look. The admin site uses the same form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.answers import SignedInRequest, vary_by_part, wants_part
from integrations.braze.clusters import CLUSTERS
from integrations.braze.destination import Answer
from integrations.cadence import BadCadence
from integrations.connection_form import ConnectionForm, ask_braze, mask_key
from integrations.connections import (
    can_change_delivery,
    check_connection,
    describe_check,
    endpoint_label,
    find_endpoint,
    resume_if_working,
)
from integrations.limits_form import LimitsForm
from integrations.models import Connection, ImportSchedule
from integrations.schedules import pause_schedule, resume_schedule

CHANGE = "integrations.change_connection"
STEER = "integrations.change_importschedule"


@require_safe
def show_connections(request: HttpRequest) -> HttpResponse:
    """The first one, or the form for it where there is none."""
    first = _connections().first()
    return redirect("settings_braze_one", first.pk) if first else redirect("settings_braze_new")


@sensitive_post_parameters("new_key")
@require_http_methods(["GET", "HEAD", "POST"])
def add_connection(request: SignedInRequest) -> HttpResponse:
    return _edit(request, None)


@sensitive_post_parameters("new_key")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_connection(request: SignedInRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(_connections(), pk=pk)
    if request.method == "POST" and not request.user.has_perm(CHANGE):
        raise PermissionDenied
    return _edit(request, connection)


@require_POST
def test_connection(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(_connections(), pk=pk)
    answer = check_connection(connection)
    goes_on = resume_if_working(connection, answer)
    connection.refresh_from_db(fields=["paused_at", "paused_reason"])
    context = _context(connection, ConnectionForm(instance=connection)) | {
        "test": _outcome(connection, answer, goes_on=goes_on)
    }
    template = "_braze_test.html" if wants_part(request) else "settings_braze.html"
    return vary_by_part(render(request, f"integrations/{template}", context))


@require_POST
def steer_schedules(request: SignedInRequest, pk: int) -> HttpResponse:
    """Pause every schedule over the connection, or let the paused ones go on."""
    connection = get_object_or_404(_connections(), pk=pk)
    schedules = _schedules(connection)
    if request.POST.get("do") == "resume":
        count = 0
        for schedule in schedules.filter(paused_at__isnull=False):
            try:
                count += resume_schedule(schedule, by=request.user)
            except BadCadence as bad:
                messages.error(request, f"{schedule.cohort}: {bad.message}")
        text = ngettext("%d schedule runs again.", "%d schedules run again.", count)
    else:
        waiting = schedules.filter(paused_at=None)
        count = sum(pause_schedule(schedule, by=request.user) for schedule in waiting)
        text = ngettext("%d schedule is paused.", "%d schedules are paused.", count)
    messages.success(request, text % count)
    return redirect("settings_braze_one", connection.pk)


@require_POST
def set_limits(request: SignedInRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(_connections(), pk=pk)
    form = LimitsForm(request.POST, connection)
    if form.is_valid():
        form.save(connection)
        messages.success(request, _("The safety limits were saved."))
        return redirect("settings_braze_one", connection.pk)
    context = _context(connection, ConnectionForm(instance=connection)) | {"limits": form}
    return render(request, "integrations/settings_braze.html", context, status=422)


def _edit(request: SignedInRequest, connection: Connection | None) -> HttpResponse:
    form, answer = ConnectionForm(instance=connection), None
    if request.method == "POST":
        answer = _ask(request, connection)
        form = ConnectionForm(request.POST, instance=connection)
        form.answer = answer
        if form.is_valid():
            saved = form.save()
            _tell(request, form)
            return redirect("settings_braze_one", saved.pk)
        if connection is not None:
            # Validating has put what was typed into it.
            connection = get_object_or_404(_connections(), pk=connection.pk)
    context = _context(connection, form)
    status = 422 if form.errors else 200
    return render(request, "integrations/settings_braze.html", context, status=status)


def _ask(request: HttpRequest, connection: Connection | None) -> Answer | None:
    """Before the form is saved, so that a key Braze refuses never replaces one that works."""
    pasted = find_endpoint(request.POST.get("address", ""))
    return ask_braze(
        connection,
        endpoint=pasted or request.POST.get("endpoint", ""),
        new_key=request.POST.get("new_key", ""),
        mode=request.POST.get("mode", ""),
        attribute=request.POST.get("attribute", ""),
    )


def _tell(request: HttpRequest, form: ConnectionForm) -> None:
    if form.warning:
        text = _("Saved, but the connection could not be tested: %s")
        messages.warning(request, text % form.warning)
    elif form.answer is not None:
        messages.success(request, f"{_('Saved.')} {describe_check(form.answer)}")
    else:
        messages.success(request, _("Saved."))


def _context(connection: Connection | None, form: ConnectionForm) -> dict[str, Any]:
    cluster = CLUSTERS.get(connection.endpoint) if connection else None
    schedules = list(_schedules(connection).values_list("paused_at", flat=True))
    return {
        "connection": connection,
        "connections": _connections().only("name", "paused_at"),
        "form": form,
        "dashboard_host": cluster.dashboard_host if cluster else "",
        "stored_key": mask_key(connection) if connection else "",
        "may_change_delivery": connection is None or can_change_delivery(connection),
        "limits": LimitsForm(None, connection),
        "running": sum(paused is None for paused in schedules),
        "paused": sum(paused is not None for paused in schedules),
    }


def _outcome(connection: Connection, answer: Answer, *, goes_on: bool) -> dict[str, Any]:
    return {
        "works": answer.is_accepted,
        "text": describe_check(answer),
        "goes_on": goes_on,
        "at": timezone.now(),
        "seconds": answer.duration_ms / 1000,
        "has_answer": answer.status is not None,
        "place": endpoint_label(connection.endpoint),
    }


def _connections() -> Any:
    # A key that cannot be decrypted must not take the pages down with which it is replaced.
    return Connection.objects.defer("data_import_key")


def _schedules(connection: Connection | None) -> Any:
    live = ImportSchedule.objects.filter(deleted_at=None).select_related("cohort")
    return live.filter(connection=connection) if connection else live.none()
