"""Leaf expressions for Databricks (Runtime 15.3 or later): those of Spark."""

from __future__ import annotations

from cohorts.sql.spark import Spark


class Databricks(Spark):
    label = "Databricks"
    sqlglot = "databricks"
