from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohorts.models import Dataset
from tests.cohorts.kept_loads import loads_kept
from tests.cohorts.loaded import load


@pytest.fixture
def dataset(db: None, tmp_path: Path, settings: Any) -> Dataset:
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    with loads_kept():
        return load(tmp_path)


@pytest.fixture
def other_dataset(dataset: Dataset, tmp_path: Path) -> Dataset:
    with loads_kept():
        return load(tmp_path, "other")
