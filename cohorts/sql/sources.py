"""Tables of a warehouse, read as the tables that the compiler selects from."""

from __future__ import annotations

from sqlglot import exp

from cohorts.sql.dialect import Dialect
from cohorts.sql.expressions import Expr, aliased, column, compare, derived, name, select, whole
from cohorts.sql.layout import STORED_TIME, Layout, Source

_PLACE = "_place"


def with_sources(query: exp.Select, layout: Layout, dialect: Dialect) -> exp.Select:
    """The query, preceded by a named query for each source that reads the columns it needs."""
    used = {each.name for each in query.find_all(exp.Column)}
    named = [
        exp.CTE(
            this=_read(source, layout, dialect, used),
            alias=exp.TableAlias(this=name(table)),
            materialized=dialect.materialized,
        )
        for table, source in layout.sources.items()
        if any(each.name == table and not each.db for each in query.find_all(exp.Table))
    ]
    if named:
        query.set("with_", exp.With(expressions=[*named, *query.ctes]))
    return query


def _read(source: Source, layout: Layout, dialect: Dialect, used: set[str]) -> exp.Select:
    aliases = [alias for alias in source.columns if alias in used or alias == layout.id]
    columns = [aliased(_value(source, alias, dialect), alias) for alias in aliases]
    query = select(*columns).from_(_table(source), copy=False)
    if layout.time in source.columns:
        stored = source.columns[layout.time]
        return query.where(dialect.has_time(column("t", stored.name), stored.kind), copy=False)
    return _first_of_each(query, aliases, source, layout, dialect) if source.first_by else query


def _first_of_each(
    query: exp.Select, aliases: list[str], source: Source, layout: Layout, dialect: Dialect
) -> exp.Select:
    """Of several rows of one id the first."""
    order = [exp.Ordered(this=column("t", each)) for each in source.first_by]
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[_value(source, layout.id, dialect)],
        order=exp.Order(expressions=order),
    )
    numbered = derived(query.select(aliased(place, _PLACE), copy=False), "n")
    first = select(*(aliased(column("n", alias), alias) for alias in aliases))
    holds = compare(column("n", _PLACE), "=", whole(1))
    return first.from_(numbered, copy=False).where(holds, copy=False)


def _value(source: Source, alias: str, dialect: Dialect) -> Expr:
    stored = source.columns[alias]
    value = column("t", stored.name)
    return value if alias == STORED_TIME else dialect.read(value, stored.kind)


def _table(source: Source) -> exp.Table:
    """All parts are names of their own: a name may hold a dot."""
    catalog, schema, table = [None, None, *source.table][-3:]
    return exp.Table(
        this=name(table or ""),
        db=name(schema) if schema else None,
        catalog=name(catalog) if catalog else None,
        alias=exp.TableAlias(this=name("t")),
    )
