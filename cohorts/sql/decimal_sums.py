"""Sums of doubles that come out as sums of decimals do, for engines that add decimals exactly."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from cohorts.sql.expressions import Expr, call, compare, number, when, whole

_DIGITS = 15
# As decimals with 14 places each of so many rows may be as large as this.
_LARGEST = 9e14


def sum_as_decimals(value: Expr, decimal: exp.DataType, log10: Callable[[Expr], Expr]) -> exp.Case:
    """Rounded to the 15 digits that a double holds of the largest part. Doubles are added one
    by one, so that their errors add up; decimals with 14 places are not. What is too large or
    too small for those is added as doubles."""
    double = exp.Cast(this=value, to=exp.DataType.build("DOUBLE"))
    total = exp.Sum(this=double)
    size = exp.Sum(this=exp.Abs(this=double.copy()))
    is_small = compare(exp.Abs(this=double.copy()), "<=", number(_LARGEST))
    exact = exp.Sum(this=exp.Cast(this=when(is_small, double.copy()), to=decimal))
    magnitude = exp.Cast(this=call("floor", log10(size.copy())), to=exp.DataType.build("INT"))
    places = exp.Sub(this=whole(_DIGITS - 1), expression=magnitude)
    as_double = exp.Cast(this=call("round", exact, places), to=exp.DataType.build("DOUBLE"))
    rounded = call("round", total.copy(), places.copy())
    return exp.Case(
        ifs=[
            exp.If(this=_between(size, 1, _LARGEST), true=as_double),
            exp.If(this=_between(size, 1e-20, 1), true=rounded),
        ],
        default=total,
    )


def _between(size: Expr, low: float, high: float) -> Expr:
    return exp.Between(this=size.copy(), low=number(low), high=number(high))
