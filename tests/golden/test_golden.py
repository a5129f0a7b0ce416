"""For each case: the SQL and the sentence are as kept, and the SQL finds the members kept."""

from __future__ import annotations

import pytest

from cohorts.sql.dialects import DIALECTS
from tests.cohorts.sql.naive import evaluate
from tests.golden.reading import AS_OF, Case, list_cases, open_tables, read_world

CASES = list_cases()
all_cases = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@all_cases
def test_the_sql_finds_the_members(case: Case) -> None:
    rows = open_tables().connection.execute(case.read("duckdb.sql")).fetchall()
    assert [user for (user,) in rows] == case.members


@all_cases
def test_the_sql_is_as_kept(case: Case) -> None:
    for dialect in DIALECTS:
        assert case.compile(dialect) == case.read(f"{dialect}.sql"), dialect


@all_cases
def test_the_sentence_is_as_kept(case: Case) -> None:
    assert case.tell() == case.read("sentence.txt")


@all_cases
def test_the_japanese_sentence_is_as_kept(case: Case) -> None:
    assert case.tell("ja") == case.read("sentence.ja.txt")


@all_cases
def test_plain_loops_find_the_same_members(case: Case) -> None:
    assert sorted(evaluate(read_world(), case.definition, AS_OF)) == case.members


def test_every_condition_type_has_a_case() -> None:
    text = "".join(case.read("definition.json") for case in CASES)
    for name in ("performed", "measure", "ratio", "funnel", "retention", "lifecycle"):
        assert f'"type": "{name}"' in text
    for name in ("first_time", "last_time", "property", "cohort", "list"):
        assert f'"type": "{name}"' in text
