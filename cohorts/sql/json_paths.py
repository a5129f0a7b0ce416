"""Paths into JSON for engines in which a position in a list and a key are two things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

Step: TypeAlias = str | int
# Each further one doubles the paths; after so many a number is a position only.
_MOST_AMBIGUOUS = 4


def read_path(path: Sequence[str], left: int = _MOST_AMBIGUOUS) -> Iterator[list[Step]]:
    """Every way to read it: `0` is a position or a key, and only one of the ways leads on."""
    if not path:
        yield []
        return
    first, rest = path[0], path[1:]
    is_position = first.isascii() and first.isdigit() and str(int(first)) == first
    is_position = is_position and int(first) < 2**31
    if is_position:
        for steps in read_path(rest, left - 1):
            yield [int(first), *steps]
    if not is_position or left > 0:
        for steps in read_path(rest, left - 1 if is_position else left):
            yield [first, *steps]
