"""What every engine offers, so that an evaluation need not know which one it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa


class Warehouse(Protocol):
    """A read-only connection for one evaluation and one thread, under a time limit.

    Entering it connects. Whatever goes wrong then or later leaves as a `WarehouseError`.
    """

    @property
    def dialect(self) -> str:
        """The key in `cohorts.sql.dialects.DIALECTS` of the SQL it reads."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def interrupt(self) -> None:
        """Stop what is running, or what would start next. May be called from any thread."""
        ...

    def batches(self, sql: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """The answer piece by piece, in memory that does not grow with it.

        An answer without rows may be no batch at all.
        """
        ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]: ...
