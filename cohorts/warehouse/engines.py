"""The warehouses that a dataset can live in, chosen by the scheme of their URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.postgresql import PostgreSQL
from cohorts.warehouse.postgresql_survey import survey as survey_postgresql
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.tables import Surveyed, TableSet


class Connect(Protocol):
    """Makes a connection; entering it connects. `lists` are Parquet files with a text column
    `id` that queries may read, by the name of the table each is to be."""

    def __call__(
        self, url: str, *, time_limit: float, lists: Mapping[str, Path] | None = None
    ) -> Warehouse: ...


class Survey(Protocol):
    """Looks at the tables. LoadError for what a person can put right in their command,
    WarehouseError for the rest; neither names the URL."""

    def __call__(
        self, url: str, tables: TableSet, *, timezone: str, time_limit: float
    ) -> Surveyed: ...


@dataclass(frozen=True)
class Engine:
    """`name` stands in the dataset's row and is its key in `cohorts.sql.dialects.DIALECTS`."""

    name: str
    schemes: tuple[str, ...]
    connect: Connect
    survey: Survey


_ALL = (Engine("postgresql", ("postgresql", "postgres"), PostgreSQL, survey_postgresql),)
ENGINES = {engine.name: engine for engine in _ALL}


def engine_for(url: str) -> Engine:
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        scheme = ""
    for engine in ENGINES.values():
        if scheme in engine.schemes:
            return engine
    known = ", ".join(f"{engine.schemes[0]}://" for engine in ENGINES.values())
    raise LoadError(f"--url: the URL of a warehouse begins with one of {known}")
