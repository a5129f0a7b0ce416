"""Patterns that RE2 and Python share, as engines with POSIX's have to be given them."""

from __future__ import annotations

import re

import pytest

from cohorts.sql.dialect import Unwritable
from cohorts.sql.posix_patterns import to_posix


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("^a.b$", "^a.b$"),
        (r"\Aa\d\.\[(", r"^a\d\.\[("),
        ("(?:a|b)+?c??", "(a|b)+c?"),
        ("(?P<year>[0-9]{4,}?)", "([0-9]{4,})"),
        ("[]?:(]*?[^]*?]", "[]?:(]*[^]*?]"),
        ("a{2}?b{2,}?c{2,3}?", "a{2}b{2,}c{2,3}"),
        (r"[\]?]a", r"[\]?]a"),
    ],
)
def test_it_matches_the_same(pattern: str, written: str) -> None:
    assert to_posix(pattern) == (written, "")
    assert to_posix(f"(?is){pattern}") == (written, "is")


def test_what_has_no_word_there_is_refused() -> None:
    for pattern in ("a(?i:b)", "(?-s:.)", "a|(?m:^b)"):
        re.compile(pattern)
        with pytest.raises(Unwritable):
            to_posix(pattern)
