"""The engines that a URL may name, without the packages that only some datasets need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cohorts.sql.dialects import DIALECTS
from cohorts.warehouse.engines import ENGINES, engine_for
from cohorts.warehouse.errors import LoadError, WarehouseError
from cohorts.warehouse.sizes import bytes_of

ROOT = Path(__file__).parents[3]
# Of the whole product, web and worker.
ALL = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
import kubit_app.wsgi, cohorts.warehouses, cohorts.datasets, integrations.execution
found = {"chdb", "clickhouse_connect", "grpc", "pandas", "pyspark"} & set(sys.modules)
sys.exit(f"imported: {found}" if found else 0)
"""


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://x/y", "postgresql"),
        ("postgres://x/y", "postgresql"),
        ("clickhouse://x/y", "clickhouse"),
        ("clickhouses://x/y", "clickhouse"),
        ("SC://x:15002/;token=y", "spark"),
    ],
)
def test_the_scheme_names_the_engine(url: str, name: str) -> None:
    assert engine_for(url).name == name
    assert name in DIALECTS


@pytest.mark.parametrize("url", ["mysql://hush@x", "hush", "", "clickhouse"])
def test_another_scheme_is_refused_with_those_there_are(url: str) -> None:
    with pytest.raises(LoadError, match="postgresql://, clickhouse://, sc://") as refused:
        engine_for(url)
    assert "hush" not in str(refused.value)


def test_the_product_imports_no_package_of_theirs() -> None:
    done = subprocess.run([sys.executable, "-c", ALL], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "package", "module"),
    [
        ("clickhouse", "clickhouse-connect", "clickhouse_connect"),
        ("spark", "pyspark-client", "pyspark.sql.connect.session"),
    ],
)
def test_a_missing_package_is_named_with_what_to_do(
    name: str, package: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("cohorts.warehouse.spark._find_server", lambda url: None)
    with pytest.raises(WarehouseError, match=package) as refused:
        ENGINES[name].connect(f"{name}://h/d", time_limit=1).__enter__()
    assert "run.py setup --engines" in refused.value.message


@pytest.mark.parametrize(
    ("size", "amount"),
    [("2GB", 2_000_000_000), ("512MiB", 512 << 20), ("1.5g", 1_500_000_000), ("100", 100)],
)
def test_amounts_of_memory_are_read_as_written(size: str, amount: int) -> None:
    assert bytes_of(size) == amount


def test_an_unreadable_amount_of_memory_is_told() -> None:
    with pytest.raises(WarehouseError, match="QUERY_MEMORY_LIMIT"):
        bytes_of("plenty")
