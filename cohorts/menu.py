"""What the shell lists beside every page: the reader's favorites and the schemas. One query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cohorts.answers import SignedInRequest, go_back
from cohorts.models import Cohort, Dataset, Favorite
from cohorts.preferences import change_preferences, chosen_dataset

SHOWN_FAVORITES = 8


@dataclass(frozen=True)
class Entry:
    """`key` is a cohort's slug or a dataset's id."""

    key: str
    name: str


@dataclass(frozen=True)
class Menu:
    favorites: list[Entry]
    datasets: list[Entry]
    chosen: Dataset | None

    @property
    def shown_favorites(self) -> list[Entry]:
        return self.favorites[:SHOWN_FAVORITES]

    @property
    def chosen_key(self) -> str:
        return str(self.chosen.pk) if self.chosen else ""

    @property
    def schema_label(self) -> str:
        if self.chosen is not None:
            return self.chosen.name
        return self.datasets[0].name if len(self.datasets) == 1 else _("All schemas")


def read_menu(user: Any) -> Menu:
    favorites = (
        Favorite.objects.filter(user=user, cohort__disabled_at=None)
        .order_by()
        .annotate(kind=Value("favorite", CharField()))
        .values_list("kind", "cohort__slug", "cohort__name")
    )
    datasets = (
        Dataset.objects.order_by()
        .annotate(kind=Value("schema", CharField()), key=Cast("pk", CharField()))
        .values_list("kind", "key", "name")
    )
    found: dict[str, list[Entry]] = {"favorite": [], "schema": []}
    for kind, key, name in favorites.union(datasets, all=True):
        found[kind].append(Entry(key, name))
    for entries in found.values():
        entries.sort(key=lambda entry: entry.name.casefold())
    return Menu(found["favorite"], found["schema"], chosen_dataset(user))


@require_POST
def choose_schema(request: SignedInRequest) -> HttpResponse:
    """Limit lists to one schema, or with a blank show all again."""
    key = request.POST.get("schema", "")
    dataset = Dataset.objects.filter(pk=int(key)).first() if key.isdecimal() else None
    change_preferences(request.user, dataset=dataset)
    return go_back(request)


@require_POST
def star(request: SignedInRequest, slug: str) -> HttpResponse:
    """Watch a cohort, or no longer, as the form says."""
    cohort = get_object_or_404(Cohort.objects.live(), slug=slug)
    if request.POST.get("starred") == "no":
        Favorite.objects.filter(user=request.user, cohort=cohort).delete()
    else:
        Favorite.objects.get_or_create(user=request.user, cohort=cohort)
    return go_back(request)
