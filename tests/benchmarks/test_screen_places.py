from __future__ import annotations

from collections import defaultdict
from typing import Any

from benchmarks.campaigns.screen_places import (
    DEBUGGING,
    NOT_PAGES,
    VISITOR,
    find_places,
    name_missing,
)
from kubit_app.access import ACCESS


def made(access: dict[str, str]) -> dict[str, Any]:
    """As `used_product` prints it, with nothing in it."""
    numbers: dict[str, int] = defaultdict(int)
    slugs: dict[str, str] = defaultdict(str)
    kinds = ("connections", "runs", "schedules", "uploads")
    lists: dict[str, Any] = {name: [] for name in ("schemas", "entries", "messages")}
    kept: dict[str, Any] = {"access": access, "cohorts": slugs, "person": 1, **lists}
    return kept | dict.fromkeys(kinds, numbers)


def test_every_page_is_walked_or_named_as_none() -> None:
    walked = [*find_places(made(ACCESS)), *VISITOR, *DEBUGGING]
    assert name_missing(made(ACCESS), walked) == []
    more = {**ACCESS, "cohorts:another": "open"}
    assert name_missing(made(more), walked) == ["cohorts:another"]


def test_what_is_named_is_there() -> None:
    assert {*find_places(made(ACCESS)), *NOT_PAGES, *VISITOR, *DEBUGGING} <= {*ACCESS}
