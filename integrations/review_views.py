"""Before a held import is decided: what it would change, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cohorts.answers import SignedInRequest
from cohorts.membership import StoreError
from integrations.changed_ids import has_ids
from integrations.models import ImportRun, ImportSchedule, Ledger
from integrations.plan_sample import sample_changes
from integrations.safety import limits_of

SAMPLE = 20


@dataclass(frozen=True)
class Side:
    """Those whom the plan adds, or those whom it removes."""

    change: str
    users: int
    sample: list[str]

    @property
    def left(self) -> int:
        return self.users - len(self.sample)


@never_cache
@require_safe
def review(request: SignedInRequest, pk: int) -> HttpResponse | HttpResponseRedirect:
    run = get_object_or_404(
        ImportRun.objects.select_related(
            "cohort__dataset", "connection", "version", "requested_by", "schedule"
        ),
        pk=pk,
    )
    if run.state != ImportRun.State.HELD:
        return redirect(run)
    ledger = Ledger.objects.filter(cohort=run.cohort, connection=run.connection).first()
    in_braze = ledger.confirmed_count if ledger else 0
    added, removed = run.added or 0, run.removed or 0
    schedule = ImportSchedule.objects.filter(cohort=run.cohort, deleted_at=None).first()
    context = {
        "run": run,
        "cohort": run.cohort,
        "dataset": run.cohort.dataset,
        "zone": run.schedule.timezone if run.schedule else run.cohort.dataset.timezone,
        "in_braze": in_braze,
        "after": (run.unchanged or 0) + added,
        "share": min(100, round(100 * removed / in_braze)) if in_braze else None,
        "sides": [
            _side(request, run, "removed", removed),
            _side(request, run, "added", added),
        ],
        "limits": limits_of(schedule, run.connection),
        "schedule": schedule,
        "has_ids": has_ids(run),
    }
    return render(request, "integrations/review.html", context)


def _side(request: HttpRequest, run: ImportRun, change: str, users: int) -> Side:
    """Ids are shown to those alone who may download them."""
    sample: list[str] = []
    if users and request.user.has_perm("integrations.download_members") and has_ids(run):
        try:
            sample = sample_changes(run, remove=change == "removed", most=SAMPLE)
        except StoreError:
            sample = []
    return Side(change, users, sample)
