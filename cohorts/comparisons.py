"""What a condition compares with, as plain values."""

from __future__ import annotations

from typing import Any, assert_never

from cohorts.definitions.nodes import (
    AnyFilter,
    Comparison,
    FilterNode,
    FirstTime,
    Funnel,
    HasProperty,
    InCohort,
    InList,
    LastTime,
    Leaf,
    Lifecycle,
    Measure,
    OtherProperty,
    Performed,
    Ratio,
    Retention,
    Span,
)


def compare_with(leaf: Leaf) -> dict[str, Any]:
    match leaf:
        case Performed():
            return _comparison(leaf.times)
        case Measure():
            return _comparison(leaf.comparison) | {"function": leaf.measurement.function}
        case Ratio():
            return _comparison(leaf.comparison)
        case Funnel():
            return _funnel(leaf)
        case Retention():
            bounds = {"first": leaf.outcome.first, "last": leaf.outcome.last}
            known = {name: n for name, n in bounds.items() if n is not None}
            return {"outcome": leaf.outcome.kind, "unit": leaf.unit} | known
        case Lifecycle():
            return {"state": leaf.state, "period": _span(leaf.period)}
        case HasProperty():
            return _filter(leaf.filter)
        case InCohort():
            return {"cohort": leaf.cohort}
        case InList():
            return {"users": leaf.size}
        case FirstTime() | LastTime():
            return {}
        case _:
            assert_never(leaf)


def _funnel(leaf: Funnel) -> dict[str, Any]:
    within = {} if leaf.within is None else {"within": _span(leaf.within)}
    return {
        "outcome": leaf.outcome.kind,
        "step": leaf.outcome.step,
        "steps": len(leaf.steps),
        "order": leaf.order,
    } | within


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {"op": comparison.op, "value": _plain(comparison.value)}


def _filter(node: FilterNode) -> dict[str, Any]:
    if isinstance(node, AnyFilter):
        return {"any": [_filter(each) for each in node.filters]}
    value = {} if node.value is None else {"value": _plain(node.value)}
    fold = {"ignore_case": True} if node.ignore_case else {}
    return {"property": node.property, "op": node.op} | value | fold


def _plain(value: Any) -> Any:
    match value:
        case Span():
            return _span(value)
        case OtherProperty():
            return {"property": value.name}
        case tuple():
            return list(value)
        case _:
            return value


def _span(span: Span) -> dict[str, Any]:
    return {"n": span.n, "unit": span.unit}
