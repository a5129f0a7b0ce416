"""The chart of one cohort's size as numbers: a line with its area, imports, and what was computed
back. Pure; `components/size_chart.html` turns it into markup.

The axis begins near the smallest number, since here it is the change that is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kubit_app.charts import SLIM, Tick

HEIGHT = 240
LEFT, TOP, BOTTOM, RIGHT = 56, 12, 28, 12
STEPS = 4
TIP_WIDTH = 176


@dataclass(frozen=True)
class Dot:
    """A day that can be pointed at: its column from `start` over `span`, and where its note is."""

    point: Any
    x: float
    y: float
    start: float
    span: float
    tip_x: float
    tip_y: float
    # Since the point before; None for the first.
    change: int | None
    mark: Any = None


@dataclass(frozen=True)
class MarkDot:
    """`is_alone`: nothing was counted on its day."""

    mark: Any
    x: float
    y: float
    is_alone: bool


@dataclass(frozen=True)
class SizeDrawing:
    width: int
    height: int
    left: int
    right: int
    bottom: int
    rows: list[Tick]
    days: list[Tick]
    path: str
    area: str
    past_path: str
    dots: list[Dot]
    marks: list[MarkDot]


@dataclass(frozen=True)
class _Scale:
    first: date
    days: int
    low: int
    high: int
    width: int

    def x(self, day: date) -> float:
        along = (day - self.first).days / max(1, self.days)
        return round(LEFT + (self.width - LEFT - RIGHT) * along, 1)

    def y(self, size: float) -> float:
        part = (size - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * part, 1)


def draw_sizes(
    points: Sequence[Any],
    *,
    marks: Sequence[Any] = (),
    past: Sequence[tuple[date, int]] = (),
    first: date,
    last: date,
    width: int,
) -> SizeDrawing:
    """`points` have `day` and `size`, `marks` as well, whose size may be None."""
    past = [(day, size) for day, size in past if day >= first]
    sizes = [point.size for point in points] + [size for _, size in past]
    low, high, step = nice_range(sizes)
    scale = _Scale(first, (last - first).days, low, high, width)
    line = [(scale.x(point.day), scale.y(point.size)) for point in points]
    every = max(1, math.ceil(scale.days / (2 if width == SLIM else 5)))
    counted = {point.day for point in points}
    shown = [mark for mark in marks if first <= mark.day <= last]
    return SizeDrawing(
        width=width,
        height=HEIGHT,
        left=LEFT,
        right=width - RIGHT,
        bottom=HEIGHT - BOTTOM,
        rows=[Tick(scale.y(value), value) for value in range(low, high + 1, step)],
        days=[
            Tick(scale.x(first + timedelta(days=n)), first + timedelta(days=n))
            for n in range(0, scale.days + 1, every)
        ],
        path=_path(line),
        area=_area(line),
        past_path=_path([(scale.x(day), scale.y(size)) for day, size in past]),
        dots=list(_dots(points, line, {mark.day: mark for mark in shown}, width)),
        marks=[
            MarkDot(mark, scale.x(mark.day), scale.y(size), mark.day not in counted)
            for mark in shown
            if (size := _size_of(mark, points)) is not None
        ],
    )


def nice_range(sizes: Sequence[int]) -> tuple[int, int, int]:
    """Round numbers below and above all of them, and the step between lines."""
    low, high = min(sizes, default=0), max(sizes, default=0)
    step = nice_step(max(high - low, STEPS) / STEPS)
    bottom = low // step * step
    top = max(-(-high // step) * step, bottom + step)
    return bottom, top, step


def nice_step(wanted: float) -> int:
    """1, 2, 5, 10, 20, 50 …, the first that is not smaller."""
    scale = 1
    while True:
        for factor in (1, 2, 5):
            if factor * scale >= wanted:
                return factor * scale
        scale *= 10


def _dots(
    points: Sequence[Any],
    line: Sequence[tuple[float, float]],
    marks: Mapping[date, Any],
    width: int,
) -> Iterator[Dot]:
    """Each column reaches half the way to its neighbours."""
    before: int | None = None
    for number, (point, (x, y)) in enumerate(zip(points, line, strict=True)):
        start = (line[number - 1][0] + x) / 2 if number else x - 8
        end = (line[number + 1][0] + x) / 2 if number + 1 < len(line) else x + 8
        tip_x = min(max(LEFT, x - TIP_WIDTH - 12 if x > width / 2 else x + 12), width - TIP_WIDTH)
        tip_y = min(max(TOP, y - 40), HEIGHT - BOTTOM - 88)
        change = None if before is None else point.size - before
        yield Dot(
            point,
            x,
            y,
            round(start, 1),
            round(end - start, 1),
            round(tip_x, 1),
            round(tip_y, 1),
            change,
            marks.get(point.day),
        )
        before = point.size


def _size_of(mark: Any, points: Sequence[Any]) -> int | None:
    """Its own, else that of the day, else the last one known before it."""
    if mark.size is not None and any(point.day == mark.day for point in points):
        return int(next(point.size for point in points if point.day == mark.day))
    if mark.size is not None and points:
        return int(min(max(mark.size, min(p.size for p in points)), max(p.size for p in points)))
    known = [point.size for point in points if point.day <= mark.day]
    return int(known[-1]) if known else None


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if index else 'M'}{x:g} {y:g}" for index, (x, y) in enumerate(points))


def _area(points: Sequence[tuple[float, float]]) -> str:
    if len(points) < 2:
        return ""
    floor = HEIGHT - BOTTOM
    return f"M{points[0][0]:g} {floor} L{_path(points)[1:]} L{points[-1][0]:g} {floor}Z"
