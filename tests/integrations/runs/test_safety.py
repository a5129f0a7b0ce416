from __future__ import annotations

import pytest

from integrations.safety import Limits, find_hold, hold_words

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
    reason = hold_words(
        find_hold(
            size=size,
            removed=removed,
            held_in_braze=held,
            recent_sizes=recent,
            limits=Limits(),
        )
    )
    assert bool(reason) == bool(word)
    assert word in reason


@pytest.mark.parametrize(
    ("limits", "size", "removed", "rule"),
    [
        (Limits(percent=10), 9_000, 1_001, "removes"),
        (Limits(percent=10), 9_000, 1_000, None),
        (Limits(percent=60), 5_000, 5_000, None),
        (Limits(least=50, percent=1), 9_900, 101, "removes"),
        (Limits(least=6_000), 5_000, 5_000, None),
        (Limits(factor=2), 21_000, 0, "size"),
        (Limits(factor=4), 31_000, 0, None),
        (Limits(percent=100), 0, 10_000, "empty"),
    ],
)
def test_each_schedule_has_limits_of_its_own(limits, size, removed, rule):
    hold = find_hold(
        size=size, removed=removed, held_in_braze=10_000, recent_sizes=USUAL, limits=limits
    )
    assert hold.get("rule") == rule
