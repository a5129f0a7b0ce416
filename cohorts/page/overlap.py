"""How a cohort overlaps with others of its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from cohorts.definitions.problems import DefinitionError
from cohorts.evaluation import Prepared, prepare
from cohorts.models import Cohort
from cohorts.page.kept import Question, find_answer, is_fresh, keep_answer
from cohorts.page.regions import Regions, count_regions

# What the card begins with: a list of these many, or a close look at two.
LISTED = 5
COMPARED = 2


@dataclass(frozen=True)
class Overlap:
    """`cohorts` are the sets of `regions`, the page's own first."""

    cohorts: tuple[Cohort, ...]
    regions: Regions
    as_of: datetime
    # Cohorts that could not be evaluated, left out.
    unreadable: tuple[Cohort, ...] = ()

    @property
    def size(self) -> int:
        return self.regions.within(0)

    @property
    def shares(self) -> list[Share]:
        """Of each other cohort, most in common first."""
        shares = [
            Share(cohort, self.regions.within(0, number), self.regions.within(number), self.size)
            for number, cohort in enumerate(self.cohorts)
            if number
        ]
        return sorted(shares, key=lambda share: -share.common)

    @property
    def parts(self) -> list[Part]:
        """Every combination but nobody's, the one in all cohorts first."""
        held = [sets for sets in _combinations(len(self.cohorts)) if sets]
        return [
            Part(
                tuple(cohort for n, cohort in enumerate(self.cohorts) if n in sets),
                tuple(cohort for n, cohort in enumerate(self.cohorts) if n not in sets),
                self.regions.only(*sets),
                self.regions.anyone,
            )
            for sets in sorted(held, key=lambda sets: (-len(sets), sets))
        ]


@dataclass(frozen=True)
class Share:
    cohort: Cohort
    common: int
    size: int
    of: int


@dataclass(frozen=True)
class Part:
    inside: tuple[Cohort, ...]
    outside: tuple[Cohort, ...]
    count: int
    of: int


def find_comparable(cohort: Cohort) -> list[Cohort]:
    """All other live cohorts of the dataset, by name, with their definitions."""
    return list(
        Cohort.objects.live()
        .filter(dataset=cohort.dataset_id, current_version__isnull=False)
        .exclude(pk=cohort.pk)
        .select_related("current_version", "dataset")
    )


def read_overlap(cohort: Cohort, others: Sequence[Cohort], *, now: datetime) -> Overlap:
    """Raises DefinitionError for the cohort itself, and WarehouseError."""
    version = cohort.current_version
    if version is None:
        raise ValueError("nothing is defined yet")
    own = _prepare(cohort)
    sets, cohorts, unreadable = [own], [cohort], []
    for other in others:
        try:
            sets.append(_prepare(other, cohort))
        except DefinitionError:
            unreadable.append(other)
        else:
            cohorts.append(other)
    about = [other.slug for other in cohorts[1:]]
    kept = find_answer(version, Question.OVERLAP, sets, about)
    if kept is None or not is_fresh(kept, own, now):
        regions = count_regions(sets, as_of=now, time_limit=settings.PREVIEW_TIME_LIMIT)
        answer = [[list(held), count] for held, count in regions.counts.items()]
        kept = keep_answer(version, Question.OVERLAP, sets, answer, as_of=now, about=about)
    return Overlap(tuple(cohorts), _read(kept.answer), kept.as_of, tuple(unreadable))


def _prepare(cohort: Cohort, host: Cohort | None = None) -> Prepared:
    if host is not None:
        # One row of the dataset for all, so that nothing can differ between them.
        cohort.dataset = host.dataset
    version = cohort.current_version
    return prepare(
        cohort.dataset, version.definition if version else None, exclude_slug=cohort.slug
    )


def _read(answer: Any) -> Regions:
    return Regions({tuple(held): count for held, count in answer})


def _combinations(count: int) -> list[tuple[int, ...]]:
    return [tuple(each for each in range(count) if bits >> each & 1) for bits in range(1 << count)]
