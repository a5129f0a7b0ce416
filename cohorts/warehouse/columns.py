"""A safe physical column name for every property."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Names of the layout itself, and words that SQL keeps for itself.
_TAKEN = frozenset(
    " ".join(
        (
            "uid id event time listed first_event_at",
            "all and any as asc between by case cast check column create cross default desc",
            "distinct else end except exists false for from full grant group having in inner",
            "intersect into is join lambda left like limit natural not null offset on only or",
            "order outer primary qualify references returning right select set some table then",
            "to trailing true union unique using values when where window with",
        )
    ).split()
)


def physical_names(names: Sequence[str]) -> list[str]:
    """One lower-case identifier per property name, each different.

    DuckDB does not tell `Plan` from `plan`, and a property may be called like a column of ours.
    """
    taken = set(_TAKEN)
    physical = []
    for name in names:
        stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:50]
        if not stem or stem[0].isdigit() or stem in _TAKEN:
            stem = f"p_{stem}".rstrip("_")
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate)
        physical.append(candidate)
    return physical
