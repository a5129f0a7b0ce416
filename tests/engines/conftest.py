"""The engines themselves: only `run.py test --engines` installs them and asks for these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.embedded_clickhouse import EmbeddedClickHouse
from tests.engines.local_spark import LocalSpark
from tests.engines.stores import SHAPES, Engine, Shape


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    engine = EmbeddedClickHouse(tmp_path_factory.mktemp("clickhouse"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSpark]:
    engine = LocalSpark(tmp_path_factory.mktemp("spark"))
    yield engine
    engine.close()


@pytest.fixture(params=["clickhouse", "spark"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    shape: Shape = request.param
    return shape
