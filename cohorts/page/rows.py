"""The conditions of a definition as rows of parts that a page can draw. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, assert_never

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.builder_page import function_labels
from cohorts.definitions.describe import describe_filter, label_comparison, label_window
from cohorts.definitions.nodes import (
    Comparison,
    Condition,
    Definition,
    Events,
    Filter,
    FilterNode,
    FirstTime,
    Funnel,
    Group,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    Measurement,
    Overall,
    Performed,
    Ratio,
    Retention,
    Window,
)
from cohorts.page.outcomes import tell_funnel, tell_lifecycle, tell_retention, tell_span

_NEVER = (("=", 0), ("<", 1), ("<=", 0))


@dataclass(frozen=True)
class Part:
    """A name in a chip, a filter in a soft chip, a value, or a word between them."""

    kind: Literal["chip", "soft", "value", "word"]
    text: str
    icon: str = ""
    # Of a cohort that is referred to.
    slug: str = ""


@dataclass(frozen=True)
class Row:
    """One condition with its number, or a group with rows of its own."""

    path: str
    negate: bool
    title: str = ""
    number: int = 0
    parts: tuple[Part, ...] = ()
    match: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Rows:
    match: str
    rows: tuple[Row, ...]
    filters: tuple[str, ...]
    date_range: str


def draw_rows(
    definition: Definition, *, language: str = "en", names: Mapping[str, str] | None = None
) -> Rows:
    """`names` gives the names of cohorts by slug."""
    words = _Words(language, names or {})
    numbers = count(1)
    return Rows(
        definition.match,
        tuple(words.row(each, numbers) for each in definition.conditions),
        tuple(words.filter(node) for node in definition.global_filter),
        "" if isinstance(definition.date_range, Overall) else words.window(definition.date_range),
    )


@dataclass(frozen=True)
class _Words:
    language: str
    names: Mapping[str, str]

    def row(self, condition: Condition, numbers: Iterator[int]) -> Row:
        if isinstance(condition, Group):
            rows = tuple(self.row(each, numbers) for each in condition.conditions)
            return Row(condition.path, condition.negate, match=condition.match, rows=rows)
        title, parts = self.leaf(condition)
        return Row(condition.path, condition.negate, title, next(numbers), tuple(parts))

    def leaf(self, leaf: Leaf) -> tuple[str, list[Part]]:
        match leaf:
            case Performed():
                return _("Performed"), [
                    *self.events(leaf.events),
                    *self.times(leaf.times),
                    *self.during(leaf.window),
                ]
            case Measure():
                return _("Measure"), [
                    *self.measurement(leaf.measurement),
                    self.compared(leaf.comparison),
                    *self.during(leaf.window),
                ]
            case Ratio():
                return _("Ratio"), [
                    *self.measurement(leaf.numerator),
                    Part("word", "÷"),
                    *self.measurement(leaf.denominator),
                    self.compared(leaf.comparison),
                    *self.during(leaf.window),
                ]
            case Funnel():
                return _("Funnel"), self.funnel(leaf)
            case Retention():
                between = [Part("word", _("then"))]
                parts = self.events(leaf.start) + between + self.events(leaf.returning)
                parts.append(Part("value", tell_retention(leaf.outcome, leaf.unit)))
                return _("Retention"), parts + self.during(leaf.window)
            case Lifecycle():
                period = Part("word", _("by %s") % tell_span(leaf.period))
                parts = [Part("value", tell_lifecycle(leaf.state)), period]
                return _("Lifecycle"), parts + (
                    [] if leaf.events.names is None else self.events(leaf.events)
                )
            case FirstTime():
                return _("First time"), self.events(leaf.events) + self.during(leaf.window)
            case LastTime():
                return _("Last time"), self.events(leaf.events) + self.during(leaf.window)
            case HasProperty():
                return _("Property"), self.property(leaf.filter)
            case InCohort():
                name = self.names.get(leaf.cohort, leaf.cohort)
                return _("Cohort"), [Part("chip", name, "k-cohort", slug=leaf.cohort)]
            case InList():
                size = ngettext("%s user id", "%s user ids", leaf.size) % f"{leaf.size:,}"
                return _("List"), [Part("chip", size, "i-list-details")]
            case _:
                assert_never(leaf)

    def events(self, events: Events) -> list[Part]:
        names = events.names if events.names is not None else (_("Any event"),)
        parts = _joined([Part("chip", name, "i-bolt") for name in names], _("or"))
        return parts + [Part("soft", self.filter(node), "i-filter") for node in events.where]

    def measurement(self, measurement: Measurement) -> list[Part]:
        parts = [Part("value", function_labels()[measurement.function])]
        if measurement.property is not None:
            parts.append(Part("chip", measurement.property, "i-tag"))
        return [*parts, Part("word", _("of")), *self.events(measurement.events)]

    def funnel(self, leaf: Funnel) -> list[Part]:
        arrow = "·" if leaf.order == "any" else "→"
        steps: list[Part] = []
        for number, step in enumerate(leaf.steps):
            steps += ([Part("word", arrow)] if number else []) + self.events(step)
        for exclusion in leaf.exclude:
            without = _("without, after step %d,") % exclusion.after
            steps += [Part("word", without), *self.events(exclusion.events)]
        if leaf.order == "any":
            steps.append(Part("word", _("in any order")))
        elif leaf.order == "exact":
            steps.append(Part("word", _("with nothing in between")))
        steps.append(Part("value", tell_funnel(leaf.outcome, len(leaf.steps))))
        if leaf.within is not None:
            steps.append(Part("word", _("within %s") % tell_span(leaf.within)))
        return steps + self.during(leaf.window)

    def times(self, times: Comparison) -> list[Part]:
        if (times.op, times.value) in _NEVER:
            return [Part("value", _("never"))]
        return [self.compared(times), Part("word", _("time(s)"))]

    def property(self, node: FilterNode) -> list[Part]:
        told = self.filter(node)
        if not isinstance(node, Filter) or not told.startswith(node.property):
            return [Part("value", told)]
        rest = told.removeprefix(node.property).strip()
        return [Part("chip", node.property, "i-user"), Part("value", rest)]

    def compared(self, comparison: Comparison) -> Part:
        return Part("value", label_comparison(comparison, language=self.language))

    def during(self, window: Window) -> list[Part]:
        if isinstance(window, Overall):
            return [Part("word", self.window(window))]
        return [Part("value", self.window(window))]

    def window(self, window: Window) -> str:
        return label_window(window, language=self.language)

    def filter(self, node: FilterNode) -> str:
        return describe_filter(node, language=self.language)


def _joined(parts: Sequence[Part], word: str) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        joined += [Part("word", word), part] if joined else [part]
    return joined
