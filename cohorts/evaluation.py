"""Who is in a cohort: from a definition as JSON to counts, samples and streams of ids.

`prepare` does all that can fail because of the definition; what follows can fail only in the
engine (`WarehouseError`). `on_connection` hands out the open warehouse, so that a caller can
`interrupt()` the query from another thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _
from sqlglot import exp

from cohorts.definitions.catalog import Catalog
from cohorts.definitions.check import Reference, check_definition
from cohorts.definitions.describe import describe
from cohorts.definitions.nodes import Definition, InCohort
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError, Problem, quote
from cohorts.definitions.references import sort_references
from cohorts.definitions.walk import walk_leaves
from cohorts.models import Dataset
from cohorts.references import find_references
from cohorts.sql.compile import (
    compile_condition_counts,
    compile_count,
    compile_member_values,
    compile_members,
    compile_ordered_members,
    compile_sample,
    to_sql,
)
from cohorts.sql.dialect import Unwritable
from cohorts.sql.dialects import DIALECTS
from cohorts.sql.portable import portable_layout
from cohorts.stored_lists import find_lists
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.sizes import bytes_of
from cohorts.warehouses import OnConnection, layout_of, open_warehouse

# Bytes that the embedded engine is given to sort ids in: with ten million the process needs 600 MB
# in all instead of 900, and some seconds more.
FRUGAL = 384_000_000


@dataclass(frozen=True)
class Prepared:
    """A definition that fits its dataset, with everything it refers to."""

    dataset: Dataset
    definition: Definition
    catalog: Catalog
    references: Mapping[str, Reference]
    warnings: tuple[Problem, ...]
    # Files of the stored lists that it names, also by way of others.
    lists: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """The first column holds ids, the next what the conditions measured, by path, and the last
    the user properties asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


def prepare(dataset: Dataset, data: object, *, exclude_slug: str | None = None) -> Prepared:
    """Raises DefinitionError with every problem. `exclude_slug` names the saved cohort that
    this definition is for: referring to it, even by way of others, is a cycle."""
    definition = parse_definition(data)
    catalog = Catalog.from_json(dataset.catalog)
    found = find_references(dataset, definition, exclude_slug=exclude_slug)
    lists, missing = find_lists(dataset, definition, found.references)
    if found.problems or missing:
        raise DefinitionError([*found.problems, *missing])
    checked = check_definition(
        definition, catalog=catalog, cohorts=found.references, slug=exclude_slug
    )
    errors = checked.errors or tuple(_misfits(definition, catalog, found.references))
    if errors:
        raise DefinitionError(errors)
    return Prepared(dataset, definition, catalog, found.references, checked.warnings, lists)


def count_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> int:
    with opened(prepared, time_limit, on_connection) as warehouse:
        return count_on(warehouse, prepared, as_of=as_of)


def count_on(warehouse: Warehouse, prepared: Prepared, *, as_of: datetime) -> int:
    """For who counts at several instants and opens the warehouse once."""
    sql = _print(compile_count(prepared.definition, **compiling(prepared, as_of)), prepared)
    ((count,),) = warehouse.rows(sql)
    return int(count)


def stream_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Iterator[pa.RecordBatch]:
    """Batches with one text column `id`, sorted by code point, each id once."""
    query = compile_ordered_members(prepared.definition, **compiling(prepared, as_of))
    return _stream(prepared, _print(query, prepared), time_limit, on_connection)


def stream_member_values(
    prepared: Prepared, *, as_of: datetime, name: str
) -> Iterator[pa.RecordBatch]:
    """Batches with the columns `id` and `value`, a property of the members who are users."""
    query = compile_member_values(
        prepared.definition, property_name=name, **compiling(prepared, as_of)
    )
    return _stream(prepared, _print(query, prepared))


