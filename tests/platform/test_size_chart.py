"""The chart of sizes as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubit_app.charts import SLIM, WIDE
from kubit_app.size_chart import TIP_WIDTH, draw_sizes, nice_range, nice_step

TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class At:
    day: date
    size: int | None


@pytest.mark.parametrize(
    ("wanted", "step"), [(0.2, 1), (1, 1), (1.5, 2), (3, 5), (7, 10), (480, 500), (501, 1000)]
)
def test_steps_are_round(wanted: float, step: int) -> None:
    assert nice_step(wanted) == step


def test_the_axis_begins_near_the_smallest() -> None:
    assert nice_range([10_610, 12_431]) == (10_500, 12_500, 500)
    assert nice_range([5]) == (5, 6, 1)
    assert nice_range([]) == (0, 1, 1)


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=90), st.sampled_from([WIDE, SLIM]))
def test_everything_stays_inside(sizes: list[int], width: int) -> None:
    points = [At(TODAY - timedelta(days=89 - n), size) for n, size in enumerate(sizes)]
    past = [(TODAY - timedelta(days=1), sizes[0] * 2)]
    marks = [At(points[0].day, None), At(TODAY, 10**12), At(TODAY - timedelta(days=400), 1)]
    drawing = draw_sizes(
        points, marks=marks, past=past, first=TODAY - timedelta(days=89), last=TODAY, width=width
    )
    assert len(drawing.rows) <= 7
    assert len(drawing.marks) == 2
    for dot in [*drawing.dots, *drawing.marks]:
        assert drawing.left <= dot.x <= drawing.right
        assert 0 <= dot.y <= drawing.bottom
    assert all(0 <= dot.tip_x <= width - TIP_WIDTH for dot in drawing.dots)
    assert drawing.dots[0].change is None


def test_a_chart_without_points_is_empty() -> None:
    drawing = draw_sizes([], first=TODAY - timedelta(days=6), last=TODAY, width=WIDE)
    assert (drawing.path, drawing.area, drawing.dots) == ("", "", [])
