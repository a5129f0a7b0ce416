"""The users a definition chooses from."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from cohorts.sql.context import Context
from cohorts.sql.events import in_interval
from cohorts.sql.expressions import (
    Expr,
    aliased,
    all_of,
    any_of,
    column,
    compare,
    derived,
    is_id,
    select,
    table,
    text,
)
from cohorts.sql.filters import compile_user_filter
from cohorts.sql.key_bits import look_up_keys


def select_population(
    ctx: Context, predicates: Sequence[Expr], *columns: Expr, filtered: bool = True
) -> exp.Select:
    """From the population, narrowed by the global user filters; `u` names the row. Without being
    `filtered` it is everyone there is."""
    nodes = ctx.user_filters if filtered else ()
    filters = [compile_user_filter(node, ctx, "u") for node in nodes]
    if ctx.layout.users_are_complete:
        source: Expr = table(ctx.layout.users or "", "u")
        if not (_are_all_there(ctx) or any(_is_known(each, ctx) for each in predicates)):
            filters.insert(0, _existed(ctx))
    else:
        source = derived(_all_ids(ctx), "u")
    if ctx.only is not None:
        filters.insert(0, compare(column("u", ctx.layout.id), "=", text(ctx.only)))
    query = select(*(look_up_keys(each, ctx) for each in columns)).from_(source, copy=False)
    holds = [look_up_keys(each, ctx) for each in predicates]
    return query.where(all_of([*filters, *holds]), copy=False)


def _are_all_there(ctx: Context) -> bool:
    last = ctx.layout.last_event_at
    return last is not None and last < ctx.as_of


def _is_known(predicate: Expr, ctx: Context) -> bool:
    """Does the predicate hold only for users of whom something happened before `as_of`?"""
    match predicate:
        case exp.Paren():
            return _is_known(predicate.this, ctx)
        case exp.And():
            return _is_known(predicate.left, ctx) or _is_known(predicate.right, ctx)
        case exp.Or():
            return _is_known(predicate.left, ctx) and _is_known(predicate.right, ctx)
        case exp.In():
            return is_among_keys(predicate, ctx)
        case _:
            return False


def is_among_keys(predicate: exp.In, ctx: Context) -> bool:
    """Does it compare the user's key? All such queries look at events before `as_of`, or at
    cohorts of that time."""
    key = predicate.this
    return (
        isinstance(key, exp.Column)
        and key.name == ctx.layout.user_key != ctx.layout.id
        and key.table == "u"
        and predicate.args.get("query") is not None
    )


def _existed(ctx: Context) -> Expr:
    """In the users table, or with an event before `as_of`."""
    first_event = column("u", ctx.layout.first_event or "")
    has_event = compare(first_event, "<", ctx.dialect.timestamp(ctx.as_of))
    if ctx.layout.listed is None:
        return has_event
    return any_of([column("u", ctx.layout.listed), has_event])


def _all_ids(ctx: Context) -> exp.Union | exp.Select:
    """Every id of both tables once, under both names it is looked up by."""
    layout = ctx.layout
    ids = select(aliased(column("e", layout.event_key), layout.user_key))
    ids = ids.from_(table(layout.events, "e"), copy=False).where(
        all_of([*in_interval(ctx.all_history, ctx), is_id(ids.selects[0].this)]),
        copy=False,
    )
    if layout.users is None:
        return ids.distinct(copy=False)
    listed = select(aliased(column("p", layout.user_key), layout.user_key))
    listed = listed.from_(table(layout.users, "p"), copy=False)
    listed = listed.where(is_id(column("p", layout.user_key)), copy=False)
    return exp.Union(this=ids, expression=listed, distinct=True)
