"""PostgreSQL gives the same explanations as DuckDB."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from cohorts.definitions.parse import parse_definition
from cohorts.explanation import Explanation, explain
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.test_postgresql import connection, copy
from tests.golden.reading import AS_OF, list_cases, open_tables, read_world, references

__all__ = ["connection"]


def test_every_kept_case_is_explained_alike(connection: psycopg.Connection[Any]) -> None:
    tables = copy(connection, read_world(), ["age"])
    users = sorted(set(read_world().users) | {row.user for row in read_world().rows})

    def ask_postgresql(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            return cursor.execute(sql.encode()).fetchall()

    def ask_duckdb(sql: str) -> list[tuple[Any, ...]]:
        return open_tables().connection.execute(sql).fetchall()

    for case in list_cases():
        for user in (*users[:6], "nobody"):
            given: dict[str, Any] = {
                "catalog": tables.catalog,
                "layout": DUCKDB_FILE,
                "as_of": AS_OF,
                "references": references(),
            }
            definition = parse_definition(case.definition)
            here = explain(definition, user, ask_duckdb, **given)
            there = explain(definition, user, ask_postgresql, dialect="postgresql", **given)
            assert here.member == (user in case.members), (case.name, user)
            assert verdicts(there) == verdicts(here), (case.name, user)
            assert measured(there) == pytest.approx(measured(here)), (case.name, user)


def verdicts(explanation: Explanation) -> list[Any]:
    return [
        (explanation.known, explanation.in_population, explanation.member),
        *((each.path, each.verdict, each.events) for each in explanation.conditions),
    ]


def measured(explanation: Explanation) -> dict[str, Any]:
    """Numbers, flat: engines add up in different orders."""
    return {
        f"{each.path} {name}": float(value)
        for each in explanation.conditions
        for name, value in each.measured.items()
        if isinstance(value, int | float | Decimal)
    }
