"""The history of imports, the page of one, and what may be decided about it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cohorts.answers import SignedInRequest, stay, vary_by_part, wants_part
from cohorts.membership import StoreError
from cohorts.models import Cohort, with_dataset
from integrations.changed_ids import has_ids, stream_ids
from integrations.connections import endpoint_label
from integrations.history import WITHOUT_RUN, read_history
from integrations.left_out import has_left_out, stream_left_out
from integrations.models import ImportRun, Ledger, ScheduleSlot
from integrations.request_log import list_requests, path_of, sketch_request, stream_requests
from integrations.run_bars import draw_bars
from integrations.run_phases import list_phases, read_progress, time_left
from integrations.runs import OPEN_STATES, approve_run, cancel_run
from integrations.schedules import find_live_schedule
from integrations.segment_filter import filter_for

logger = logging.getLogger(__name__)
PAGE_SIZE = 50
SHOWN_SLOTS = 20
SHOWN_HISTORY = 5
STATE_FILTERS = {
    "open": [ImportRun.State.QUEUED, ImportRun.State.COMPUTING, ImportRun.State.SENDING],
    **{state.value: [state] for state in ImportRun.State},
}


@require_safe
def list_runs(request: HttpRequest) -> HttpResponse:
    """All imports, newest first. Unknown filter values are ignored."""
    runs = ImportRun.objects.select_related("connection", "requested_by", "slot")
    runs = with_dataset(runs, "cohort__dataset")
    state = request.GET.get("state", "")
    if state in STATE_FILTERS:
        runs = runs.filter(state__in=STATE_FILTERS[state])
    cohort = Cohort.objects.filter(slug=request.GET.get("cohort", "")).first()
    if cohort is not None:
        runs = runs.filter(cohort=cohort)
    # Scheduled times at which nothing was imported; the runs know nothing of them.
    slots = ScheduleSlot.objects.filter(outcome__in=WITHOUT_RUN).select_related("schedule__cohort")
    if cohort is not None:
        slots = slots.filter(schedule__cohort=cohort)
    context = {
        "slots": [] if state else slots[:SHOWN_SLOTS],
        "page": Paginator(runs, PAGE_SIZE).get_page(request.GET.get("page")),
        "cohort": cohort,
        "state": state,
        "states": [("open", _("Importing")), *ImportRun.State.choices],
    }
    template = "integrations/_runs.html" if wants_part(request) else "integrations/runs.html"
    return vary_by_part(render(request, template, context))


@require_safe
def show_run(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(
        ImportRun.objects.select_related(
            "cohort__dataset",
            "connection",
            "version",
            "requested_by",
            "decided_by",
            "schedule",
            "snapshot",
            "slot",
        ),
        pk=pk,
    )
    if wants_part(request) and _brings_a_banner(run, shown=request.headers.get("X-Shown-State")):
        return vary_by_part(stay(request, run.get_absolute_url()))
    batches = run.batch_set.order_by("-number").prefetch_related("earlier_tries")
    page = Paginator(batches, PAGE_SIZE).get_page(request.GET.get("page"))
    progress = read_progress(run)
    mails = list(run.mails.order_by("recipient", "pk"))
    ledger = Ledger.objects.filter(cohort=run.cohort, connection=run.connection).first()
    context = {
        "run": run,
        "cohort": run.cohort,
        "dataset": run.cohort.dataset,
        "zone": run.schedule.timezone if run.schedule else run.cohort.dataset.timezone,
        "page": page,
        "requests": list_requests(page.object_list),
        "path": path_of(run.connection),
        "sketch": sketch_request(run, ledger),
        "progress": progress,
        "left": time_left(run, progress),
        "phases": list_phases(run, progress, mails),
        "bars": draw_bars(run, progress),
        "newest_run": ImportRun.objects.filter(cohort=run.cohort).latest("pk").pk,
        "ledger": ledger,
        "filter": filter_for(run, ledger),
        "mails": mails,
        "has_ids": has_ids(run),
        "has_left_out": has_left_out(run),
        "endpoint": endpoint_label(run.connection.endpoint),
        "can_be_canceled": run.state in OPEN_STATES and not run.cancel_requested_at,
    }
    template = "integrations/_run.html" if wants_part(request) else "integrations/run.html"
    return vary_by_part(render(request, template, context))


def _brings_a_banner(run: ImportRun, *, shown: str | None) -> bool:
    """Put into a page that is being watched, it would push everything below it down."""
    is_told = run.state == ImportRun.State.HELD or bool(run.error_message)
    return shown is not None and is_told and run.state != shown


@require_safe
def download_requests(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The request log: counts and answers, no ids."""
    run = get_object_or_404(ImportRun.objects.select_related("cohort", "connection"), pk=pk)
    return _as_file(stream_requests(run), f"{run.cohort.slug}-import-{run.pk}-requests.csv")


