"""An answer in the Arrow stream format, read from a connection as it comes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa

_END = b"\xff\xff\xff\xff\0\0\0\0"
_TAIL = 16_384
_MOST_TAILS = 64


class Response(Protocol):
    def read(self, amount: int, /) -> bytes | None: ...

    def close(self) -> None: ...


class ArrowAnswer(io.RawIOBase):
    """A server that fails in the middle says why at the end of what it sends: in the tail."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self._response = response
        self._tail = b""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._response.close()
        self.close()

    def __enter__(self) -> Self:
        return self

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._response.read(size) or b""
        self._tail = (self._tail + data)[-_TAIL:]
        return data

    def read_tail(self) -> bytes:
        with suppress(Exception):
            for _ in range(_MOST_TAILS):
                if not self.read(_TAIL):
                    break
        return self._tail

    def batches(self) -> Iterator[pa.RecordBatch]:
        """A stream that ends without saying so is an error: what is missing are members."""
        with pa.ipc.open_stream(self) as reader:
            yield from reader
        while self.read(_TAIL):
            pass
        if not self._tail.endswith(_END):
            raise pa.ArrowInvalid("The answer is cut off.")


def read_rows(batches: Iterator[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        found.extend(zip(*columns, strict=True))
    return found


def cut(batch: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    """Pieces of at most so many rows."""
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)
