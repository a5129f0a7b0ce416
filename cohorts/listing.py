"""The list of cohorts: what is searched, filtered, sorted and paged, in a fixed number of queries.

Upper floors may add filters and sort orders (`register_filter`, `register_order`): the list
offers them without knowing what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Dataset, Favorite, Snapshot, with_dataset

PAGE_SIZE = 50
Cohorts = QuerySet[Cohort]


@dataclass(frozen=True)
class ListingFilter:
    parameter: str
    label: Any
    choices: Sequence[tuple[str, Any]]
    # The cohorts, the chosen value and who reads.
    apply: Callable[[Cohorts, str, Any], Cohorts]


@dataclass(frozen=True)
class ListingOrder:
    """`annotate` gives the list the column `expression` sorts by."""

    key: str
    annotate: Callable[[Cohorts], Cohorts]
    expression: Any


FILTERS: dict[str, ListingFilter] = {}
ORDERS: dict[str, ListingOrder] = {}


def register_filter(added: ListingFilter) -> None:
    FILTERS[added.parameter] = added


def register_order(added: ListingOrder) -> None:
    ORDERS[added.key] = added


@dataclass(frozen=True)
class ChosenFilter:
    filter: ListingFilter
    value: str


@dataclass(frozen=True)
class Listing:
    page: Page
    search: str
    sort: str
    tag: str
    filters: list[ChosenFilter]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.tag or any(chosen.value for chosen in self.filters))


def read_listing(
    parameters: QueryDict, *, user: Any = None, dataset: Dataset | None = None
) -> Listing:
    """Any query string gives a list: what it does not know is ignored."""
    paginator = Paginator(find_cohorts(parameters, user=user, dataset=dataset), PAGE_SIZE)
    return Listing(
        paginator.get_page(parameters.get("page")),
        _search(parameters),
        _sort(parameters),
        _tag(parameters),
        _filters(parameters),
    )


def find_cohorts(
    parameters: QueryDict, *, user: Any = None, dataset: Dataset | None = None
) -> Cohorts:
    """What a query string asks for, all pages of it, in its order."""
    cohorts = matching(Cohort.objects.live(), _search(parameters))
    if dataset is not None:
        cohorts = cohorts.filter(dataset=dataset)
    if tag := _tag(parameters):
        cohorts = cohorts.filter(tags__name__iexact=tag)
    for chosen in _filters(parameters):
        if chosen.value:
            cohorts = chosen.filter.apply(cohorts, chosen.value, user)
    cohorts = with_stars(with_sizes(cohorts), user)
    related = with_dataset(cohorts.select_related("current_version", "owner"), "dataset")
    return _sorted(related.defer("current_version__definition"), _sort(parameters))


def _search(parameters: QueryDict) -> str:
    return parameters.get("q", "").strip()


def _tag(parameters: QueryDict) -> str:
    return parameters.get("tag", "").strip()


def _sort(parameters: QueryDict) -> str:
    sort = parameters.get("sort", "")
    return sort if sort.removeprefix("-") in ORDERS else "name"


def _filters(parameters: QueryDict) -> list[ChosenFilter]:
    chosen = []
    for known in FILTERS.values():
        value = parameters.get(known.parameter, "")
        known_values = {key for key, _ in known.choices}
        chosen.append(ChosenFilter(known, value if value in known_values else ""))
    return chosen


def matching(cohorts: Cohorts, text: str) -> Cohorts:
    """Those whose name or description holds every word of the text."""
    for word in text.split():
        cohorts = cohorts.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return cohorts


def with_sizes(cohorts: Cohorts) -> Cohorts:
    """Adds `size` and `counted_at` of the latest snapshot of the current version, or None."""
    latest = Snapshot.objects.filter(version=OuterRef("current_version")).order_by("-as_of", "-pk")
    return cohorts.annotate(
        size=Subquery(latest.values("size")[:1]), counted_at=Subquery(latest.values("as_of")[:1])
    )


def with_stars(cohorts: Cohorts, user: Any) -> Cohorts:
    """Adds `is_starred`: is it a favorite of the reader?"""
    starred = Favorite.objects.filter(cohort=OuterRef("pk"), user=user.pk if user else None)
    return cohorts.annotate(is_starred=Exists(starred))


def _show(cohorts: Cohorts, value: str, user: Any) -> Cohorts:
    if value == "mine":
        return cohorts.filter(owner=user)
    return cohorts.filter(favorites__user=user)


def _sorted(cohorts: Cohorts, sort: str) -> Cohorts:
    order = ORDERS[sort.removeprefix("-")]
    expression = F(order.expression) if isinstance(order.expression, str) else order.expression
    by = (
        expression.desc(nulls_last=True)
        if sort.startswith("-")
        else expression.asc(nulls_last=True)
    )
    return order.annotate(cohorts).order_by(by, Lower("name"), "pk")


register_order(ListingOrder("name", lambda cohorts: cohorts, Lower("name")))
register_order(ListingOrder("users", lambda cohorts: cohorts, "size"))
register_filter(
    ListingFilter(
        "show",
        gettext_lazy("All cohorts"),
        [("favorites", gettext_lazy("My favorites")), ("mine", gettext_lazy("My cohorts"))],
        _show,
    )
)
