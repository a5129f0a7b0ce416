"""Every published vector, played over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integrations.sandbox.conftest import DATA
from tests.integrations.sandbox.driver import Driver, play

VECTORS = json.loads((DATA / "vectors.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_it_answers_as_the_vector_says(
    sandbox: Driver, vector: dict[str, Any], fixture_data: dict[str, Any]
) -> None:
    play(sandbox, vector, fixture_data)
