"""The engines the compiler can write for."""

from __future__ import annotations

from cohorts.sql.bigquery import BigQuery
from cohorts.sql.clickhouse import ClickHouse
from cohorts.sql.databricks import Databricks
from cohorts.sql.dialect import Dialect
from cohorts.sql.duckdb import DuckDB
from cohorts.sql.postgresql import PostgreSQL
from cohorts.sql.snowflake import Snowflake
from cohorts.sql.spark import Spark
from cohorts.sql.trino import Trino

DIALECTS: dict[str, Dialect] = {
    "duckdb": DuckDB(),
    "postgresql": PostgreSQL(),
    "clickhouse": ClickHouse(),
    "spark": Spark(),
    "snowflake": Snowflake(),
    "bigquery": BigQuery(),
    "databricks": Databricks(),
    "trino": Trino(),
}
