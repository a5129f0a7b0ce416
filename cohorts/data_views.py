"""What there is to build cohorts on: the schemas with their events and fields."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cohorts.definitions.catalog import Catalog
from cohorts.models import Dataset
from cohorts.preferences import chosen_dataset


@require_safe
def show_data(request: HttpRequest) -> HttpResponse:
    """One schema: the one asked for by name, else the chosen one, else the first."""
    datasets = Dataset.objects.defer("url", "sources")
    asked = datasets.filter(name=request.GET.get("schema", "")).first()
    dataset = asked or chosen_dataset(request.user) or datasets.first()
    if dataset is not None and "catalog" in dataset.get_deferred_fields():
        dataset = datasets.get(pk=dataset.pk)
    catalog = Catalog.from_json(dataset.catalog) if dataset else None
    context = {"dataset_shown": dataset, "catalog": catalog, "others": datasets.only("name")}
    return render(request, "cohorts/data.html", context)
