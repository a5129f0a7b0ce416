"""Who is in a cohort: from a definition as JSON to counts, samples and streams of ids.

`prepare` does all that can fail because of the definition; what follows can fail only in the
engine (`WarehouseError`). `on_connection` hands out the open file, so that a caller can
`interrupt()` the query from another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

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
    compile_members,
    compile_ordered_members,
    compile_sample,
    to_sql,
)
from cohorts.sql.layout import DUCKDB_FILE
from cohorts.warehouse.duckdb_file import DuckDBFile

OnConnection = Callable[[DuckDBFile], None]


@dataclass(frozen=True)
class Prepared:
    """A definition that fits its dataset, with everything it refers to."""

    dataset: Dataset
    definition: Definition
    catalog: Catalog
    references: Mapping[str, Reference]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Sample:
    """The first column holds ids, the others what the conditions measured."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


def prepare(dataset: Dataset, data: object, *, exclude_slug: str | None = None) -> Prepared:
    """Raises DefinitionError with every problem. `exclude_slug` names the saved cohort that
    this definition is for: referring to it, even by way of others, is a cycle."""
    definition = parse_definition(data)
    catalog = Catalog.from_json(dataset.catalog)
    found = find_references(dataset, definition, exclude_slug=exclude_slug)
    if found.problems:
        raise DefinitionError(found.problems)
    checked = check_definition(
        definition, catalog=catalog, cohorts=found.references, slug=exclude_slug
    )
    errors = checked.errors or tuple(_misfits(definition, catalog, found.references))
    if errors:
        raise DefinitionError(errors)
    return Prepared(dataset, definition, catalog, found.references, checked.warnings)


def count_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> int:
    sql = to_sql(compile_count(prepared.definition, **_compiling(prepared, as_of)))
    with _opened(prepared.dataset, time_limit, on_connection) as file:
        ((count,),) = file.rows(sql)
    return int(count)


def stream_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Iterator[pa.RecordBatch]:
    """Batches with one text column `id`, sorted by code point, each id once."""
    sql = to_sql(compile_ordered_members(prepared.definition, **_compiling(prepared, as_of)))
    with _opened(prepared.dataset, time_limit, on_connection) as file:
        yield from file.batches(sql)


def count_conditions(
    prepared: Prepared,
    *,
    as_of: datetime,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> dict[str, int]:
    """How many match each condition and group, by JSON path; the cohort itself is at ""."""
    compiling = _compiling(prepared, as_of)
    conditions = to_sql(compile_condition_counts(prepared.definition, **compiling))
    total = to_sql(compile_count(prepared.definition, **compiling))
    with _opened(prepared.dataset, time_limit, on_connection) as file:
        names, rows = _table(file, conditions)
        ((count,),) = file.rows(total)
    counts = {name: int(value) for name, value in zip(names, rows[0], strict=True)}
    return counts | {"": int(count)}


def sample_members(
    prepared: Prepared,
    *,
    as_of: datetime,
    limit: int = 100,
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Sample:
    compiling = _compiling(prepared, as_of)
    sample = to_sql(compile_sample(prepared.definition, limit=limit, **compiling))
    total = to_sql(compile_count(prepared.definition, **compiling))
    with _opened(prepared.dataset, time_limit, on_connection) as file:
        columns, rows = _table(file, sample)
        ((count,),) = file.rows(total)
    return Sample(columns, rows, int(count))


def compiled_sql(prepared: Prepared, *, as_of: datetime) -> str:
    return to_sql(compile_members(prepared.definition, **_compiling(prepared, as_of)))


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


def dataset_path(dataset: Dataset) -> Path:
    return Path(settings.DATASETS_DIR) / dataset.file


def _compiling(prepared: Prepared, as_of: datetime) -> dict[str, Any]:
    return {
        "catalog": prepared.catalog,
        "layout": DUCKDB_FILE,
        "as_of": as_of,
        "references": prepared.references,
    }


@contextmanager
def _opened(
    dataset: Dataset, time_limit: float | None, on_connection: OnConnection | None
) -> Iterator[DuckDBFile]:
    file = DuckDBFile(
        dataset_path(dataset),
        time_limit=settings.QUERY_TIME_LIMIT if time_limit is None else time_limit,
        memory_limit=settings.QUERY_MEMORY_LIMIT,
        threads=settings.QUERY_THREADS,
    )
    with file:
        if on_connection is not None:
            on_connection(file)
        yield file


def _table(file: DuckDBFile, sql: str) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    names: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    for batch in file.batches(sql):
        names = tuple(batch.schema.names)
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return names, tuple(rows)
