"""The history of imports, the page of one, and what may be decided about it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cohorts.answers import SignedInRequest, stay, vary_by_part, wants_part
from cohorts.models import Cohort
from integrations.models import ImportBatch, ImportRun, Ledger
from integrations.run_bars import draw_bars
from integrations.runs import OPEN_STATES, approve_run, cancel_run
from integrations.schedules import find_live_schedule
from integrations.segment_filter import filter_for

PAGE_SIZE = 50
STATE_FILTERS = {
    "open": [ImportRun.State.QUEUED, ImportRun.State.COMPUTING, ImportRun.State.SENDING],
    **{state.value: [state] for state in ImportRun.State},
}


@require_safe
def list_runs(request: HttpRequest) -> HttpResponse:
    """All imports, newest first. Unknown filter values are ignored."""
    runs = ImportRun.objects.select_related("cohort__dataset", "connection", "requested_by")
    state = request.GET.get("state", "")
    if state in STATE_FILTERS:
        runs = runs.filter(state__in=STATE_FILTERS[state])
    cohort = Cohort.objects.filter(slug=request.GET.get("cohort", "")).first()
    if cohort is not None:
        runs = runs.filter(cohort=cohort)
    context = {
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
            "cohort__dataset", "connection", "version", "requested_by", "decided_by", "schedule"
        ),
        pk=pk,
    )
    batches = run.batch_set.order_by("-number")
    progress = _count_batches(run)
    context = {
        "run": run,
        "cohort": run.cohort,
        "dataset": run.cohort.dataset,
        "zone": run.schedule.timezone if run.schedule else run.cohort.dataset.timezone,
        "page": Paginator(batches, PAGE_SIZE).get_page(request.GET.get("page")),
        "progress": progress,
        "bars": draw_bars(run, progress),
        "newest_run": ImportRun.objects.filter(cohort=run.cohort).latest("pk").pk,
        "ledger": Ledger.objects.filter(cohort=run.cohort, connection=run.connection).first(),
        "filter": filter_for(run),
        "can_be_canceled": run.state in OPEN_STATES and not run.cancel_requested_at,
    }
    template = "integrations/_run.html" if wants_part(request) else "integrations/run.html"
    return vary_by_part(render(request, template, context))


def _count_batches(run: ImportRun) -> dict[str, int]:
    """Changes and requests in all, and how many of them Braze acknowledged."""
    done = Q(state=ImportBatch.State.ACKNOWLEDGED)
    found = run.batch_set.aggregate(
        requests=Count("pk"),
        to_add=Sum("added"),
        to_remove=Sum("removed"),
        done_requests=Count("pk", filter=done),
        done_added=Sum("added", filter=done),
        done_removed=Sum("removed", filter=done),
    )
    counts = {name: value or 0 for name, value in found.items()}
    counts["changes"] = counts["to_add"] + counts["to_remove"]
    counts["done"] = counts["done_added"] + counts["done_removed"]
    counts["percent"] = 100 * counts["done"] // counts["changes"] if counts["changes"] else 0
    return counts


@require_safe
def show_history(request: HttpRequest, slug: str) -> HttpResponse:
    """The popover behind the history icon."""
    cohort = get_object_or_404(Cohort.objects.select_related("dataset"), slug=slug)
    schedule = find_live_schedule(cohort)
    runs = ImportRun.objects.filter(cohort=cohort)
    context = {
        "cohort": cohort,
        "runs": runs[:5],
        "total": runs.count(),
        "zone": schedule.timezone if schedule else cohort.dataset.timezone,
    }
    return render(request, "integrations/_history.html", context)


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
