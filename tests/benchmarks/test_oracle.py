"""The oracle campaign tells what differs."""

from __future__ import annotations

import pytest

from benchmarks import campaign_oracle
from benchmarks.campaign_oracle import Comparison, compare_crowds, compare_worlds


def test_members_that_loops_do_not_find_are_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_oracle, "evaluate", lambda *_: ["nobody knows"])
    comparison = Comparison()
    compare_crowds(comparison, 25, seed=1)
    assert len(comparison.differences) == comparison.compared == 25


def test_what_the_engine_refuses_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("no such column")

    monkeypatch.setattr(campaign_oracle.Tables, "members", refuse)
    comparison = Comparison()
    compare_worlds(comparison, 4, seed=1)
    assert len(comparison.differences) == comparison.compared > 0
    assert "no such column" in comparison.differences[0]
