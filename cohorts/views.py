"""The list of cohorts and its dialogs. The page of one and the builder have views of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cohorts import disabling
from cohorts.answers import go_to, vary_by_part, wants_part
from cohorts.listing import read_listing, with_sizes
from cohorts.models import Cohort
from cohorts.preferences import chosen_dataset
from cohorts.sizes import read_trends
from cohorts.tags import read_tags
from cohorts.wording import word_version


@require_safe
def list_cohorts(request: HttpRequest) -> HttpResponse:
    template = "cohorts/_table.html" if wants_part(request) else "cohorts/list.html"
    user = request.user
    listing = read_listing(request.GET, user=user, dataset=chosen_dataset(user))
    shown = list(listing.page.object_list)
    context = {
        "listing": listing,
        "cohorts": shown,
        "trends": read_trends(shown, timezone.now()),
        "tags": read_tags(shown),
    }
    return vary_by_part(render(request, template, context))


@require_safe
def show_info(request: HttpRequest, slug: str) -> HttpResponse:
    """The dialog behind the info icon."""
    cohort = _get_cohort(slug)
    template = "cohorts/_info.html" if wants_part(request) else "cohorts/info.html"
    return vary_by_part(render(request, template, _describe(cohort)))


@require_http_methods(["GET", "POST"])
def disable(request: HttpRequest, slug: str) -> HttpResponse:
    """Screens say delete: the cohort leaves the list, its history stays."""
    cohort = _get_cohort(slug)
    if cohort.is_disabled:
        return redirect("cohorts:list")
    reasons = disabling.find_objections(cohort)
    if request.method == "POST":
        try:
            disabling.disable(cohort, by=request.user)
        except disabling.DisableRefused as refused:
            reasons = refused.reasons
        else:
            messages.success(request, _("%s was deleted.") % cohort.name)
            return go_to(request, reverse("cohorts:list"))
    template = "cohorts/_disable.html" if wants_part(request) else "cohorts/disable.html"
    context = {"cohort": cohort, "reasons": reasons, "dataset": cohort.dataset}
    status = 422 if reasons and request.method == "POST" else 200
    return vary_by_part(render(request, template, context, status=status))


def _describe(cohort: Cohort) -> dict[str, Any]:
    version = cohort.current_version
    return {
        "cohort": cohort,
        "version": version,
        "wording": word_version(version) if version else None,
    }


def _get_cohort(slug: str) -> Cohort:
    cohorts = with_sizes(Cohort.objects.select_related("dataset", "current_version", "owner"))
    return get_object_or_404(cohorts, slug=slug)
