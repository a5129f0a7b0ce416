"""One condition for every row of every table of the language, with who matches it.

The members in `rows.json` follow from the rows and the condition, not from the product.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from cohorts.definitions.operators import FUNCTIONS, OPERATORS
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.parse_conditions import CONDITION_READERS
from cohorts.sql.compile import compile_ordered_members, to_sql
from cohorts.sql.layout import DUCKDB_FILE
from tests.cohorts.sql.naive import evaluate
from tests.golden.reading import AS_OF, HERE, open_tables, read_world

ROWS: list[dict[str, Any]] = json.loads((HERE / "rows.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_the_members_are_found(row: dict[str, Any]) -> None:
    definition = {"version": 1, "match": "all", "conditions": [row["condition"]]}
    tables = open_tables()
    query = compile_ordered_members(
        parse_definition(definition),
        catalog=tables.catalog,
        layout=DUCKDB_FILE,
        as_of=AS_OF,
        references={},
    )
    found = tables.connection.execute(to_sql(query, "duckdb")).fetchall()
    assert [user for (user,) in found] == row["members"]
    assert sorted(evaluate(read_world(), definition, AS_OF)) == row["members"]


def test_no_word_of_the_language_is_left_out() -> None:
    text = json.dumps([row["condition"] for row in ROWS])
    # A cohort in a cohort is a case of its own, and reports are refused until they are saved.
    types = set(CONDITION_READERS) - {"cohort", "query"}
    words = {*OPERATORS, *FUNCTIONS, *types, "last", "ago", "full", "this", "from", "to"}
    words |= {"overall", "after_first", "exact", "within", "exclude", "converted_on"}
    words |= {"dropped_at", "dropped_before", "returned", "not_retained", "retained_on"}
    words |= {"retained_between", "retained_since", "not_retained_on", "negate", "ignore_case"}
    assert [word for word in sorted(words) if f'"{word}"' not in text] == []
