"""A definition in words. One module per language; a language without one is told in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from cohorts.definitions import english, japanese
from cohorts.definitions.nodes import Comparison, Definition, FilterNode, Leaf, Window
from cohorts.definitions.walk import walk_leaves

# Each gives `tell_definition(definition, names)`, `label_leaf(leaf, names)`, `tell_filter(node)`,
# `label_comparison(comparison)`, `label_window(window)`.
_LANGUAGES: dict[str, ModuleType] = {"en": english, "ja": japanese}


def describe(
    definition: Definition, *, language: str = "en", names: Mapping[str, str] | None = None
) -> str:
    """One sentence or a few. `names` gives the names of cohorts by slug."""
    sentence: str = _get_language(language).tell_definition(definition, names or {})
    return sentence


def label_condition(
    condition: Leaf, *, language: str = "en", names: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Title and subtitle of a table column, such as (“SING > 5”, “in the last 7 day(s)”).

    They say what is measured; whether the condition is negated is not part of that. `names` gives
    the names of cohorts by slug.
    """
    label: tuple[str, str] = _get_language(language).label_leaf(condition, names or {})
    return label


def describe_filter(node: FilterNode, *, language: str = "en") -> str:
    """A filter alone, such as “country is not “JP””."""
    told: str = _get_language(language).tell_filter(node)
    return told


def label_comparison(comparison: Comparison, *, language: str = "en") -> str:
    label: str = _get_language(language).label_comparison(comparison)
    return label


def label_window(window: Window, *, language: str = "en") -> str:
    label: str = _get_language(language).label_window(window)
    return label


def list_chips(definition: Definition, *, language: str = "en") -> tuple[str, ...]:
    """The titles of all conditions, for small print."""
    return tuple(
        label_condition(leaf, language=language)[0] for leaf in walk_leaves(definition.conditions)
    )


def _get_language(language: str) -> ModuleType:
    return _LANGUAGES.get(language.split("-")[0].lower(), english)
