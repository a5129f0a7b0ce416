"""The engines the compiler can write for."""

from __future__ import annotations

from cohorts.sql.clickhouse import ClickHouse
from cohorts.sql.dialect import Dialect
from cohorts.sql.duckdb import DuckDB
from cohorts.sql.postgresql import PostgreSQL
from cohorts.sql.spark import Spark

DIALECTS: dict[str, Dialect] = {
    "duckdb": DuckDB(),
    "postgresql": PostgreSQL(),
    "clickhouse": ClickHouse(),
    "spark": Spark(),
}
