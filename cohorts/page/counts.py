"""How many match each condition of a saved version, and how many are left after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from cohorts.builder_steps import count_steps
from cohorts.definitions.nodes import Definition
from cohorts.evaluation import Prepared
from cohorts.models import CohortVersion
from cohorts.page.kept import Question, find_answer, is_fresh, keep_answer


@dataclass(frozen=True)
class Step:
    """`count` are left after the condition, `change` more or fewer than before it."""

    count: int
    change: int


@dataclass(frozen=True)
class Counts:
    """`steps` and `inner` by JSON path: conditions of the definition itself, and those in groups.
    `population` is whom they choose from: everyone whom the global filter lets through."""

    population: int
    filtered_out: int
    total: int
    steps: dict[str, Step]
    inner: dict[str, int]
    as_of: datetime


def read_counts(
    version: CohortVersion, prepared: Prepared, *, now: datetime, anew: bool = False
) -> Counts:
    """Raises WarehouseError."""
    kept = None if anew else find_answer(version, Question.STEPS, [prepared])
    if kept is None or not is_fresh(kept, prepared, now):
        kept = keep_answer(version, Question.STEPS, [prepared], _count(prepared, now), as_of=now)
    return arrange(prepared.definition, kept.answer, kept.as_of, prepared.dataset.user_count)


def arrange(
    definition: Definition, answer: dict[str, Any], as_of: datetime, everyone: int
) -> Counts:
    """Steps narrow down from the population (ALL) or add up from nobody (ANY)."""
    before = answer["population"] if definition.match == "all" else 0
    steps = {}
    for condition, count in zip(definition.conditions, answer["running"], strict=True):
        steps[condition.path] = Step(count, count - before)
        before = count
    inner = {path: n for path, n in answer["conditions"].items() if path not in steps}
    return Counts(
        population=answer["population"],
        filtered_out=max(0, everyone - answer["population"]) if definition.global_filter else 0,
        total=before,
        steps=steps,
        inner=inner,
        as_of=as_of,
    )


def _count(prepared: Prepared, now: datetime) -> dict[str, Any]:
    counted = count_steps(prepared, as_of=now, time_limit=settings.PREVIEW_TIME_LIMIT)
    return {
        "population": counted.population,
        "running": list(counted.running),
        "conditions": counted.conditions,
    }
