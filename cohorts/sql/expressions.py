"""Short names for the SQLGlot nodes the compiler builds from. No text ever becomes SQL here:
names are quoted identifiers, values are literals that SQLGlot escapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from sqlglot import exp

from cohorts.definitions.nodes import Comparison, Number

Expr = exp.Expr


def name(text: str) -> exp.Identifier:
    return exp.Identifier(this=text, quoted=True)


def column(alias: str, text: str) -> exp.Column:
    return exp.Column(this=name(text), table=name(alias))


def table(text: str, alias: str) -> exp.Table:
    parts = [name(part) for part in text.split(".")]
    database = parts[-2] if len(parts) > 1 else None
    return exp.Table(this=parts[-1], db=database, alias=exp.TableAlias(this=name(alias)))


def aliased(value: Expr, text: str) -> exp.Alias:
    return exp.Alias(this=value, alias=name(text))


def select(*columns: Expr) -> exp.Select:
    return exp.Select(expressions=list(columns))


def derived(query: exp.Query, alias: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=name(alias)))


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def whole(value: int) -> Expr:
    literal = exp.Literal.number(abs(value))
    return exp.Neg(this=literal) if value < 0 else literal


def call(function: str, *arguments: Expr) -> exp.Anonymous:
    return exp.Anonymous(this=function, expressions=list(arguments))


def true() -> exp.Boolean:
    return exp.Boolean(this=True)


def false() -> exp.Boolean:
    return exp.Boolean(this=False)


def all_of(predicates: Iterable[Expr]) -> Expr:
    needed = [predicate for predicate in predicates if predicate != true()]
    return _join(exp.And, needed, true())


def any_of(predicates: Iterable[Expr]) -> Expr:
    return _join(exp.Or, list(predicates), false())


def _join(connector: type[exp.Connector], predicates: Sequence[Expr], empty: Expr) -> Expr:
    if not predicates:
        return empty
    wrapped = [
        exp.Paren(this=predicate)
        if isinstance(predicate, exp.Connector) and not isinstance(predicate, connector)
        else predicate
        for predicate in predicates
    ]
    return reduce(lambda left, right: connector(this=left, expression=right), wrapped)


def negated(predicate: Expr) -> Expr:
    """NOT of a predicate that is never NULL."""
    return exp.Not(this=exp.Paren(this=predicate))


def certain(predicate: Expr) -> Expr:
    """The predicate with NULL read as false."""
    return exp.Coalesce(this=predicate, expressions=[false()])


def is_in(value: Expr, query: exp.Select) -> exp.In:
    return exp.In(this=value, query=exp.Subquery(this=query))


def is_filled(value: Expr) -> exp.Is:
    """IS NOT NULL: DuckDB looks at NOT … IS NULL only after it has read the row."""
    return exp.Is(this=value, expression=exp.Not(this=exp.Null()))


def is_one_of(value: Expr, options: Sequence[Expr]) -> exp.In:
    return exp.In(this=value, expressions=list(options))


def is_id(key: Expr) -> Expr:
    """Neither NULL nor empty: a comparison with NULL is not true either."""
    return exp.NEQ(this=as_text(key.copy()), expression=text(""))


def as_text(value: Expr) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build("TEXT"))


def when(predicate: Expr, value: Expr, otherwise: Expr | None = None) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=predicate, true=value)], default=otherwise)


def count_rows() -> exp.Count:
    return exp.Count(this=exp.Star())


_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    ">": exp.GT,
    ">=": exp.GTE,
    "<": exp.LT,
    "<=": exp.LTE,
}


def compare(left: Expr, op: str, right: Expr) -> exp.Binary:
    return _COMPARISONS[op](this=left, expression=right)


def number(value: Number) -> Expr:
    """An exact whole number, or a double spelled so that every engine reads it as one."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and abs(value) < 10**37:
        return whole(value)
    # Without the exponent an engine reads a decimal, which does not compare as the double does.
    spelled = repr(float(abs(value)))
    literal = exp.Literal.number(spelled if "e" in spelled else f"{spelled}e0")
    return exp.Neg(this=literal) if value < 0 else literal


def satisfies(measured: Expr, comparison: Comparison) -> Expr:
    """Does a measured number, never NULL, satisfy the comparison?"""
    if isinstance(comparison.value, tuple):
        low, high = comparison.value
        return exp.Between(this=measured, low=number(low), high=number(high))
    return compare(measured, comparison.op, number(comparison.value))


def is_satisfied_by(value: Number, comparison: Comparison) -> bool:
    """The same for a value known beforehand."""
    if isinstance(comparison.value, tuple):
        return comparison.value[0] <= value <= comparison.value[1]
    match comparison.op:
        case "=":
            return value == comparison.value
        case "!=":
            return value != comparison.value
        case ">":
            return value > comparison.value
        case ">=":
            return value >= comparison.value
        case "<":
            return value < comparison.value
        case "<=":
            return value <= comparison.value
        case _:
            raise AssertionError(comparison.op)
