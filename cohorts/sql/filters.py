"""Filters as predicates.

A positive operator may give NULL where a value is missing. A negative one is the complement
of its positive twin and therefore also true there; it is never NULL.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sqlglot import exp

from cohorts.definitions.catalog import Property, Scope
from cohorts.definitions.kinds import Kind, find_kind
from cohorts.definitions.moments import find_moment, first_instant_of, instant_after
from cohorts.definitions.nodes import AnyFilter, Filter, FilterNode, Moment, OtherProperty, Span
from cohorts.definitions.operators import OPERATORS
from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    Expr,
    all_of,
    any_of,
    certain,
    column,
    compare,
    is_filled,
    is_id,
    is_in,
    is_one_of,
    negated,
    number,
    select,
    table,
    text,
)
from cohorts.sql.windows import shift_back


def compile_event_filter(node: FilterNode, ctx: Context, alias: str) -> Expr:
    """A filter on a row of events; a user filter looks the row's user up."""
    match node:
        case AnyFilter(filters=filters):
            return any_of(compile_event_filter(child, ctx, alias) for child in filters)
        case Filter(scope="user"):
            return _complement(node, _look_user_up(node, ctx, alias))
        case Filter():
            return _complement(node, _compare_property(node, ctx, alias))
        case _:
            assert_never(node)


def compile_user_filter(node: FilterNode, ctx: Context, alias: str) -> Expr:
    """A filter on a row of the population; `alias` names it."""
    match node:
        case AnyFilter(filters=filters):
            return any_of(compile_user_filter(child, ctx, alias) for child in filters)
        case Filter() if ctx.layout.users_are_complete:
            return _complement(node, _compare_property(node, ctx, alias))
        case Filter():
            return _complement(node, _look_user_up(node, ctx, alias))
        case _:
            assert_never(node)


def read_property(scope: Scope, property_name: str, kind: Kind, ctx: Context, alias: str) -> Expr:
    """The value of a property as that kind; NULL where it cannot be read so."""
    found = ctx.catalog.find_property(scope, property_name)
    if found is None:
        raise LookupError(f"unknown {scope} property; check the definition before compiling")
    return _read(*found, kind, ctx, alias)


def show_property(scope: Scope, name: str, ctx: Context, alias: str) -> Expr:
    """The value as it stands, of JSON the leaf that the path leads to."""
    found = ctx.catalog.find_property(scope, name)
    if found is not None and not found[1]:
        return column(alias, found[0].column)
    leaf = read_property(scope, name, "string", ctx, alias)
    whole_value = read_property(scope, name, "json", ctx, alias)
    return exp.Coalesce(this=leaf, expressions=[whole_value])


def _complement(node: Filter, positive: Expr) -> Expr:
    return positive if OPERATORS[node.op].positive is None else negated(certain(positive))


def _look_user_up(node: Filter, ctx: Context, alias: str) -> Expr:
    key = ctx.layout.event_key if alias != "u" else ctx.layout.user_key
    if ctx.layout.users is None:
        raise LookupError("the dataset has no users table; check the definition first")
    users = select(column("p", ctx.layout.user_key)).from_(table(ctx.layout.users, "p"), copy=False)
    holds = [_compare_property(node, ctx, "p")]
    if not ctx.layout.users_are_complete:
        holds.append(is_id(column("p", ctx.layout.user_key)))
    return is_in(column(alias, key), users.where(all_of(holds), copy=False))


def _compare_property(node: Filter, ctx: Context, alias: str) -> Expr:
    """The positive form of the comparison."""
    operator = OPERATORS[node.op]
    op = operator.positive or operator.key
    kind = find_kind(node, ctx.catalog)
    if kind is None:
        raise LookupError("unreadable filter; check the definition before compiling")
    if kind == "json":
        return _compare_json(node, ctx, alias)
    left = read_property(node.scope, node.property, kind, ctx, alias)
    match kind:
        case "any":
            return left
        case "number":
            return _compare_number(node, op, left, ctx, alias)
        case "boolean":
            return compare(left, "=", _other_or(node, kind, ctx, alias, _boolean(node.value)))
        case "time":
            return _compare_time(node, op, left, ctx, alias)
        case "string":
            return _compare_text(node, op, left, ctx, alias)
        case _:
            assert_never(kind)


def _boolean(value: object) -> Expr:
    return exp.Boolean(this=value is True)


def _other_or(node: Filter, kind: Kind, ctx: Context, alias: str, literal: Expr) -> Expr:
    if isinstance(node.value, OtherProperty):
        return read_property(node.scope, node.value.name, kind, ctx, alias)
    return literal


