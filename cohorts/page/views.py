"""The page of one cohort, and its parts that cost a query."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.answers import vary_by_part, wants_part
from cohorts.definitions.describe import describe
from cohorts.definitions.nodes import Definition
from cohorts.models import Cohort
from cohorts.page.breakdown import find_breakable, read_breakdown
from cohorts.page.counts import read_counts
from cohorts.page.history import RANGES, read_history, read_range
from cohorts.page.overlap import COMPARED, LISTED, find_comparable, read_overlap
from cohorts.page.parts import answer_part
from cohorts.page.past import count_past_sizes, find_past_sizes
from cohorts.page.reading import (
    Labels,
    find_definition,
    get_cohort,
    prepare_current,
    read_labels,
)
from cohorts.page.rows import draw_rows
from cohorts.stored_lists import find_list_changes
from cohorts.wording import word_version


@require_safe
def show_cohort(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    if wants_part(request):
        return answer_part(request, cohort, "cohorts/page/_history.html", {"tab": "history"})
    definition = find_definition(cohort)
    labels = read_labels(cohort, definition)
    now = timezone.now()
    context = _definition(cohort, definition, labels) | {
        "cohort": cohort,
        "dataset": cohort.dataset,
        "zone": cohort.dataset.timezone,
        "labels": labels,
        "history": read_history(cohort, now),
        "days": read_range(request.GET.get("days")),
        "ranges": RANGES,
        "breakable": find_breakable(cohort.dataset),
        "list_changes": find_list_changes(cohort),
        "tab": "history",
    }
    return vary_by_part(render(request, "cohorts/detail.html", context))


@require_safe
def show_counts(request: HttpRequest, slug: str) -> HttpResponse:
    """The definition with what each condition does to the number of users."""
    cohort = get_cohort(request, slug)
    definition = find_definition(cohort)
    context = _definition(cohort, definition, read_labels(cohort, definition))

    def read() -> dict[str, Any]:
        prepared, now = prepare_current(cohort), timezone.now()
        anew = "anew" in request.GET
        return {"counts": read_counts(cohort.current_version, prepared, now=now, anew=anew)}

    return answer_part(
        request,
        cohort,
        "cohorts/page/_definition.html",
        context | {"part_title": _("Definition"), "is_counted": True},
        read,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def show_sizes(request: HttpRequest, slug: str) -> HttpResponse:
    """Over a range of days; a POST computes past days on demand, a few at a time."""
    cohort = get_cohort(request, slug)
    given = request.POST if request.method == "POST" else request.GET
    days, now = read_range(given.get("days")), timezone.now()
    is_counting = request.method == "POST"
    shows_past = is_counting or given.get("past") == "yes"
    context = {
        "history": read_history(cohort, now),
        "days": days,
        "ranges": RANGES,
        "part_title": _("Size over time"),
        "shows_past": shows_past,
    }

    def read() -> dict[str, Any]:
        if not shows_past or cohort.current_version is None:
            return {}
        read_past = count_past_sizes if is_counting else find_past_sizes
        past = read_past(cohort.current_version, prepare_current(cohort), days=days, now=now)
        return {"past": past, "goes_on": is_counting and not past.is_complete}

    return answer_part(request, cohort, "cohorts/page/_sizes.html", context, read)


@require_safe
def show_overlap(request: HttpRequest, slug: str) -> HttpResponse:
    """A list of cohorts, or with `with` a close look at up to two of them."""
    cohort = get_cohort(request, slug)
    comparable = find_comparable(cohort)
    wanted = list(dict.fromkeys(each for each in request.GET.getlist("with") if each))
    chosen = [other for other in comparable if other.slug in wanted][:COMPARED]
    context = {
        "comparable": comparable,
        "chosen": [other.slug for other in chosen],
        "breakable": find_breakable(cohort.dataset),
        "part_title": _("Overlap"),
    }

    def read() -> dict[str, Any]:
        others = chosen or _first_to_compare(comparable)
        if cohort.is_disabled or not others:
            return {}
        return {"overlap": read_overlap(cohort, others, now=timezone.now())}

    return answer_part(request, cohort, "cohorts/page/_overlap.html", context, read)


@require_safe
def show_breakdown(request: HttpRequest, slug: str) -> HttpResponse:
    cohort = get_cohort(request, slug)
    breakable = find_breakable(cohort.dataset)
    asked = request.GET.get("property", "")
    name = asked if asked in breakable else next(iter(breakable), "")
    context = {"breakable": breakable, "property": name, "part_title": _("Breakdown")}

    def read() -> dict[str, Any]:
        if not name or cohort.current_version is None:
            return {}
        prepared, now = prepare_current(cohort), timezone.now()
        return {"breakdown": read_breakdown(cohort.current_version, prepared, name, now=now)}

    return answer_part(request, cohort, "cohorts/page/_breakdown.html", context, read)


def _definition(cohort: Cohort, definition: Definition | None, labels: Labels) -> dict[str, Any]:
    """In words and as rows; one that cannot be read is told by its problems."""
    language, version = get_language() or "en", cohort.current_version
    context: dict[str, Any] = {"version": version}
    if definition is None:
        return context | {"wording": word_version(version) if version else None}
    return context | {
        "wording": {"sentence": describe(definition, language=language, names=labels.names)},
        "rows": draw_rows(definition, language=language, names=labels.names),
    }


def _first_to_compare(comparable: list[Cohort]) -> list[Cohort]:
    """Those changed last say most about what people work on."""
    return sorted(comparable, key=lambda cohort: cohort.updated_at, reverse=True)[:LISTED]
