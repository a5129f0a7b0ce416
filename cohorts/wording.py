"""A saved definition in words, for pages that only show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from cohorts.definitions.describe import describe, label_condition
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.definitions.references import referenced_cohorts
from cohorts.models import Cohort, CohortVersion
from cohorts.retelling import retell_problem


@dataclass(frozen=True)
class Line:
    """One condition, or a group with lines of its own."""

    title: str
    subtitle: str = ""
    number: int = 0
    negate: bool = False
    match: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Wording:
    sentence: str
    match: str = "all"
    lines: list[Line] = field(default_factory=list)
    problems: tuple[str, ...] = ()


def word_version(version: CohortVersion) -> Wording:
    """What the version says; a definition that cannot be read gives its problems instead."""
    language = get_language() or "en"
    try:
        definition = parse_definition(version.definition)
    except DefinitionError as error:
        return Wording("", problems=tuple(retell_problem(problem) for problem in error.problems))
    slugs = referenced_cohorts(definition)
    names = dict(Cohort.objects.filter(slug__in=slugs).values_list("slug", "name"))
    lines = _lines(definition.conditions, language, [0])
    return Wording(describe(definition, language=language, names=names), definition.match, lines)


def _lines(conditions: Sequence[Any], language: str, count: list[int]) -> list[Line]:
    return [_line(condition, language, count) for condition in conditions]


def _line(condition: Any, language: str, count: list[int]) -> Line:
    if hasattr(condition, "conditions"):
        inner = _lines(condition.conditions, language, count)
        return Line("", negate=condition.negate, match=condition.match, lines=inner)
    count[0] += 1
    title, subtitle = label_condition(condition, language=language)
    return Line(title, subtitle, count[0], condition.negate)
