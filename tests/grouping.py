"""Which tests one process runs, so that what they share starts once."""

from __future__ import annotations

import pytest
from _pytest.nodeid import NodeId


def put_together(item: pytest.Item, group: str) -> None:
    """All items of a group go to one process of pytest-xdist.

    xdist 3.8 writes its own mark, `xdist_group`, to a field that pytest 9.2 no longer has.
    """
    if item.config.getoption("loadgroup", False):
        item._id = NodeId.parse(f"{item.nodeid}@{group}")
