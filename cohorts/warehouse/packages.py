"""Packages that only some datasets need."""

from __future__ import annotations

from cohorts.warehouse.errors import WarehouseError


def missing_package(engine: str, package: str) -> WarehouseError:
    return WarehouseError(
        "source",
        f"A dataset on {engine} needs the package {package}. Install it with "
        "`python3 run.py setup --engines`, or `pip install -r requirements-engines.lock`, "
        "and start the product again.",
    )
