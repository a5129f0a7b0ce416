"""Where each cohort's imports stand, as lists filter, sort and count it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.disabling import register_objection
from cohorts.listing import ListingFilter, ListingOrder, register_filter, register_order
from cohorts.models import Cohort, Dataset
from integrations.models import ImportRun, ImportSchedule

State = ImportRun.State


@dataclass(frozen=True)
class ImportState:
    """`None` among `run_states`: a cohort that was never imported."""

    key: str
    label: Any
    tone: str
    icon: str
    run_states: tuple[str | None, ...]

    @property
    def condition(self) -> Q:
        known = [state for state in self.run_states if state is not None]
        condition = Q(last_state__in=known)
        return condition | Q(last_state=None) if None in self.run_states else condition


IMPORT_STATES = {
    state.key: state
    for state in (
        ImportState(
            "importing",
            gettext_lazy("Importing"),
            "",
            "i-loader-2",
            (State.QUEUED, State.COMPUTING, State.SENDING),
        ),
        ImportState("held", gettext_lazy("Held"), "warn", "i-shield-half", (State.HELD,)),
        ImportState(
            "failed", gettext_lazy("Failed"), "bad", "i-circle-x", (State.FAILED, State.PARTIAL)
        ),
        ImportState("imported", gettext_lazy("Imported"), "", "i-circle-check", (State.SUCCEEDED,)),
        ImportState(
            "none",
            gettext_lazy("Not imported"),
            "",
            "i-circle-dashed",
            (None, State.CANCELED),
        ),
    )
}


@dataclass(frozen=True)
class StateCount:
    state: ImportState
    count: int


@dataclass(frozen=True)
class ImportCounts:
    states: tuple[StateCount, ...]

    def of(self, key: str) -> int:
        return sum(entry.count for entry in self.states if entry.state.key == key)

    @property
    def total(self) -> int:
        return sum(entry.count for entry in self.states)

    @property
    def importing(self) -> int:
        return self.of("importing")

    @property
    def held(self) -> int:
        return self.of("held")

    @property
    def failed(self) -> int:
        return self.of("failed")

    @property
    def attention(self) -> int:
        return self.held + self.failed


def count_import_states(dataset: Dataset | None = None) -> tuple[ImportCounts, ImportCounts]:
    """How many live cohorts stand where: of all, and of one dataset. In one query."""
    cohorts: QuerySet[Any] = with_last_state(Cohort.objects.live()).order_by()
    rows = list(cohorts.values("last_state", "dataset").annotate(cohorts=Count("pk")))
    every = _count(rows)
    if dataset is None:
        return every, every
    return every, _count([row for row in rows if row["dataset"] == dataset.pk])


def _count(rows: list[dict[str, Any]]) -> ImportCounts:
    return ImportCounts(
        tuple(
            StateCount(
                state,
                sum(row["cohorts"] for row in rows if row["last_state"] in state.run_states),
            )
            for state in IMPORT_STATES.values()
        )
    )


def with_last_state(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    runs = ImportRun.objects.filter(cohort=OuterRef("pk")).order_by("-queued_at", "-pk")
    return cohorts.annotate(last_state=Subquery(runs.values("state")[:1]))


def with_last_import(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    runs = ImportRun.objects.filter(cohort=OuterRef("pk")).order_by("-queued_at", "-pk")
    return cohorts.annotate(last_queued_at=Subquery(runs.values("queued_at")[:1]))


def join_the_cohort_list() -> None:
    register_filter(
        ListingFilter(
            "import",
            gettext_lazy("Any import state"),
            [(state.key, state.label) for state in IMPORT_STATES.values()],
            lambda cohorts, key, _user: with_last_state(cohorts).filter(
                IMPORT_STATES[key].condition
            ),
        )
    )
    register_order(
        ListingOrder(
            "imported",
            with_last_import,
            "last_queued_at",
        )
    )
    register_objection(_has_a_live_schedule)
    register_objection(_has_an_open_run)


def _has_a_live_schedule(cohort: Cohort) -> str | None:
    if ImportSchedule.objects.filter(cohort=cohort, deleted_at=None).exists():
        return _("It has an import schedule. Delete the schedule on the Schedule page first.")
    return None


def _has_an_open_run(cohort: Cohort) -> str | None:
    if ImportRun.objects.filter(cohort=cohort, finished_at=None).exists():
        return _("An import of it has not ended yet. Wait for it, or cancel it.")
    return None
