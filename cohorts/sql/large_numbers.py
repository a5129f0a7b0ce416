"""Whole numbers beyond 64 bits for engines whose literals end there."""

from __future__ import annotations

from sqlglot import exp

from cohorts.sql.expressions import Expr, text


def spell_large_numbers(query: Expr, decimal: exp.DataType) -> Expr:
    """In place: such a number as an exact decimal, which compares with any other number."""
    for literal in list(query.find_all(exp.Literal)):
        if not literal.is_string and literal.this.isdigit() and int(literal.this) >= 2**63:
            literal.replace(exp.Cast(this=text(literal.this), to=decimal.copy()))
    return query
