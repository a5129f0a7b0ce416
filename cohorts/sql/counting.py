"""How many members: told from the keys alone where nothing else of the users is asked for."""

from __future__ import annotations

from sqlglot import exp

from cohorts.definitions.nodes import Definition
from cohorts.sql.compilation import select_members
from cohorts.sql.conditions import compile_condition
from cohorts.sql.context import Context
from cohorts.sql.expressions import Expr, aliased, all_of, count_rows, derived, select
from cohorts.sql.key_bits import count_keys, has_bits
from cohorts.sql.population import is_among_keys, select_population

_COUNT = "n"


def select_count(definition: Definition, ctx: Context) -> exp.Select:
    return _count_keys(definition, ctx) or select_members(
        definition, ctx, aliased(count_rows(), _COUNT)
    )


def _count_keys(definition: Definition, ctx: Context) -> exp.Select | None:
    """None where the conditions are not all about keys, or the engine would not gain from it."""
    if not (ctx.dialect.hashes_joins and ctx.layout.users_are_complete):
        return None
    is_all = definition.match == "all" or len(definition.conditions) == 1
    if ctx.user_filters or ctx.only is not None or not is_all:
        return None
    predicates = [compile_condition(condition, ctx) for condition in definition.conditions]
    among = [each for each in predicates if _keys(each, ctx) is not None]
    outside = [each for each in predicates if _keys(_without_not(each), ctx) is not None]
    if len(among) + len(outside) < len(predicates) or not (among or len(outside) == 1):
        return None
    counted = among or [_without_not(outside[0])]
    if has_bits(ctx) and not any(_is_grouped(_keys(each, ctx)) for each in counted):
        return _count_bits(among, outside, ctx)
    return _count_among(among, outside, ctx) if among else _count_outside(outside[0], ctx)


def _count_bits(among: list[Expr], outside: list[Expr], ctx: Context) -> exp.Select:
    """Where no keys come grouped anyway: grouping them costs most."""
    inside = [_get_keys(each, ctx) for each in among]
    others = [_get_keys(_without_not(each), ctx) for each in outside]
    if inside:
        return select(aliased(count_keys(inside, others, ctx), _COUNT))
    everyone = exp.Subquery(this=select_population(ctx, [], count_rows()))
    left = exp.Sub(this=everyone, expression=count_keys(others, [], ctx))
    return select(aliased(left, _COUNT))


def _count_among(among: list[Expr], outside: list[Expr], ctx: Context) -> exp.Select:
    """From the keys that come grouped, if any do, and who of them satisfies the rest."""
    first = next((each for each in among if _is_grouped(_keys(each, ctx))), among[0])
    rest = [each for each in among if each is not first] + outside
    query = select(aliased(count_rows(), _COUNT)).from_(_distinct(first, ctx), copy=False)
    return query.where(all_of(rest), copy=False) if rest else query


def _count_outside(predicate: Expr, ctx: Context) -> exp.Select:
    """Everyone but those: all keys are of the population."""
    everyone = select_population(ctx, [], count_rows())
    others = select(count_rows()).from_(_distinct(_without_not(predicate), ctx), copy=False)
    left = exp.Sub(this=exp.Subquery(this=everyone), expression=exp.Subquery(this=others))
    return select(aliased(left, _COUNT))


def _keys(predicate: Expr, ctx: Context) -> exp.Select | None:
    if isinstance(predicate, exp.In) and is_among_keys(predicate, ctx):
        keys = predicate.args["query"].this
        return keys if isinstance(keys, exp.Select) else None
    return None


def _get_keys(predicate: Expr, ctx: Context) -> exp.Select:
    keys = _keys(predicate, ctx)
    if keys is None:
        raise TypeError("not about keys")
    return keys


def _without_not(predicate: Expr) -> Expr:
    inner = predicate.this if isinstance(predicate, exp.Not) else None
    return inner.unnest() if isinstance(inner, exp.Paren) else exp.Null()


def _is_grouped(keys: exp.Select | None) -> bool:
    """By the key alone: then each stands there once."""
    group = keys.args.get("group") if keys is not None else None
    return group is not None and len(group.expressions) == 1


def _distinct(predicate: Expr, ctx: Context) -> exp.Subquery:
    keys = _get_keys(predicate, ctx)
    named = aliased(keys.selects[0].unalias(), ctx.layout.user_key)
    keys.set("expressions", [named])
    return derived(keys if _is_grouped(keys) else keys.distinct(copy=False), "u")
