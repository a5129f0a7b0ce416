"""What is printed for each engine is one statement of that engine's SQL."""

from __future__ import annotations

import pytest
import sqlglot

from cohorts.sql.dialects import DIALECTS
from tests.golden.reading import Case, list_cases


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("case", list_cases(), ids=lambda case: case.name)
def test_every_kept_case_can_be_read_back(case: Case, dialect: str) -> None:
    name = DIALECTS[dialect].sqlglot
    (statement,) = sqlglot.parse(case.compile(dialect), dialect=name)
    assert statement is not None
    again = statement.sql(dialect=name)
    assert sqlglot.parse_one(again, dialect=name).sql(dialect=name) == again
