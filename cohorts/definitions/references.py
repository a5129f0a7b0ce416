"""Cohorts that a definition refers to, and the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cohorts.definitions.nodes import Definition, InCohort
from cohorts.definitions.walk import walk_leaves


@dataclass(frozen=True)
class Reference:
    """A saved cohort by its definition, or a fixed list by its users."""

    definition: Definition | None
    users: tuple[str, ...] | None
    name: str


class CycleError(Exception):
    """Cohorts that refer to each other in a circle; `slugs` begins and ends with the same."""

    def __init__(self, slugs: tuple[str, ...]) -> None:
        super().__init__(" → ".join(slugs))
        self.slugs = slugs


def referenced_cohorts(definition: Definition) -> frozenset[str]:
    """The slugs that the definition itself names."""
    return frozenset(
        leaf.cohort for leaf in walk_leaves(definition.conditions) if isinstance(leaf, InCohort)
    )


def sort_references(definition: Definition, references: Mapping[str, Reference]) -> list[str]:
    """All cohorts needed, each after those it refers to; raises CycleError or KeyError."""
    done: dict[str, None] = {}
    for slug in sorted(referenced_cohorts(definition)):
        if slug not in done:
            _visit(slug, references, done)
    return list(done)


def _visit(first: str, references: Mapping[str, Reference], done: dict[str, None]) -> None:
    """Depth first, without recursion: chains of cohorts may be long."""
    trail = [first]
    waiting = {first: _needs(references[first])}
    while trail:
        slug = trail[-1]
        if not waiting[slug]:
            done[trail.pop()] = None
            continue
        needed = waiting[slug].pop()
        if needed in trail:
            raise CycleError((*trail[trail.index(needed) :], needed))
        if needed not in done:
            trail.append(needed)
            waiting[needed] = _needs(references[needed])


def _needs(reference: Reference) -> list[str]:
    if reference.definition is None:
        return []
    return sorted(referenced_cohorts(reference.definition), reverse=True)
