"""Sets of users' keys with a bit for each user, for engines that have them.

Of many keys, many of them several times, it costs far less to set a bit each than to find them in a
hash table.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from cohorts.sql.context import Context
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    call,
    certain,
    column,
    compare,
    derived,
    select,
    whole,
)

# DuckDB copies the bits for every 2,048 users that are looked up.
_MOST_LOOKED_UP = 10_000_000
_BITS, _KEY = "bits", "k"


def has_bits(ctx: Context) -> bool:
    return 0 < (ctx.layout.user_count or 0) <= ctx.dialect.most_bits


def count_keys(present: Sequence[exp.Select], absent: Sequence[exp.Select], ctx: Context) -> Expr:
    """The number of keys that each of the `present` queries gives and none of the `absent` ones.
    Takes the queries apart."""
    bits = _select_bits(present, absent, ctx)
    return exp.Coalesce(this=call("bit_count", bits), expressions=[whole(0)])


def look_up_keys(value: Expr, ctx: Context) -> Expr:
    """The same about the user in row `u`, by a bit where it is asked whether they are among those
    with events of any name: those are mostly many rows of few users."""
    if ctx.only is not None or not has_bits(ctx) or (ctx.layout.user_count or 0) > _MOST_LOOKED_UP:
        return value
    return value.transform(_look_up, ctx, copy=False)


def _look_up(node: Expr, ctx: Context) -> Expr:
    key = column("u", ctx.layout.user_key)
    query = node.args.get("query") if isinstance(node, exp.In) and node.this == key else None
    keys = query.this if query is not None else None
    if not isinstance(keys, exp.Select) or keys.args.get("group") is not None:
        return node
    names_events = any(each.name == ctx.layout.event for each in keys.find_all(exp.Column))
    if names_events or not any(t.name == ctx.layout.events for t in keys.find_all(exp.Table)):
        return node
    bit = call("get_bit", _select_bits([keys], [], ctx), key)
    return certain(compare(bit, "=", whole(1)))


def _select_bits(
    present: Sequence[exp.Select], absent: Sequence[exp.Select], ctx: Context
) -> exp.Subquery:
    """NULL where there is nobody."""
    inside: list[exp.Select] = []
    outside = list(absent)
    for keys in present:
        _take_apart(keys, inside, outside)
    sources = [_collect([keys], f"s{number}", ctx) for number, keys in enumerate(inside)]
    bits = _and([column(source.alias, _BITS) for source in sources])
    if outside:
        sources.append(_collect(outside, "others", ctx))
        rest = exp.BitwiseNot(this=column("others", _BITS))
        # Without any others there are no bits of theirs either.
        bits = exp.Coalesce(this=_and([bits, rest]), expressions=[bits.copy()])
    query = select(bits).from_(sources[0], copy=False)
    for source in sources[1:]:
        query = query.join(exp.Join(this=source, kind="CROSS"), copy=False)
    return exp.Subquery(this=query)


def _take_apart(keys: exp.Select, inside: list[exp.Select], outside: list[exp.Select]) -> None:
    """A condition on the key alone is a set of its own: who of a query's keys is in another's?"""
    inside.append(keys)
    where = keys.args.get("where")
    if where is None or keys.args.get("group") is not None:
        return
    rest = []
    is_all = isinstance(where.this, exp.And)
    for predicate in list(where.this.flatten()) if is_all else [where.this]:
        is_not = isinstance(predicate, exp.Not)
        others = _others(predicate.this.unnest() if is_not else predicate, keys)
        if others is None:
            rest.append(predicate)
        elif is_not:
            outside.append(others)
        else:
            _take_apart(others, inside, outside)
    keys.set("where", exp.Where(this=all_of(rest)) if rest else None)


def _others(predicate: Expr, keys: exp.Select) -> exp.Select | None:
    """The query among whose keys those of this one are to be."""
    if not isinstance(predicate, exp.In) or predicate.this != keys.selects[0].unalias():
        return None
    query = predicate.args.get("query")
    return query.this if query is not None and isinstance(query.this, exp.Select) else None


def _collect(queries: Sequence[exp.Select], alias: str, ctx: Context) -> exp.Subquery:
    """The keys that any of the queries gives."""
    for query in queries:
        query.set("expressions", [aliased(query.selects[0].unalias(), _KEY)])
    first, *more = queries
    keys: exp.Query = first
    for query in more:
        keys = exp.Union(this=keys, expression=query, distinct=False)
    last = whole((ctx.layout.user_count or 0) - 1)
    bits = call("bitstring_agg", column("k", _KEY), whole(0), last)
    return derived(select(aliased(bits, _BITS)).from_(derived(keys, "k"), copy=False), alias)


def _and(bits: Sequence[Expr]) -> Expr:
    first, *more = bits
    for each in more:
        first = exp.BitwiseAnd(this=first, expression=each)
    return first