def _stream(
    prepared: Prepared,
    sql: str,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Iterator[pa.RecordBatch]:
    """The embedded engine is first given little memory, where it writes what it sorts to disk, and
    as much as a query may use only if it cannot do with that."""
    if not prepared.dataset.is_external and bytes_of(settings.QUERY_MEMORY_LIMIT) > FRUGAL:
        batches = _batches(prepared, sql, time_limit, on_connection, memory_limit=f"{FRUGAL}B")
        try:
            first = next(batches, None)
        except WarehouseError as error:
            if error.kind != "memory":
                raise
        else:
            if first is not None:
                yield first
                yield from batches
            return
    yield from _batches(prepared, sql, time_limit, on_connection)


def _batches(
    prepared: Prepared,
    sql: str,
    time_limit: float | None,
    on_connection: OnConnection | None,
    memory_limit: str | None = None,
) -> Iterator[pa.RecordBatch]:
    with opened(prepared, time_limit, on_connection, memory_limit) as warehouse:
        yield from warehouse.batches(sql)


def count_conditions(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> dict[str, int]:
    """How many match each condition and group, by JSON path; the cohort itself is at ""."""
    given = compiling(prepared, as_of)
    conditions = compile_condition_counts(prepared.definition, **given)
    total = _print(compile_count(prepared.definition, **given), prepared)
    with opened(prepared, time_limit, on_connection) as warehouse:
        (row,) = warehouse.rows(_print(conditions, prepared))
        ((count,),) = warehouse.rows(total)
    counts = {name: int(value) for name, value in zip(_names(conditions), row, strict=True)}
    return counts | {"": int(count)}


def sample_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    limit: int = 100,
    properties: Sequence[str] = (),
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Sample:
    """`properties`: names of user properties of the catalog."""
    given = compiling(prepared, as_of)
    sample = compile_sample(prepared.definition, limit=limit, properties=properties, **given)
    total = _print(compile_count(prepared.definition, **given), prepared)
    with opened(prepared, time_limit, on_connection) as warehouse:
        rows = warehouse.rows(_print(sample, prepared))
        ((count,),) = warehouse.rows(total)
    return Sample(_names(sample), tuple(rows), int(count))


def compiled_sql(prepared: Prepared, *, as_of: datetime, dialect: str | None = None) -> str:
    """With a dialect that is not the dataset's own: for tables of the same names and columns."""
    given = compiling(prepared, as_of)
    if dialect is not None and dialect != prepared.dataset.engine:
        layout = portable_layout(given["layout"], prepared.catalog, DIALECTS[dialect])
        given |= {"dialect": dialect, "layout": layout}
    try:
        return to_sql(compile_members(prepared.definition, **given), given["dialect"])
    except Unwritable as error:
        values = {"engine": DIALECTS[given["dialect"]].label, "what": error}
        message = _("There is no SQL for %(engine)s: the engine lacks %(what)s.") % values
        raise DefinitionError([Problem("conditions", message)]) from None


def sentence(prepared: Prepared, language: str = "en") -> str:
    names = {slug: reference.name for slug, reference in prepared.references.items()}
    return describe(prepared.definition, language=language, names=names)


def _misfits(
    definition: Definition, catalog: Catalog, references: Mapping[str, Reference]
) -> Iterator[Problem]:
    """Cohorts referred to that fitted the dataset when they were saved and no longer do."""
    for leaf in walk_leaves(definition.conditions):
        if not isinstance(leaf, InCohort):
            continue
        alone = Definition(match="all", conditions=(leaf,))
        for slug in sort_references(alone, references):
            reference = references[slug]
            if reference.definition is None:
                continue
            checked = check_definition(reference.definition, catalog=catalog, cohorts=references)
            if checked.errors:
                message = _("The cohort %(name)s no longer fits its dataset: %(why)s")
                values = {"name": quote(reference.name), "why": str(checked.errors[0])}
                yield Problem(f"{leaf.path}.cohort", message % values)


def compiling(prepared: Prepared, as_of: datetime) -> dict[str, Any]:
    """What every function of `cohorts.sql.compile` is given beside the definition."""
    return {
        "catalog": prepared.catalog,
        "layout": layout_of(prepared.dataset),
        "as_of": as_of,
        "references": prepared.references,
        "dialect": prepared.dataset.engine,
    }


def opened(
    prepared: Prepared,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
    memory_limit: str | None = None,
) -> AbstractContextManager[Warehouse]:
    """The dataset's warehouse, with the stored lists that the definition needs."""
    return open_warehouse(
        prepared.dataset,
        lists=prepared.lists,
        time_limit=time_limit,
        memory_limit=memory_limit,
        on_connection=on_connection,
    )


def _print(query: exp.Expr, prepared: Prepared) -> str:
    return to_sql(query, prepared.dataset.engine)


def _names(query: exp.Select) -> tuple[str, ...]:
    """Asked of the query, since an engine may cut long names short."""
    return tuple(column.alias for column in query.selects)
