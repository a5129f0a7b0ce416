"""Search in the top bar: a page of results, and the suggestions while one types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cohorts.answers import vary_by_part, wants_part
from cohorts.preferences import chosen_dataset
from cohorts.search import search

SUGGESTIONS = 5
RESULTS = 50
_LONGEST = 100


@require_safe
def show_results(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")[:_LONGEST]
    part = wants_part(request)
    found = search(
        text, dataset=chosen_dataset(request.user), most=SUGGESTIONS if part else RESULTS
    )
    template = "cohorts/_suggestions.html" if part else "cohorts/search.html"
    return vary_by_part(render(request, template, {"text": text, "found": found}))
