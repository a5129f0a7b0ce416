"""What can go wrong with data, told so that a person knows what to do."""

from __future__ import annotations

from typing import Literal

Kind = Literal["timeout", "memory", "canceled", "source", "query"]


class WarehouseError(Exception):
    """A query could not be answered. The message holds no value of the data."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class LoadError(Exception):
    """Files that cannot become a dataset. The message names file and row, and what to do."""
