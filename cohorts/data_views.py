"""What there is to build cohorts on: the schemas with their events and properties."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.answers import SignedInRequest, vary_by_part, wants_part
from cohorts.data_forms import LabelForm
from cohorts.dictionary import Entry, Kind, find_entry, read_entries, read_labels
from cohorts.event_trends import Trend, count_events, find_trends
from cohorts.models import DataLabel, Dataset
from cohorts.preferences import chosen_dataset
from cohorts.retelling import retell
from cohorts.sql.dialects import DIALECTS
from cohorts.warehouse.errors import WarehouseError

PAGE_SIZE = 50
EDIT = "cohorts.change_datalabel"


@require_safe
def show_data(request: HttpRequest) -> HttpResponse:
    """One schema: the one asked for by name, else the chosen one, else the first."""
    dataset = _find_dataset(request)
    if dataset is None:
        return render(request, "cohorts/data.html", {"dataset_shown": None})
    kind = _kind(request.GET.get("show", ""))
    labels = read_labels(dataset)
    entries = _narrow(read_entries(dataset, kind, labels), request)
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    context = _shared(request, dataset) | {
        "kind": kind,
        "kinds": [(each, each.label, _count(dataset, each)) for each in Kind],
        "page": page,
        "search": request.GET.get("q", ""),
        "category": request.GET.get("category", ""),
        "categories": sorted({each.category for each in labels.values() if each.category}),
        "hidden_count": sum(each.is_hidden for each in labels.values() if each.kind == kind),
        "is_narrowed": any(request.GET.get(key) for key in ("q", "category")),
    }
    if kind == Kind.EVENT:
        context |= _trends(request, dataset, [entry.name for entry in page.object_list])
    template = "cohorts/_entries.html" if wants_part(request) else "cohorts/data.html"
    return vary_by_part(render(request, template, context))


@require_http_methods(["GET", "HEAD", "POST"])
def show_entry(request: SignedInRequest) -> HttpResponse:
    """One event or property: its figures, and what people say of it."""
    dataset = _find_dataset(request, is_needed=True)
    if dataset is None:
        raise Http404
    entry = find_entry(dataset, request.GET.get("kind", ""), request.GET.get("name", ""))
    if entry is None:
        raise Http404
    form = LabelForm(request.POST or None, instance=entry.label)
    if request.method == "POST":
        if not (request.user.has_perm(EDIT) and entry.can_be_labelled):
            raise PermissionDenied
        if form.is_valid():
            _save(form, entry, request)
            messages.success(request, _("%s was saved.") % entry.name)
            return redirect(entry_address(dataset, entry))
    context = _shared(request, dataset) | {
        "entry": entry,
        "form": form,
        "top_values": _top_values(entry),
        "categories": DataLabel.objects.filter(dataset=dataset)
        .exclude(category="")
        .order_by("category")
        .values_list("category", flat=True)
        .distinct(),
    }
    if entry.event:
        context |= _trends(request, dataset, [entry.name])
        context["trend"] = (context["trends"] or {}).get(entry.name)
    template = "cohorts/_trend.html" if wants_part(request) else "cohorts/data_entry.html"
    return vary_by_part(render(request, template, context, status=422 if form.errors else 200))


def entry_address(dataset: Dataset, entry: Entry) -> str:
    named = {"schema": dataset.name, "kind": entry.kind.value, "name": entry.name}
    return f"{reverse('data_entry')}?{urlencode(named)}"


def _find_dataset(request: HttpRequest, *, is_needed: bool = False) -> Dataset | None:
    datasets = Dataset.objects.defer("url", "sources")
    asked = datasets.filter(name=request.GET.get("schema", "")).first()
    if asked is not None or is_needed:
        return asked
    chosen = chosen_dataset(request.user)
    return datasets.filter(pk=chosen.pk).first() if chosen else datasets.first()


def _shared(request: HttpRequest, dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset_shown": dataset,
        "zone": dataset.timezone,
        "engine": DIALECTS[dataset.engine].label if dataset.is_external else "",
        "may_edit": request.user.has_perm(EDIT),
    }


def _kind(text: str) -> DataLabel.Kind:
    return Kind(text) if text in Kind.values else Kind.EVENT


def _count(dataset: Dataset, kind: DataLabel.Kind) -> int:
    key = {Kind.EVENT: "events", Kind.EVENT_PROPERTY: "event_properties"}.get(
        kind, "user_properties"
    )
    return len(dataset.catalog.get(key, ()))


def _narrow(entries: list[Entry], request: HttpRequest) -> list[Entry]:
    words = request.GET.get("q", "").casefold().split()
    category = request.GET.get("category", "")
    with_hidden = request.GET.get("hidden") == "yes"
    return [
        entry
        for entry in entries
        if (with_hidden or not entry.label.is_hidden)
        and (not category or entry.label.category == category)
        and entry.matches(words)
    ]


def _trends(request: HttpRequest, dataset: Dataset, events: list[str]) -> dict[str, Any]:
    """`trends` is None while the days have not been counted; asking for `count` counts them."""
    trends: dict[str, Trend] | None = find_trends(dataset, events)
    problem = ""
    if trends is None and request.GET.get("count") == "yes":
        try:
            count_events(dataset)
        except WarehouseError as error:
            problem = retell(error.message)
        trends = find_trends(dataset, events)
    query = request.GET.copy()
    query["schema"], query["count"] = dataset.name, "yes"
    return {"trends": trends, "trends_problem": problem, "count_query": query.urlencode()}


def _top_values(entry: Entry) -> list[tuple[str, int, float]]:
    """Value, rows, and how long its bar is in percent of the longest."""
    values = entry.known.top_values if entry.known else ()
    most = max((count for _value, count in values), default=0)
    return [(value, count, round(100 * count / most, 1)) for value, count in values]


def _save(form: LabelForm, entry: Entry, request: SignedInRequest) -> None:
    said = form.cleaned_data
    key: dict[str, Any] = {"dataset": entry.label.dataset, "kind": entry.kind, "name": entry.name}
    if any(said.values()):
        DataLabel.objects.update_or_create(**key, defaults=said | {"changed_by": request.user})
        return
    with suppress(DataLabel.DoesNotExist):
        DataLabel.objects.get(**key).delete()