@require_safe
def show_history(request: HttpRequest, slug: str) -> HttpResponse:
    """The popover behind the history icon."""
    cohort = get_object_or_404(Cohort.objects.select_related("dataset"), slug=slug)
    schedule = find_live_schedule(cohort)
    total, entries = read_history(cohort, SHOWN_HISTORY)
    context = {
        "cohort": cohort,
        "entries": entries,
        "total": total,
        "zone": schedule.timezone if schedule else cohort.dataset.timezone,
    }
    return render(request, "integrations/_history.html", context)


@require_safe
@never_cache
def download_ids(request: SignedInRequest, pk: int, change: str) -> HttpResponseBase:
    """The ids that were added or removed. Who took them is written down."""
    run = get_object_or_404(ImportRun.objects.select_related("cohort"), pk=pk)
    if change not in ("added", "removed"):
        raise Http404
    try:
        lines = stream_ids(run, change, raw="raw" in request.GET)
    except StoreError:
        messages.error(request, _("The ids of import %s are not kept any longer.") % f"{run.pk:,}")
        return redirect(run)
    return _download(request, run, lines, change)


@never_cache
@require_safe
def left_out(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Whom the import did not bring to Braze, and why, as CSV."""
    run = get_object_or_404(ImportRun.objects.select_related("cohort"), pk=pk)
    try:
        lines = stream_left_out(run, raw="raw" in request.GET)
    except StoreError:
        messages.error(request, _("The ids of import %s are not kept any longer.") % f"{run.pk:,}")
        return redirect(run)
    return _download(request, run, lines, "left-out")


def _download(
    request: SignedInRequest, run: ImportRun, lines: Iterator[str], change: str
) -> StreamingHttpResponse:
    """A file with ids of members, and a line in the log about who took it."""
    LogEntry.objects.create(
        user=request.user,
        content_type=ContentType.objects.get_for_model(ImportRun),
        object_id=str(run.pk),
        object_repr=str(run)[:200],
        action_flag=CHANGE,
        change_message=f"Downloaded the ids {change}.",
    )
    logger.info("user %s downloaded the ids %s by run %s", request.user.pk, change, run.pk)
    name = f"{run.cohort.slug}-import-{run.pk}-{change}.csv"
    return _as_file(lines, name)


def _as_file(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or ""},
    )


@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ImportRun.objects.select_related("cohort"), pk=pk)
    if run.is_final:
        messages.info(request, _("Import %s has already ended.") % f"{run.pk:,}")
    else:
        cancel_run(run, by=request.user, note=request.POST.get("note", "").strip())
        messages.success(
            request,
            _("Import %(number)s of %(cohort)s stops. What was sent stays recorded.")
            % {"number": f"{run.pk:,}", "cohort": run.cohort},
        )
    return stay(request, run.get_absolute_url())


@require_POST
def approve(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ImportRun.objects.select_related("cohort"), pk=pk)
    if approve_run(run, by=request.user, note=request.POST.get("note", "").strip()):
        messages.success(request, _("Import %s is being sent.") % f"{run.pk:,}")
    else:
        messages.info(request, _("Import %s is no longer held.") % f"{run.pk:,}")
    return stay(request, run.get_absolute_url())
