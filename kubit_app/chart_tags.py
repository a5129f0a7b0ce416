"""Template tags for charts, registered as builtins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.utils.translation import get_language

from cohorts.dates import tell_day, tell_month_day
from kubit_app.charts import SLIM, WIDE, Series, draw_lines, draw_spark
from kubit_app.size_chart import draw_sizes

register = template.Library()
MINUS = "\N{MINUS SIGN}"
_SIZES = {
    "en": ((1_000_000, "M"), (1_000, "k")),
    "ja": ((100_000_000, "億"), (10_000, "万")),
}


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[int]) -> dict[str, Any]:
    return {
        "values": values,
        "last": values[-1] if values else None,
        "spark": draw_spark(values),
    }


@register.inclusion_tag("components/line_chart.html")
def line_chart(title: str, lines: Sequence[Any], first: date, last: date) -> dict[str, Any]:
    """`lines`: things with `name`, `address` and `points`, days with numbers in their order."""
    series = [Series(line.name, line.points, line.address) for line in lines]
    by_day = [dict(each.points) for each in series]
    days = sorted({day for each in by_day for day in each}, reverse=True)
    return {
        "title": title,
        "drawings": [
            draw_lines(series, first=first, last=last, width=width) for width in (WIDE, SLIM)
        ],
        "table": [(day, [each.get(day) for each in by_day]) for day in days],
    }


@register.filter
def add_number(value: float, added: float) -> float:
    return round(value + float(added), 1)


@register.filter
def short_number(value: int) -> str:
    """`950`, `12k`, `1.5M`, in Japanese `1.2万`: for axes; the exact number stands elsewhere."""
    for size, letter in _SIZES.get(get_language() or "en", _SIZES["en"]):
        if value >= size:
            return f"{value / size:.2f}".rstrip("0").rstrip(".") + letter
    return f"{value:,}"


@register.filter
def month_day(value: date) -> str:
    return tell_month_day(value)


@register.filter
def numeric_day(value: date) -> str:
    return tell_day(value)


@register.inclusion_tag("components/size_chart.html")
def size_chart(
    points: Sequence[Any], marks: Sequence[Any], past: Any, first: date, last: date
) -> dict[str, Any]:
    """`past` has `points`, days with numbers, or is blank."""
    given = past.points if past else []
    drawings = [
        draw_sizes(points, marks=marks, past=given, first=first, last=last, width=width)
        for width in (WIDE, SLIM)
    ]
    return {"drawings": drawings, "points": points, "past": given}


@register.filter
def share_of(part: int | None, whole: int | None) -> float:
    """In per cent, for the width of a bar; 0 when there is nothing to compare."""
    return round(100 * part / whole, 2) if part and whole else 0.0


@register.filter
def signed(value: float) -> str:
    """`+1,234`, or with a real minus sign."""
    if not value:
        return "±0"
    return f"{'+' if value > 0 else MINUS}{abs(value):,}"


@register.filter
def signed_percent(value: float) -> str:
    rounded = round(value, 1)
    if not rounded:
        return "±0.0%"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):,.1f}%"
