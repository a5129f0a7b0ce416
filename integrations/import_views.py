"""The import dialog and its fragments, and the import that starts at one press."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.answers import SignedInRequest, stay, vary_by_part, wants_part
from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort
from cohorts.retelling import retell
from cohorts.warehouse.errors import WarehouseError
from integrations.cadence import next_times as compute_next_times
from integrations.connections import default_connection, offered_connection
from integrations.forms import ImportForm
from integrations.identification import BadIdentifier
from integrations.identifier_form import IdentifierForm
from integrations.models import Connection, ImportRun, Ledger
from integrations.preview import RecordDamaged, preview_import
from integrations.recurrence_form import RecurrenceForm
from integrations.runs import ImportRefused, request_import, request_removal
from integrations.schedules import ScheduleRefused, find_live_schedule, save_schedule


@require_http_methods(["GET", "POST"])
def import_dialog(request: SignedInRequest, slug: str) -> HttpResponse:
    cohort = _get_cohort(slug)
    form = _form(request, cohort)
    if request.method == "POST" and form.is_valid():
        earlier = _find_submitted(request, cohort, form.cleaned_data["connection"])
        if earlier is not None and not form.is_scheduled:
            return _started(request, earlier)
        try:
            return _carry_out(request, cohort, form)
        except ScheduleRefused as refused:
            form.add_error(None, refused.message)
        except ImportRefused as refused:
            # Of two submits at the same moment the second comes here.
            if twin := _find_submitted(request, cohort, form.cleaned_data["connection"]):
                return _started(request, twin)
            form.add_error(None, refused.message)
            form.run_in_the_way = refused.run
    template = "integrations/_import.html" if wants_part(request) else "integrations/import.html"
    context = {"form": form, "cohort": cohort, "dataset": cohort.dataset}
    status = 422 if form.is_bound else 200
    return vary_by_part(render(request, template, context, status=status))


def _form(request: SignedInRequest, cohort: Cohort) -> ImportForm:
    return ImportForm(
        request.POST if request.method == "POST" else None,
        cohort=cohort,
        schedule=find_live_schedule(cohort),
        connection=offered_connection(cohort),
        may_rename=request.user.has_perm("cohorts.change_cohort"),
        may_schedule=request.user.has_perm("integrations.change_importschedule"),
        seen=_newest_run_id(cohort),
    )


def _carry_out(request: SignedInRequest, cohort: Cohort, form: ImportForm) -> HttpResponse:
    """Renames, and schedules or starts the import: all of it or, if it is refused, nothing."""
    data = form.cleaned_data
    with transaction.atomic():
        if form.has_changed_details:
            cohort.name, cohort.description = data["name"], data["description"]
            cohort.save(update_fields=["name", "description", "updated_at"])
        if not form.is_scheduled:
            run = request_import(
                cohort,
                connection=data["connection"],
                trigger=ImportRun.Trigger.ONE_TIME,
                by=request.user,
                recipients=data["recipients"],
                identifier=data["chosen_identifier"],
            )
            return _started(request, run)
        save_schedule(
            cohort,
            connection=data["connection"],
            cadence=data["cadence"],
            recipients=data["recipients"],
            notify=data["notify"],
            limits=data["limits"],
            identifier=data["chosen_identifier"],
            by=request.user,
        )
    messages.success(request, _("The import of %s is scheduled.") % cohort.name)
    return stay(request, reverse("integrations:schedule"))


@require_POST
def import_now(request: SignedInRequest, slug: str) -> HttpResponse:
    """The Braze icon of a schedule: an import at once, to where the schedule goes."""
    cohort = _get_cohort(slug)
    schedule = find_live_schedule(cohort)
    connection = schedule.connection if schedule else default_connection()
    if connection is None:
        return redirect("integrations:import", slug)
    earlier = _find_submitted(request, cohort, connection)
    if earlier is not None:
        return _started(request, earlier)
    try:
        run = request_import(
            cohort,
            connection=connection,
            trigger=ImportRun.Trigger.REPAIR
            if request.POST.get("repair")
            else ImportRun.Trigger.MANUAL,
            by=request.user,
            recipients=schedule.recipients if schedule else [],
        )
    except ImportRefused as refused:
        if twin := _find_submitted(request, cohort, connection):
            return _started(request, twin)
        url = refused.run.get_absolute_url() if refused.run else ""
        messages.error(request, refused.message, extra_tags=url)
        return stay(request, reverse("integrations:schedule"))
    return _started(request, run)


@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest, slug: str) -> HttpResponse:
    """Takes everyone of the cohort out of Braze, once that is confirmed. For deleted ones, too."""
    cohort = get_object_or_404(
        Cohort.objects.select_related("dataset", "current_version"), slug=slug
    )
    ledgers = Ledger.objects.filter(cohort=cohort).select_related("connection")
    refusal = None
    if request.method == "POST":
        chosen = _number(request.POST.get("connection")) or 0
        ledger = get_object_or_404(ledgers, connection=chosen)
        try:
            return _started(
                request, request_removal(cohort, connection=ledger.connection, by=request.user)
            )
        except ImportRefused as refused:
            refusal = refused
    context = {"cohort": cohort, "ledgers": ledgers, "refusal": refusal}
    name = "_remove" if wants_part(request) else "remove"
    answer = render(request, f"integrations/{name}.html", context, status=422 if refusal else 200)
    return vary_by_part(answer)


def _started(request: HttpRequest, run: ImportRun) -> HttpResponse:
    text = _("Import %(number)s of %(cohort)s has started.")
    messages.success(
        request,
        text % {"number": f"{run.pk:,}", "cohort": run.cohort.name},
        extra_tags=run.get_absolute_url(),
    )
    return stay(request, run.get_absolute_url())


@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What an import would change, counted when the dialog is open."""
    cohort = _get_cohort(slug)
    chosen = Connection.objects.filter(pk=_number(request.GET.get("connection")) or 0).first()
    connection = chosen or default_connection()
    context: dict[str, Any] = {"cohort": cohort, "connection": connection}
    if connection is not None:
        form = IdentifierForm(request.GET, dataset=cohort.dataset)
        try:
            identifier = form.read_choice(connection) if form.is_valid() else None
            if form.errors:
                context["problems"] = [text for texts in form.errors.values() for text in texts]
            else:
                context["preview"] = preview_import(cohort, connection, identifier=identifier)
        except DefinitionError as error:
            context["problems"] = [retell(problem.message) for problem in error.problems]
        except (WarehouseError, BadIdentifier, RecordDamaged) as error:
            context["problems"] = [retell(error.message)]
    return render(request, "integrations/_preview.html", context)


@require_safe
def next_times(request: HttpRequest) -> HttpResponse:
    """The next five times of the recurrence in the dialog; what is wrong with it otherwise."""
    form = RecurrenceForm(request.GET)
    times = []
    if form.is_valid():
        times = compute_next_times(form.cleaned_data["cadence"], timezone.now(), 5)
    context = {"times": times, "form": form, "zone": form.cleaned_data.get("timezone")}
    return render(request, "integrations/_next_times.html", context)


def _get_cohort(slug: str) -> Cohort:
    cohorts = Cohort.objects.live().select_related("dataset", "current_version")
    return get_object_or_404(cohorts, slug=slug)


def _newest_run_id(cohort: Cohort) -> int:
    newest = ImportRun.objects.filter(cohort=cohort).order_by("-pk").values_list("pk", flat=True)
    return newest.first() or 0


def _find_submitted(
    request: SignedInRequest, cohort: Cohort, connection: Connection
) -> ImportRun | None:
    """The run this very submit already started, when it comes a second time."""
    seen = _number(request.POST.get("seen"))
    if seen is None:
        return None
    return ImportRun.objects.filter(
        cohort=cohort, connection=connection, requested_by=request.user, pk__gt=seen
    ).first()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
