from __future__ import annotations

import pytest

from integrations.safety import find_hold_reason

USUAL = [10_000, 10_200, 9_900]


@pytest.mark.parametrize(
    ("size", "removed", "held", "recent", "word"),
    [
        (100, 0, 0, [], ""),
        (0, 0, 0, [], ""),
        (0, 5, 5, [], "empty"),
        (9_000, 999, 1_500, [], ""),
        (9_000, 1_000, 3_000, [], "removed"),
        (9_000, 1_000, 4_000, [], ""),
        (31_000, 0, 10_000, USUAL, "users"),
        (3_000, 0, 3_100, USUAL, "users"),
        (29_000, 0, 10_000, USUAL, ""),
        (31_000, 0, 10_000, USUAL[:2], ""),
        (1, 0, 1, [8, 8, 8], ""),
    ],
)
def test_it_holds_what_looks_like_a_mistake(size, removed, held, recent, word):
    reason = find_hold_reason(size=size, removed=removed, held_in_braze=held, recent_sizes=recent)
    assert bool(reason) == bool(word)
    assert word in reason
