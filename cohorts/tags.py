"""Words that cohorts are sorted by: given to many at once, taken away, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.db.models import BigIntegerField, Count, F, Q, Value
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cohorts.answers import SignedInRequest, go_back
from cohorts.definitions.problems import is_showable
from cohorts.models import Cohort, Tag

LONGEST = 40


class BadTag(ValueError):
    """No tag can be called so. `message` is for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class TagCount:
    name: str
    cohorts: int


@dataclass(frozen=True)
class Tags:
    counts: list[TagCount]
    # By cohort id, in the order of the alphabet.
    of_cohort: dict[int, list[str]]


def clean_tag(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise BadTag(_("Type a tag, such as lifecycle."))
    if len(name) > LONGEST:
        raise BadTag(_("A tag has at most %d characters.") % LONGEST)
    if not is_showable(name) or "," in name:
        raise BadTag(_("A tag holds no commas and no characters that cannot be shown."))
    return name


@transaction.atomic
def add_tag(text: str, cohorts: Iterable[Cohort]) -> Tag:
    name = clean_tag(text)
    tag = Tag.objects.filter(name__iexact=name).first() or Tag.objects.create(name=name)
    tag.cohorts.add(*cohorts)
    return tag


@transaction.atomic
def remove_tag(text: str, cohorts: Iterable[Cohort]) -> None:
    tag = Tag.objects.filter(name__iexact=clean_tag(text)).first()
    if tag is None:
        return
    tag.cohorts.remove(*cohorts)
    if not tag.cohorts.exists():
        tag.delete()


def read_tags(cohorts: Iterable[Cohort]) -> Tags:
    """Every tag with its number of live cohorts, and the tags of these cohorts. One query."""
    links = Cohort.tags.through.objects.order_by()
    of_these = links.filter(cohort__in=[cohort.pk for cohort in cohorts]).values_list(
        "tag__name", F("cohort_id"), Value(0, BigIntegerField())
    )
    counts = (
        Tag.objects.order_by()
        .annotate(
            nobody=Value(0, BigIntegerField()),
            live=Count("cohorts", filter=Q(cohorts__disabled_at=None)),
        )
        .values_list("name", "nobody", "live")
    )
    found = Tags([], {})
    for name, cohort, live in sorted(of_these.union(counts, all=True), key=_by_name):
        if cohort:
            found.of_cohort.setdefault(cohort, []).append(name)
        elif live:
            found.counts.append(TagCount(name, live))
    return found


def _by_name(row: tuple[str, int, int]) -> str:
    return row[0].casefold()


@require_POST
def change_tags(request: SignedInRequest) -> HttpResponse:
    """Give one tag to the cohorts chosen in the list, or take it from them."""
    slugs = request.POST.getlist("cohort")
    cohorts = list(Cohort.objects.live().filter(slug__in=slugs[:1000]))
    removes = request.POST.get("action") == "remove"
    if not cohorts:
        messages.warning(request, _("Choose cohorts in the list first."))
        return go_back(request)
    try:
        change = remove_tag if removes else add_tag
        change(request.POST.get("tag", ""), cohorts)
    except BadTag as bad:
        messages.error(request, bad.message)
        return go_back(request)
    if removes:
        text = ngettext(
            "The tag was removed from %d cohort.",
            "The tag was removed from %d cohorts.",
            len(cohorts),
        )
    else:
        text = ngettext("%d cohort was tagged.", "%d cohorts were tagged.", len(cohorts))
    messages.success(request, text % len(cohorts))
    return go_back(request)
