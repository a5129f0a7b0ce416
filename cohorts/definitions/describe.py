"""A definition in words. One module per language; a language without one is told in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from cohorts.definitions import english
from cohorts.definitions.nodes import Definition, Leaf
from cohorts.definitions.walk import walk_leaves

# Each gives `tell_definition(definition, names)` and `label_leaf(leaf)`.
_LANGUAGES: dict[str, ModuleType] = {"en": english}


def describe(
    definition: Definition, *, language: str = "en", names: Mapping[str, str] | None = None
) -> str:
    """One sentence or a few. `names` gives the names of cohorts by slug."""
    sentence: str = _get_language(language).tell_definition(definition, names or {})
    return sentence


def label_condition(condition: Leaf, *, language: str = "en") -> tuple[str, str]:
    """Title and subtitle of a table column, such as (“SING > 5”, “in the last 7 day(s)”).

    They say what is measured; whether the condition is negated is not part of that.
    """
    label: tuple[str, str] = _get_language(language).label_leaf(condition)
    return label


def list_chips(definition: Definition, *, language: str = "en") -> tuple[str, ...]:
    """The titles of all conditions, for small print."""
    return tuple(
        label_condition(leaf, language=language)[0] for leaf in walk_leaves(definition.conditions)
    )


def _get_language(language: str) -> ModuleType:
    return _LANGUAGES.get(language.split("-")[0].lower(), english)
