"""The live count of a definition that is being edited, with what is wrong in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cohorts.builder_steps import StepCounts, count_steps
from cohorts.countable import Countable, find_countable
from cohorts.definitions.describe import label_condition
from cohorts.definitions.nodes import Condition, Group, InCohort
from cohorts.definitions.parse_filters import find_scopes
from cohorts.definitions.problems import DefinitionError, Problem
from cohorts.evaluation import Prepared, prepare, sentence
from cohorts.models import Dataset
from cohorts.retelling import retell
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouses import OnConnection


@dataclass(frozen=True)
class Draft:
    """A definition as far as it can be evaluated. `prepared` is None when nothing of it can."""

    prepared: Prepared | None
    part: Countable | None = None
    problems: tuple[Problem, ...] = ()

    def place(self, path: str) -> str:
        return self.part.place(path) if self.part else path

    @property
    def left_out(self) -> tuple[str, ...]:
        return self.part.left_out if self.part else ()


def read_draft(dataset: Dataset, data: Any, *, slug: str | None) -> Draft:
    """`slug` is the cohort being edited: it may not refer to itself."""
    try:
        return Draft(prepare(dataset, data, exclude_slug=slug))
    except DefinitionError as error:
        problems = error.problems
    part = find_countable(data, [problem.path for problem in problems])
    if part is None:
        return Draft(None, None, problems)
    try:
        return Draft(prepare(dataset, part.data, exclude_slug=slug), part, problems)
    except DefinitionError as error:
        # Leaving conditions out cannot make new mistakes, but a mistake can hide another.
        hidden = (Problem(part.place(p.path), p.message, p.suggestion) for p in error.problems)
        return Draft(None, None, (*problems, *hidden))


def count_draft(
    draft: Draft, *, as_of: datetime, on_connection: OnConnection | None = None
) -> dict[str, Any]:
    """Everything the editor shows beside the conditions; raises WarehouseError "canceled"."""
    answer: dict[str, Any] = {
        "total": None,
        "counts": {},
        "steps": [],
        "sentence": "",
        "problems": [_describe(problem) for problem in draft.problems],
        "warnings": [],
        "left_out": list(draft.left_out),
        "as_of": as_of.isoformat(),
        "took_ms": 0,
    }
    if draft.prepared is None:
        return answer
    answer["sentence"] = sentence(draft.prepared, get_language() or "en")
    answer["warnings"] = [_describe(w, draft) for w in draft.prepared.warnings]
    started = time.monotonic()
    try:
        counts = count_steps(
            draft.prepared,
            as_of=as_of,
            time_limit=settings.PREVIEW_TIME_LIMIT,
            on_connection=on_connection,
        )
    except WarehouseError as error:
        if error.kind == "canceled":
            raise
        return answer | {"failure": retell(str(error))}
    answer["took_ms"] = round((time.monotonic() - started) * 1000)
    answer["total"] = counts.total
    answer["counts"] = {draft.place(path): n for path, n in counts.conditions.items()}
    answer["steps"] = _steps(draft.prepared, counts) + _left_out_steps(draft)
    return answer


def _describe(problem: Problem, draft: Draft | None = None) -> dict[str, Any]:
    path = draft.place(problem.path) if draft else problem.path
    return {"path": path, "message": retell(problem.message), "suggestion": problem.suggestion}


def _steps(prepared: Prepared, counts: StepCounts) -> list[dict[str, Any]]:
    """Everyone, then what is left of them (or has come together) after each condition."""
    everyone = _("Everyone in the filter") if _narrows_people(prepared) else _("All users")
    steps = [{"label": everyone, "count": counts.population}]
    names = {slug: reference.name for slug, reference in prepared.references.items()}
    for condition, count in zip(prepared.definition.conditions, counts.running, strict=True):
        steps.append({"label": _label(condition, names), "count": count})
    return steps


def _narrows_people(prepared: Prepared) -> bool:
    return any("user" in find_scopes(node) for node in prepared.definition.global_filter)


def _left_out_steps(draft: Draft) -> list[dict[str, Any]]:
    return [{"label": _("Unfinished condition"), "count": None} for _path in draft.left_out]


def _label(condition: Condition, names: Mapping[str, str]) -> str:
    if isinstance(condition, Group):
        words = _("Any of %d") if condition.match == "any" else _("All of %d")
        label = words % len(condition.conditions)
    elif isinstance(condition, InCohort):
        label = _("In %s") % names.get(condition.cohort, condition.cohort)
    else:
        label = label_condition(condition, language=get_language() or "en")[0]
    return _("Not: %s") % label if condition.negate else label
