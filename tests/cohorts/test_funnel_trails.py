"""The steps of one user, read back from where each chain began."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cohorts.funnel_trails import find_trail

T = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 8)]


@pytest.mark.parametrize(
    ("rows", "trail"),
    [
        ([], []),
        ([(T[0], T[0], None, None, None, None)], [(1, T[0])]),
        # The second start is nearer to the second step.
        (
            [
                (T[0], T[0], None, None, None, None),
                (T[1], T[1], None, None, T[0], None),
                (T[2], None, T[1], None, T[1], None),
            ],
            [(1, T[1]), (2, T[2])],
        ),
        # What comes between two steps voids the earlier of two, so the later one counts.
        (
            [
                (T[0], T[0], None, None, None, None),
                (T[1], None, T[0], None, T[0], T[0]),
                (T[2], None, T[0], None, T[0], T[0]),
                (T[3], None, None, T[0], T[0], T[0]),
                (T[4], None, None, T[0], T[0], T[0]),
            ],
            [(1, T[0]), (2, T[2]), (3, T[3])],
        ),
    ],
)
def test_it_finds_the_furthest_chain(
    rows: list[tuple[Any, ...]], trail: list[tuple[int, datetime]]
) -> None:
    assert find_trail(3, rows) == trail