def _compare_number(node: Filter, op: str, left: Expr, ctx: Context, alias: str) -> Expr:
    value = node.value
    if isinstance(value, OtherProperty):
        right = read_property(node.scope, value.name, "number", ctx, alias)
        return compare(left, op, right)
    if isinstance(value, tuple):
        options = [number(item) for item in value if not isinstance(item, str)]
        if op == "between":
            return exp.Between(this=left, low=options[0], high=options[1])
        return is_one_of(left, options)
    if isinstance(value, int | float):
        return compare(left, op, number(value))
    raise TypeError(f"{op} takes a number")


def _compare_text(node: Filter, op: str, left: Expr, ctx: Context, alias: str) -> Expr:
    dialect, value = ctx.dialect, node.value
    if op == "matches":
        return dialect.matches(left, str(value), ignore_case=node.ignore_case)

    def fold(side: Expr) -> Expr:
        # Both sides by the engine: engines and Python differ in a few letters.
        return dialect.lower(side) if node.ignore_case else side

    if isinstance(value, tuple):
        return is_one_of(fold(left), [fold(text(str(item))) for item in value])
    right = fold(_other_or(node, "string", ctx, alias, text(str(value))))
    match op:
        case "contains":
            return dialect.contains(fold(left), right)
        case "starts_with":
            return dialect.starts_with(fold(left), right)
        case "ends_with":
            return dialect.ends_with(fold(left), right)
        case _:
            return compare(fold(left), op, right)


def _compare_time(node: Filter, op: str, left: Expr, ctx: Context, alias: str) -> Expr:
    value = node.value
    match value:
        case OtherProperty():
            right = read_property(node.scope, value.name, "time", ctx, alias)
            return compare(left, "<" if op == "before" else ">", right)
        case Span(n=n, unit=unit):
            return _compare_recent(left, n, unit, ctx)
        case (low, high):
            return all_of([_not_before(left, low, ctx), _not_after(left.copy(), high, ctx)])
        case _ if op == "before":
            return _opposite(_not_before(left, value, ctx))
        case _:
            return _opposite(_not_after(left, value, ctx))


def _opposite(comparison: exp.Binary) -> exp.Binary:
    """`>=` for `<` and so on: unlike NOT it says what is meant."""
    opposite: dict[type[exp.Expr], type[exp.Binary]] = {
        exp.GTE: exp.LT,
        exp.LTE: exp.GT,
        exp.LT: exp.GTE,
        exp.GT: exp.LTE,
    }
    return opposite[type(comparison)](this=comparison.this, expression=comparison.expression)


def _compare_recent(left: Expr, n: int, unit: str, ctx: Context) -> Expr:
    start = shift_back(ctx.as_of, n, unit, ctx.zone)
    until = compare(left, "<", ctx.dialect.timestamp(ctx.as_of))
    if start is None:
        return until
    return all_of([compare(left.copy(), ">=", ctx.dialect.timestamp(start)), until])


def _not_before(left: Expr, value: object, ctx: Context) -> exp.Binary:
    start = first_instant_of(_get_moment(value), ctx.zone)
    return compare(left, ">=", ctx.dialect.timestamp(start))


def _not_after(left: Expr, value: object, ctx: Context) -> exp.Binary:
    moment = _get_moment(value)
    if isinstance(moment, datetime):
        return compare(left, "<=", ctx.dialect.timestamp(first_instant_of(moment, ctx.zone)))
    return compare(left, "<", ctx.dialect.timestamp(instant_after(moment, ctx.zone)))


def _get_moment(value: object) -> Moment:
    moment = find_moment(value)
    if moment is None:
        raise TypeError("not a date; check the definition before compiling")
    return moment


def _compare_json(node: Filter, ctx: Context, alias: str) -> Expr:
    """Two leaves of JSON are equal if they are of one type and equal as that."""
    if not isinstance(node.value, OtherProperty):
        raise TypeError("two properties are compared here")
    name = node.value.name
    left = ctx.catalog.find_property(node.scope, node.property)
    right = ctx.catalog.find_property(node.scope, name)
    if left is None or right is None:
        raise LookupError("unknown property; check the definition before compiling")
    dialect, alike = ctx.dialect, []
    for read in (dialect.json_string, dialect.json_number, dialect.json_boolean):
        sides = [read(column(alias, owner.column), path) for owner, path in (left, right)]
        if node.ignore_case and read == dialect.json_string:
            sides = [dialect.lower(side) for side in sides]
        alike.append(compare(sides[0], "=", sides[1]))
    return any_of(alike)


def _read(owner: Property, path: tuple[str, ...], kind: Kind, ctx: Context, alias: str) -> Expr:
    value, dialect = column(alias, owner.column), ctx.dialect
    if not path:
        return is_filled(value) if kind == "any" else value
    match kind:
        case "string":
            return dialect.json_text(value, path)
        case "number":
            return dialect.json_number(value, path)
        case "boolean":
            return dialect.json_boolean(value, path)
        case "time":
            return dialect.json_time(value, path)
        case "json":
            return dialect.json_value(value, path)
        case "any":
            return dialect.json_exists(value, path)
        case _:
            assert_never(kind)
