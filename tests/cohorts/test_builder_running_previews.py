"""A newer preview of a tab stops the older one's query, and no other's."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from cohorts.running_previews import Superseded, running_preview
from cohorts.warehouse.duckdb_file import DuckDBFile
from cohorts.warehouse.errors import WarehouseError


class Query:
    def __init__(self) -> None:
        self.is_interrupted = False

    def interrupt(self) -> None:
        self.is_interrupted = True


def test_a_newer_preview_interrupts_the_older_one() -> None:
    older, newer = Query(), Query()
    with running_preview(1, "tab", 1) as first:
        first.watch(older)
        with running_preview(1, "tab", 2) as second:
            second.watch(newer)
            assert older.is_interrupted
            assert not newer.is_interrupted


def test_a_query_that_opens_after_the_stop_is_interrupted_too() -> None:
    late = Query()
    with running_preview(1, "tab", 1) as first, running_preview(1, "tab", 2):
        first.watch(late)
        assert late.is_interrupted


@pytest.mark.parametrize(("owner", "token"), [(2, "tab"), (1, "other tab")])
def test_it_leaves_other_people_and_other_tabs_alone(owner: int, token: str) -> None:
    query = Query()
    with running_preview(1, "tab", 1) as first:
        first.watch(query)
        with running_preview(owner, token, 2):
            assert not query.is_interrupted


def test_a_request_that_was_overtaken_does_not_run() -> None:
    newer = Query()
    with running_preview(1, "tab", 2) as running:
        running.watch(newer)
        with pytest.raises(Superseded), running_preview(1, "tab", 1):
            pytest.fail("it ran")
        assert not newer.is_interrupted


def test_the_end_of_an_older_preview_does_not_forget_the_newer_one() -> None:
    query = Query()
    outer = running_preview(1, "tab", 1)
    outer.__enter__()
    with running_preview(1, "tab", 2) as second:
        second.watch(query)
        outer.__exit__(None, None, None)
        with running_preview(1, "tab", 3):
            assert query.is_interrupted


def test_a_finished_preview_is_no_longer_there() -> None:
    query = Query()
    with running_preview(1, "tab", 5) as first:
        first.watch(query)
    with running_preview(1, "tab", 1):
        assert not query.is_interrupted


def test_a_running_query_ends_when_a_newer_preview_begins(tmp_path: Path) -> None:
    path = tmp_path / "events.duckdb"
    duckdb.connect(str(path)).close()
    started, ended = threading.Event(), []

    def count_without_end() -> None:
        with running_preview(1, "tab", 1) as preview, DuckDBFile(path, time_limit=600) as file:
            preview.watch(file)
            started.set()
            try:
                file.rows("SELECT count(*) FROM range(10000000) a, range(10000000) b")
            except WarehouseError as error:
                ended.append(error.kind)

    older = threading.Thread(target=count_without_end)
    older.start()
    started.wait()
    with running_preview(1, "tab", 2):
        older.join(timeout=60)
    assert ended == ["canceled"]
