from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubit_app.chart_tags import short_number
from kubit_app.charts import SLIM, WIDE, Series, draw_lines, draw_spark, nice_ceiling, spread

DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("value", "ceiling"),
    [(0, 4), (4, 4), (5, 8), (21, 40), (664, 800), (4720, 6000), (12_345_678, 16_000_000)],
)
def test_it_ends_the_axis_at_a_round_number(value: int, ceiling: int) -> None:
    assert nice_ceiling(value) == ceiling


@given(st.integers(0, 10**12))
def test_an_axis_holds_its_values_in_whole_steps(value: int) -> None:
    assert value <= nice_ceiling(value) <= max(4, 2 * value)
    assert nice_ceiling(value) % 4 == 0


@given(st.lists(st.floats(16, 204), max_size=6))
def test_names_at_lines_never_overlap_and_stay_inside(wanted: list[float]) -> None:
    placed = sorted(spread(wanted, 28, 16, 204))
    assert all(below - above >= 27.8 for above, below in pairwise(placed))
    assert all(15.9 <= place <= 204.1 for place in placed)


def test_it_draws_days_from_left_to_right_and_sizes_upwards() -> None:
    series = Series("Whales", [(DAY, 0), (DAY + timedelta(days=30), 40)])
    wide = draw_lines([series], first=DAY, last=DAY + timedelta(days=30), width=WIDE)
    assert wide.lines[0].path == "M48 204 L550 16"
    assert [tick.value for tick in wide.rows] == [0, 10, 20, 30, 40]
    assert draw_lines([series], first=DAY, last=DAY + timedelta(days=30), width=SLIM).width == SLIM


@pytest.mark.parametrize("values", [[], [5]])
def test_one_size_makes_no_trend(values: list[int]) -> None:
    assert draw_spark(values) is None


@pytest.mark.parametrize(
    ("values", "falls"), [([5, 5, 5], False), ([0, 0], False), ([100, 69], True), ([10, 7], False)]
)
def test_it_marks_a_fall(values: list[int], falls: bool) -> None:
    spark = draw_spark(values)
    assert spark is not None
    assert spark.falls == falls


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (1000, "1k"), (1500, "1.5k"), (12_000, "12k"), (4_000_000, "4M")],
)
def test_it_shortens_numbers_of_an_axis(value: int, text: str) -> None:
    assert short_number(value) == text
