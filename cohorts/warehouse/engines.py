"""The warehouses that a dataset can live in, chosen by the scheme of their URL.

The packages that talk to them are imported when a dataset of that engine is opened, no sooner:
only PostgreSQL's is always there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cohorts.warehouse.clickhouse import ClickHouse
from cohorts.warehouse.clickhouse_tables import ClickHouseTables
from cohorts.warehouse.errors import LoadError
from cohorts.warehouse.found_tables import OpenTables
from cohorts.warehouse.postgresql import PostgreSQL
from cohorts.warehouse.postgresql_tables import PostgreSQLTables
from cohorts.warehouse.protocol import Warehouse
from cohorts.warehouse.spark import Spark
from cohorts.warehouse.spark_tables import SparkTables
from cohorts.warehouse.survey import survey_tables
from cohorts.warehouse.tables import Surveyed, TableSet

# No question about a large table may keep the person who adds it waiting for longer.
_PATIENCE = 60.0


class Connect(Protocol):
    """Makes a connection; entering it connects. `lists` are Parquet files with a text column
    `id` that queries may read, by the name of the table each is to be. What an engine does with
    the limits on memory and threads is told in docs/engines.md."""

    def __call__(
        self,
        url: str,
        *,
        time_limit: float,
        memory_limit: str = "2GB",
        threads: int = 2,
        lists: Mapping[str, Path] | None = None,
    ) -> Warehouse: ...


@dataclass(frozen=True)
class Engine:
    """`name` stands in the dataset's row and is its key in `cohorts.sql.dialects.DIALECTS`."""

    name: str
    schemes: tuple[str, ...]
    connect: Connect
    open_tables: OpenTables

    def survey(
        self,
        url: str,
        tables: TableSet,
        *,
        timezone: str,
        time_limit: float,
        memory_limit: str = "2GB",
        threads: int = 2,
    ) -> Surveyed:
        """Looks at the tables. LoadError for what a person can put right in their command,
        WarehouseError for the rest; neither names the URL."""
        opened = self.connect(
            url,
            time_limit=min(time_limit, _PATIENCE),
            memory_limit=memory_limit,
            threads=threads,
        )
        with opened as warehouse:
            return survey_tables(warehouse, self.open_tables(warehouse), tables, timezone)


_ALL = (
    Engine("postgresql", ("postgresql", "postgres"), PostgreSQL, PostgreSQLTables),
    Engine("clickhouse", ("clickhouse", "clickhouses"), ClickHouse, ClickHouseTables),
    Engine("spark", ("sc",), Spark, SparkTables),
)
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
