"""Patterns that RE2 and Python share, as Java has to be given them."""

from __future__ import annotations

import pytest

from cohorts.sql.java_patterns import to_java


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("^a.b$", "^a.b$"),
        ("[[]", r"[\[]"),
        ("[]a]", r"[\]a]"),
        ("[^]a]", r"[^\]a]"),
        ("[a&&b]", r"[a\&\&b]"),
        ("a{2}b{2,}c{2,3}", "a{2}b{2,}c{2,3}"),
        ("{a}", r"\{a}"),
        ("a{,2}", r"a\{,2}"),
        ("(?P<year>[0-9]+)", "([0-9]+)"),
        (r"\[a\]{", r"\[a\]\{"),
        ("\\", "\\"),
    ],
)
def test_it_means_the_same_to_java(pattern: str, written: str) -> None:
    assert to_java(pattern, ignore_case=False) == "(?d)" + written
    assert to_java(pattern, ignore_case=True) == "(?diu)" + written
