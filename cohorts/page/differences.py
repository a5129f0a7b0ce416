"""What is different between two definitions, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from cohorts.definitions.describe import describe_filter, label_condition, label_window
from cohorts.definitions.nodes import Condition, Definition, FilterNode, Group

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Difference:
    kind: Kind
    text: str


def tell_differences(
    before: Definition,
    after: Definition,
    *,
    language: str = "en",
    names: Mapping[str, str] | None = None,
) -> list[Difference]:
    """Conditions that came and went, then what else says something else. `names` gives the names
    of cohorts by slug. Nothing for definitions that mean the same word for word."""
    words = _Words(language, names or {})
    found = words.compare(Counter(before.conditions), Counter(after.conditions))
    if before.match != after.match:
        found.append(Difference("changed", words.match(after.match)))
    filters = words.compare_texts(
        Counter(map(words.filter, before.global_filter)),
        Counter(map(words.filter, after.global_filter)),
    )
    found += filters
    if before.date_range != after.date_range:
        window = label_window(after.date_range, language=language)
        found.append(Difference("changed", _("Date range: %s") % window))
    if not found and before != after:
        found.append(Difference("changed", _("The order of the conditions changed.")))
    return found


@dataclass(frozen=True)
class _Words:
    language: str
    names: Mapping[str, str]

    def compare(self, before: Counter[Condition], after: Counter[Condition]) -> list[Difference]:
        """By what they say, not by where they stand."""
        gone = [self.condition(each) for each in (before - after).elements()]
        new = [self.condition(each) for each in (after - before).elements()]
        found = [Difference("removed", text) for text in gone]
        return found + [Difference("added", text) for text in new]

    def compare_texts(self, before: Counter[str], after: Counter[str]) -> list[Difference]:
        found = [Difference("removed", text) for text in (before - after).elements()]
        return found + [Difference("added", text) for text in (after - before).elements()]

    def condition(self, condition: Condition) -> str:
        if isinstance(condition, Group):
            joint = _(" or ") if condition.match == "any" else _(" and ")
            told = f"({joint.join(map(self.condition, condition.conditions))})"
        else:
            title, subtitle = label_condition(condition, language=self.language, names=self.names)
            told = f"{title} {subtitle}".strip()
        return _("Not: %s") % told if condition.negate else told

    def filter(self, node: FilterNode) -> str:
        return _("Global filter: %s") % describe_filter(node, language=self.language)

    def match(self, match: str) -> str:
        if match == "all":
            return _("All conditions have to hold, not only one of them.")
        return _("One of the conditions is enough, where all had to hold.")
