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


def select_population(
    ctx: Context, predicates: Sequence[Expr], *columns: Expr, filtered: bool = True
) -> exp.Select:
    """From the population, narrowed by the global user filters; `u` names the row. Without being
    `filtered` it is everyone there is."""
    nodes = ctx.user_filters if filtered else ()
    filters = [compile_user_filter(node, ctx, "u") for node in nodes]
    if ctx.layout.users_are_complete:
        source: Expr = table(ctx.layout.users or "", "u")
        filters.insert(0, _existed(ctx))
    else:
        source = derived(_all_ids(ctx), "u")
    if ctx.only is not None:
        filters.insert(0, compare(column("u", ctx.layout.id), "=", text(ctx.only)))
    query = select(*columns).from_(source, copy=False)
    return query.where(all_of([*filters, *predicates]), copy=False)


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
