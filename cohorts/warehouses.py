"""The warehouse of a dataset: how it is opened, and how definitions are compiled for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from cohorts.encryption import is_readable
from cohorts.models import Dataset
from cohorts.sql.layout import DUCKDB_FILE, Layout, Source, warehouse_layout
from cohorts.sql.stored_lists import list_table
from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.engines import ENGINES
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.protocol import Warehouse

OnConnection = Callable[[Warehouse], None]


@contextmanager
def open_warehouse(
    dataset: Dataset,
    *,
    lists: Mapping[str, Path] | None = None,
    time_limit: float | None = None,
    memory_limit: str | None = None,
    on_connection: OnConnection | None = None,
) -> Iterator[Warehouse]:
    """Connected, and handed to `on_connection` so that a caller can `interrupt()` it. `lists`
    are the files of the stored lists that queries may read, by name."""
    limit = settings.QUERY_TIME_LIMIT if time_limit is None else time_limit
    memory = settings.QUERY_MEMORY_LIMIT if memory_limit is None else memory_limit
    tables = {list_table(stored): path for stored, path in (lists or {}).items()}
    with _connect(dataset, limit, memory, tables) as warehouse:
        if on_connection is not None:
            on_connection(warehouse)
        yield warehouse


def layout_of(dataset: Dataset) -> Layout:
    if not dataset.is_external:
        return replace(
            DUCKDB_FILE, last_event_at=dataset.last_event_at, user_count=dataset.user_count
        )
    users = dataset.sources.get("users")
    return warehouse_layout(
        Source.from_json(dataset.sources["events"]), Source.from_json(users) if users else None
    )


def dataset_path(dataset: Dataset) -> Path:
    return Path(settings.DATASETS_DIR) / dataset.file


def _connect(
    dataset: Dataset, time_limit: float, memory_limit: str, lists: Mapping[str, Path]
) -> Warehouse:
    if not dataset.is_external:
        return DuckDBFile(
            dataset_path(dataset),
            time_limit=time_limit,
            memory_limit=memory_limit,
            threads=settings.QUERY_THREADS,
            lists=lists,
        )
    if not is_readable(dataset.url):
        raise WarehouseError(
            "source",
            "The URL of this dataset's warehouse was encrypted with a key that is no longer in "
            "FIELD_ENCRYPTION_KEYS. Bring the key back, or give the URL again with "
            "add_dataset … --replace.",
        )
    return ENGINES[dataset.engine].connect(
        dataset.url,
        time_limit=time_limit,
        memory_limit=memory_limit,
        threads=settings.QUERY_THREADS,
        lists=lists,
    )
