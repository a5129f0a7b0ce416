"""A safe physical column name for every property."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Names of the layout itself, and words that DuckDB or PostgreSQL keep for themselves: no query
# quotes a physical name.
_TAKEN = frozenset(
    " ".join(
        (
            "uid id event time listed first_event_at",
            "all analyse analyze and anti any array as asc asof asymmetric at authorization",
            "between bigint binary bit boolean both by case cast char character check coalesce",
            "collate collation column columns concurrently constraint create cross",
            "current_catalog current_date current_role current_schema current_time",
            "current_timestamp current_user dec decimal default deferrable desc describe distinct",
            "do else end except exists extract false fetch float for foreign freeze from full",
            "generated glob grant group grouping grouping_id having ilike in initially inner",
            "inout int integer intersect interval into is isnull join lambda lateral leading left",
            "like limit localtime localtimestamp map national natural nchar none not notnull null",
            "nullif numeric offset on only or order out outer overlaps overlay pivot pivot_longer",
            "pivot_wider placing position positional precision primary qualify real references",
            "returning right row select semi session_user set setof show similar smallint some",
            "struct substring summarize symmetric system_user table tablesample then timestamp to",
            "trailing treat trim true try_cast tuple union unique unpack unpivot user using",
            "values varchar variadic verbose when where window with xmlattributes xmlconcat",
            "xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize",
            "xmltable",
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
