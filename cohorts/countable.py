"""The part of an unfinished definition that can be counted already.

While one row is being filled in, the others keep their counts: conditions with problems are
left out, and what is counted is placed back on the paths of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
# Deeper than any definition may be; it bounds the recursion over what nobody checked yet.
_DEEPEST = 20

Keys = tuple[int | str, ...]


@dataclass(frozen=True)
class Countable:
    """`places` maps paths of the part to paths of the whole; `left_out` are of the whole."""

    data: dict[str, Any]
    places: dict[str, str]
    left_out: tuple[str, ...]

    def place(self, path: str) -> str:
        """Where a path of the part, or a place inside one, lies in the whole."""
        for keys in _shortened(read_path(path)):
            found = self.places.get(write_path(keys))
            if found is not None:
                return found + path[len(write_path(keys)) :]
        return path


def read_path(path: str) -> Keys:
    return tuple(int(i) if i else name for i, name in _STEP.findall(path))


def write_path(keys: Keys) -> str:
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def find_countable(data: Any, problem_paths: Iterable[str]) -> Countable | None:
    """None when a problem lies outside of the conditions, or no condition is left."""
    broken = {_condition_of(data, read_path(path)) for path in problem_paths}
    if None in broken or not isinstance(data, dict):
        return None
    places: dict[str, str] = {}
    left_out: list[str] = []
    kept = _keep(data, (), (), {keys for keys in broken if keys is not None}, places, left_out)
    return None if kept is None else Countable(kept, places, tuple(left_out))


def _condition_of(data: Any, keys: Keys) -> Keys | None:
    """The innermost condition the path points into."""
    node, found, at = data, None, 0
    while len(keys) > at + 1 and keys[at] == "conditions" and isinstance(keys[at + 1], int):
        conditions = node.get("conditions") if isinstance(node, dict) else None
        index = keys[at + 1]
        if not isinstance(conditions, list) or not isinstance(index, int):
            break
        if index >= len(conditions):
            break
        node = conditions[index]
        at += 2
        found = keys[:at]
    return found


def _keep(
    node: dict[str, Any],
    old: Keys,
    new: Keys,
    broken: set[Keys],
    places: dict[str, str],
    left_out: list[str],
) -> dict[str, Any] | None:
    conditions = node.get("conditions")
    if not isinstance(conditions, list) or len(old) > 2 * _DEEPEST:
        return None
    kept: list[Any] = []
    for i, child in enumerate(conditions):
        was: Keys = (*old, "conditions", i)
        now: Keys = (*new, "conditions", len(kept))
        if was not in broken and isinstance(child, dict) and "conditions" in child:
            child = _keep(child, was, now, broken, places, left_out)
        elif was in broken:
            child = None
        if child is None:
            left_out.append(write_path(was))
            continue
        places[write_path(now)] = write_path(was)
        kept.append(child)
    return node | {"conditions": kept} if kept else None


def _shortened(keys: Keys) -> Iterable[Keys]:
    for length in range(len(keys), 0, -1):
        yield keys[:length]
