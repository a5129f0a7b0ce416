"""Regular expressions for engines that read the extended ones of POSIX, with `\\d` and its like."""

from __future__ import annotations

import re

from cohorts.sql.dialect import Unwritable

_FLAGS = re.compile(r"\(\?([ims]+)\)")
_GROUP = re.compile(r"\(\?(P<[^>]*>|:)")
_CLASS = re.compile(r"\[\^?\]?")
_REPEATED = re.compile(r"([*+?]|\{[0-9]+(,[0-9]*)?\})\?")


def to_posix(pattern: str) -> tuple[str, str]:
    """The pattern and the flags it begins with. Groups lose their names and kinds, and every
    repetition is as long as can be: where only the match counts, not what it spans, both say
    the same."""
    flags = _FLAGS.match(pattern)
    position, parts, in_class = flags.end() if flags else 0, [], False
    while position < len(pattern):
        taken, written = _read_class(pattern, position) if in_class else _read(pattern, position)
        in_class = written != "]" if in_class else written.startswith("[")
        parts.append(written)
        position += taken
    return "".join(parts), flags[1] if flags else ""


def _read(pattern: str, position: int) -> tuple[int, str]:
    """How many characters are taken, and what is written for them."""
    if pattern.startswith("\\A", position):
        return 2, "^"
    if pattern[position] == "\\":
        return 2, pattern[position : position + 2]
    if opening := _CLASS.match(pattern, position):
        return len(opening[0]), opening[0]
    if group := _GROUP.match(pattern, position):
        return len(group[0]), "("
    if pattern.startswith("(?", position):
        raise Unwritable("flags for a part of a regular expression")
    if repeated := _REPEATED.match(pattern, position):
        return len(repeated[0]), repeated[1]
    return 1, pattern[position]


def _read_class(pattern: str, position: int) -> tuple[int, str]:
    length = 2 if pattern[position] == "\\" else 1
    return length, pattern[position : position + length]
