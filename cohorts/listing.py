"""The list of cohorts: what is searched, filtered, sorted and paged, in a fixed number of queries.

Upper floors may add filters and sort orders (`register_filter`, `register_order`): the list
offers them without knowing what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import QueryDict

from cohorts.models import Cohort, Dataset, Snapshot

PAGE_SIZE = 50
Cohorts = QuerySet[Cohort]


@dataclass(frozen=True)
class ListingFilter:
    parameter: str
    label: Any
    choices: Sequence[tuple[str, Any]]
    apply: Callable[[Cohorts, str], Cohorts]


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
    filters: list[ChosenFilter]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or any(chosen.value for chosen in self.filters))


def read_listing(parameters: QueryDict, *, dataset: Dataset | None = None) -> Listing:
    """Any query string gives a list: what it does not know is ignored."""
    cohorts = with_sizes(Cohort.objects.live()).select_related("dataset", "current_version")
    if dataset is not None:
        cohorts = cohorts.filter(dataset=dataset)
    search = parameters.get("q", "").strip()
    cohorts = matching(cohorts, search)
    filters = []
    for known in FILTERS.values():
        value = parameters.get(known.parameter, "")
        value = value if value in {key for key, _ in known.choices} else ""
        filters.append(ChosenFilter(known, value))
        if value:
            cohorts = known.apply(cohorts, value)
    sort = parameters.get("sort", "")
    sort = sort if sort.removeprefix("-") in ORDERS else "name"
    paginator = Paginator(_sorted(cohorts, sort), PAGE_SIZE)
    return Listing(paginator.get_page(parameters.get("page")), search, sort, filters)


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
