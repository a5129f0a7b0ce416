"""The engines themselves: only `run.py test --engines` installs them and asks for these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.java import MEND, find_lack
from tests.engines.clickhouse_engine import ClickHouseEngine, clickhouse_server
from tests.engines.spark_engine import SparkEngine
from tests.engines.spark_server import spark_server
from tests.engines.stores import Engine, Shape
from tests.grouping import put_together

# What asks Spark is slow enough for one pass over one shape of tables.
ASKED: tuple[tuple[str, Shape], ...] = (
    ("clickhouse", "file"),
    ("clickhouse", "warehouse"),
    ("spark", "warehouse"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One xdist worker runs all that needs a server: each starts once."""
    for item in items:
        if item.get_closest_marker("engines") is None:
            continue
        names = {*getattr(item, "fixturenames", ())}
        chosen = getattr(getattr(item, "callspec", None), "params", {})
        asked = {*names, *map(str, chosen.values()), *(_named(value) for value in chosen.values())}
        for server in ("spark", "clickhouse"):
            if server in asked or f"{server}_url" in asked:
                put_together(item, server)
                break


def _named(value: object) -> str:
    return str(value[0]) if isinstance(value, tuple) and value else ""


@pytest.fixture(scope="session")
def clickhouse_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture(scope="session")
def clickhouse_url(clickhouse_folder: Path) -> Iterator[str]:
    with clickhouse_server(clickhouse_folder) as url:
        yield url


@pytest.fixture(scope="session")
def clickhouse(clickhouse_url: str) -> Iterator[ClickHouseEngine]:
    engine = ClickHouseEngine(clickhouse_url)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """TEST_SPARK_URL, or a server started for this session."""
    if given := os.environ.get("TEST_SPARK_URL"):
        yield given
        return
    if lack := find_lack():
        pytest.skip(f"Spark was NOT tested: {lack} {MEND}")
    with spark_server(tmp_path_factory.mktemp("spark")) as url:
        yield url


@pytest.fixture(scope="session")
def spark(spark_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    engine = SparkEngine(spark_url, tmp_path_factory.mktemp("tables"))
    yield engine
    engine.close()


@pytest.fixture(params=ASKED, ids="-".join)
def asked(request: pytest.FixtureRequest) -> tuple[Engine, Shape]:
    name, shape = request.param
    return request.getfixturevalue(name), shape


@pytest.fixture
def engine(asked: tuple[Engine, Shape]) -> Engine:
    return asked[0]


@pytest.fixture
def shape(asked: tuple[Engine, Shape]) -> Shape:
    return asked[1]
