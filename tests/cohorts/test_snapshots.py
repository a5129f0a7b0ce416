"""Snapshots keep who was in a cohort, or how many."""

from __future__ import annotations

import datetime as dt

import pyarrow.parquet as pq
import pytest

from cohorts import membership
from cohorts.models import Dataset, Snapshot
from cohorts.saving import save_cohort
from cohorts.snapshots import record_count, take_snapshot
from cohorts.warehouse.errors import WarehouseError
from tests.cohorts.loaded import all_of, performed

AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)


def test_it_keeps_the_ids_sorted_and_how_they_came_about(dataset: Dataset) -> None:
    cohort = save_cohort(slug="singers", dataset=dataset, data=all_of(performed("SING")))
    assert cohort.current_version is not None
    snapshot = take_snapshot(cohort.current_version, as_of=AS_OF)
    path = membership.verify(snapshot.file, snapshot.sha256)
    assert pq.read_table(path).to_pydict() == {"id": ["ann", "bob"]}
    assert (snapshot.size, snapshot.as_of, snapshot.dataset_file) == (2, AS_OF, dataset.file)
    assert "'SING'" in snapshot.sql


def test_an_empty_cohort_is_a_file_without_rows(dataset: Dataset) -> None:
    cohort = save_cohort(slug="none", dataset=dataset, data=all_of(performed("NOTHING")))
    assert cohort.current_version is not None
    snapshot = take_snapshot(cohort.current_version, as_of=AS_OF)
    assert snapshot.size == 0
    assert pq.read_table(membership.path_of(snapshot.file)).to_pydict() == {"id": []}


def test_a_count_keeps_no_file(dataset: Dataset) -> None:
    cohort = save_cohort(slug="singers", dataset=dataset, data=all_of(performed("SING")))
    assert cohort.current_version is not None
    snapshot = record_count(cohort.current_version, as_of=AS_OF)
    assert (snapshot.size, snapshot.file, snapshot.sha256) == (2, "", "")


def test_an_interrupted_snapshot_leaves_nothing(dataset: Dataset) -> None:
    cohort = save_cohort(slug="singers", dataset=dataset, data=all_of(performed("SING")))
    assert cohort.current_version is not None
    with pytest.raises(WarehouseError):
        take_snapshot(
            cohort.current_version, as_of=AS_OF, on_connection=lambda file: file.interrupt()
        )
    assert not Snapshot.objects.exists()
    assert list(membership.path_of("snapshots").glob("*")) == []
