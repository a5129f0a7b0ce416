"""Charts as numbers: what stands where in an SVG that the server draws. Pure.

Templates turn this into markup (`components/line_chart.html`, `components/sparkline.html`). A chart
is drawn once wide and once slim, so that its texts keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDE, SLIM = 720, 340
HEIGHT = 232
# Room for the numbers at the left, the days below and, if wide, the names at the right.
LEFT, TOP, BOTTOM = 48, 16, 28
RIGHT = {WIDE: 170, SLIM: 12}
LABEL_HEIGHT = 28
STEPS = 4


@dataclass(frozen=True)
class Series:
    """A line: its days in order, each with a number. `address` is what its name links to."""

    name: str
    points: Sequence[tuple[date, int]]
    address: str = ""

    @property
    def last(self) -> int:
        return self.points[-1][1]

    @property
    def first(self) -> int:
        return self.points[0][1]


@dataclass(frozen=True)
class Line:
    series: Series
    # 1 to 6, which colour; also the dash pattern, since colour alone must not tell them apart.
    number: int
    path: str
    end_x: float
    end_y: float
    label_y: float


@dataclass(frozen=True)
class Tick:
    at: float
    value: int | date


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    plot_end: float
    lines: list[Line]
    rows: list[Tick]
    days: list[Tick]


@dataclass(frozen=True)
class Spark:
    path: str
    x: float
    y: float
    falls: bool


def draw_lines(series: Sequence[Series], *, first: date, last: date, width: int) -> Drawing:
    """Lines over the days from `first` to `last`, from zero up to a round number."""
    top = nice_ceiling(max((value for each in series for _, value in each.points), default=0))
    end = width - RIGHT[width]
    span = max(1, (last - first).days)

    def x(day: date) -> float:
        return round(LEFT + (end - LEFT) * (day - first).days / span, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)

    ends = [y(each.last) for each in series]
    labels = spread(ends, LABEL_HEIGHT, TOP, HEIGHT - BOTTOM)
    lines = [
        Line(
            each,
            number,
            _path([(x(day), y(value)) for day, value in each.points]),
            x(each.points[-1][0]),
            y(each.last),
            label,
        )
        for number, (each, label) in enumerate(zip(series, labels, strict=True), start=1)
    ]
    rows = [Tick(y(top * step / STEPS), top * step // STEPS) for step in range(STEPS + 1)]
    every = max(1, round(span / (4 if width == WIDE else 3)))
    days = [
        Tick(x(first + timedelta(days=step)), first + timedelta(days=step))
        for step in range(0, span + 1, every)
    ]
    return Drawing(width, HEIGHT, end, lines, rows, days)


def nice_ceiling(value: int) -> int:
    """The next round number that four steps divide: 4, 8, 12, 20, 40, 60, 80, 100, 120, 160 …"""
    for small in (4, 8, 12, 20):
        if value <= small:
            return small
    scale = 10
    while True:
        for factor in (4, 6, 8, 10, 12, 16, 20, 24, 32):
            if value <= factor * scale:
                return factor * scale
        scale *= 10


def spread(wanted: Sequence[float], height: float, top: float, bottom: float) -> list[float]:
    """Places near the wanted ones, none closer than `height` to the next, in their order."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = list(wanted)
    floor = top
    for index in order:
        placed[index] = floor = max(wanted[index], floor)
        floor += height
    ceiling = bottom
    for index in reversed(order):
        placed[index] = ceiling = min(placed[index], ceiling)
        ceiling -= height
    return [round(value, 1) for value in placed]


def draw_spark(values: Sequence[int], *, width: int = 42, height: int = 20) -> Spark | None:
    """A trend without numbers; None for fewer than two of them."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = [
        (
            round(1 + (width - 4) * index / (len(values) - 1), 1),
            round(height - 3 - (height - 6) * (value - low) / span, 1)
            if high > low
            else height / 2,
        )
        for index, value in enumerate(values)
    ]
    # A fall that a person should look at, not the noise of a day.
    falls = values[-1] < 0.7 * values[-2]
    return Spark(_path(points), *points[-1], falls)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if index else 'M'}{x:g} {y:g}" for index, (x, y) in enumerate(points))
