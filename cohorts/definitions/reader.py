"""Reads JSON values one by one and notes every problem, so that all are told at once.

After a problem a reader answers some value of the right type: nobody sees it, because the
definition is refused as a whole, and the rest can be read on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from cohorts.definitions.nodes import Number
from cohorts.definitions.problems import Problem, find_nearest, join_or, make_printable, quote


class Notes:
    """The problems found so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, message: str, suggestion: str | None = None) -> None:
        self.problems.append(Problem(path, message, suggestion))


class Keys:
    """One JSON object. Reading a key makes it known; `finish` refuses all others."""

    def __init__(self, notes: Notes, path: str, data: dict[str, Any]) -> None:
        self.notes = notes
        self.path = path
        self.data = data
        self.known: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str) -> str:
        key = make_printable(str(key))
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, default: object = None) -> Any:
        self.known.append(key)
        return self.data.get(key, default)

    def require(self, key: str, hint: str) -> bool:
        """Is the key there? If not, that is noted; `hint` says what to add."""
        self.known.append(key)
        if key in self.data:
            return True
        self.notes.add(self.at(key), f"“{key}” is missing. {hint}")
        return False

    def finish(self) -> None:
        for key in self.data:
            if key not in self.known:
                self.refuse_key(key)

    def refuse_key(self, key: str) -> None:
        open_keys = [known for known in self.known if known not in self.data]
        nearest = find_nearest(str(key), open_keys, 1) or find_nearest(str(key), self.known, 1)
        advice = f" Did you mean {quote(nearest[0])}?" if nearest else " Remove it."
        self.notes.add(
            self.at(key),
            f"{quote(str(key))} is not known here.{advice}",
            nearest[0] if nearest else None,
        )

    # --- values under a key

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> Any:
        if default is not None and key not in self.data:
            self.known.append(key)
            return default
        if not self.require(key, f"Use {join_or(options)}."):
            return options[0]
        return read_choice(self.notes, self.at(key), self.data[key], options)

    def flag(self, key: str) -> bool:
        value = self.get(key, default=False)
        if not isinstance(value, bool):
            self.notes.add(self.at(key), f"Use true or false instead of {quote(value)}.")
            return False
        return value

    def text(self, key: str, hint: str) -> str:
        if not self.require(key, hint):
            return ""
        return read_text(self.notes, self.at(key), self.data[key])

    def whole(self, key: str, hint: str, minimum: int = 1) -> int:
        if not self.require(key, hint):
            return minimum
        return read_whole(self.notes, self.at(key), self.data[key], minimum)


def read_object(notes: Notes, path: str, value: object, what: str) -> Keys | None:
    if isinstance(value, dict):
        return Keys(notes, path, value)
    notes.add(path, f"{what} is written as an object in braces, not as {quote(value)}.")
    return None


def read_items(notes: Notes, path: str, value: object, what: str) -> Iterator[tuple[str, Any]]:
    """The items of a list with their paths; notes a problem if there is none."""
    if not isinstance(value, list):
        notes.add(path, f"Write {what} as a list in square brackets, not as {quote(value)}.")
        return
    if not value:
        notes.add(path, f"The list of {what} is empty. Give at least one.")
    for index, item in enumerate(value):
        yield f"{path}[{index}]", item


def read_choice(notes: Notes, path: str, value: object, options: Sequence[str]) -> str:
    if isinstance(value, str) and value in options:
        return value
    nearest = find_nearest(value, options, 1) if isinstance(value, str) else ()
    notes.add(
        path,
        f"{_capital(quote(value))} is not possible here. Use {join_or(options)}.",
        nearest[0] if nearest else None,
    )
    return options[0]


def read_text(notes: Notes, path: str, value: object, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str):
        notes.add(path, f"Write a text in quotes, not {quote(value)}.")
        return ""
    if not value and not may_be_empty:
        notes.add(path, "The text is empty. Write at least one character.")
    elif "\0" in value:
        notes.add(path, "The text holds a NUL character, which no database takes. Remove it.")
    elif any("\ud800" <= char <= "\udfff" for char in value):
        notes.add(path, "The text holds half of a character (a lone surrogate). Remove it.")
    return value


def read_whole(notes: Notes, path: str, value: object, minimum: int) -> int:
    number = _find_whole(value)
    if number is None:
        notes.add(path, f"Write a whole number, not {quote(value)}.")
        return minimum
    if number < minimum:
        notes.add(path, f"Write a whole number of at least {minimum}, not {quote(number)}.")
        return minimum
    return int(check_size(notes, path, number))


def read_number(notes: Notes, path: str, value: object) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        notes.add(path, f"Write a number, not {quote(value)}.")
        return 0
    return check_size(notes, path, value)


def check_size(notes: Notes, path: str, value: Number) -> Number:
    """The number itself if a database can hold it."""
    try:
        is_finite = math.isfinite(float(value))
    except OverflowError:
        is_finite = False
    if not is_finite:
        notes.add(path, "The number is too large, or not a number. Use one below 1e308.")
        return 0
    return value


def read_pair(
    notes: Notes, path: str, value: object, what: str
) -> tuple[tuple[str, Any], tuple[str, Any]] | None:
    if isinstance(value, list) and len(value) == 2:
        return (f"{path}[0]", value[0]), (f"{path}[1]", value[1])
    notes.add(path, f"Write {what} as a list of two: [low, high].")
    return None


def _find_whole(value: object) -> int | None:
    """JSON knows one kind of number: 7 and 7.0 are the same."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
