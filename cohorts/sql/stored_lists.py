"""Stored lists of ids, as tables that stand beside those of the dataset."""

from __future__ import annotations

import hashlib

from sqlglot import exp

from cohorts.sql.expressions import column, select, table


def list_table(stored: str) -> str:
    """The table, with the one column `id`, as which an engine is given a stored list."""
    return f"list_{hashlib.sha256(stored.encode()).hexdigest()[:16]}"


def select_listed(stored: str) -> exp.Select:
    return select(column("l", "id")).from_(table(list_table(stored), "l"), copy=False)
