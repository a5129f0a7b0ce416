"""Regular expressions for engines that run Java's, or others of its syntax."""

from __future__ import annotations

import re

_COUNT = re.compile(r"\{[0-9]+(,[0-9]*)?\}")
_GROUP = re.compile(r"\(\?P<[^>]*>")


def to_java(pattern: str, *, ignore_case: bool) -> str:
    """What RE2 and Python share, so that Java reads it alike.

    A line ends in a line feed only. Brackets in a class are not classes in it, a brace that
    counts nothing is a brace, and names of groups are left out.
    """
    return ("(?diu)" if ignore_case else "(?d)") + _rewrite(pattern)


def to_joni(pattern: str, *, ignore_case: bool) -> str:
    """The same for Trino, which knows no other end of a line and minds letters of all scripts."""
    return ("(?i)" if ignore_case else "") + _rewrite(pattern)


def _rewrite(pattern: str) -> str:
    parts, position, in_class = [], 0, False
    while position < len(pattern):
        rest = pattern[position:]
        taken, written = _read_class(rest) if in_class else _read(rest)
        if not in_class and rest[0] == "[":
            in_class = True
        elif in_class and rest[0] == "]":
            in_class = False
        parts.append(written)
        position += taken
    return "".join(parts)


def _read(rest: str) -> tuple[int, str]:
    """How many characters are taken, and what is written for them."""
    if rest[0] == "\\":
        return 2, rest[:2]
    if rest[0] == "[":
        opening = "[^" if rest[1:2] == "^" else "["
        if rest[len(opening) :][:1] == "]":
            # A bracket right behind the opening one does not end the class.
            return len(opening) + 1, opening + "\\]"
        return len(opening), opening
    if rest[0] == "{":
        count = _COUNT.match(rest)
        return (count.end(), count[0]) if count else (1, "\\{")
    if group := _GROUP.match(rest):
        return group.end(), "("
    return 1, rest[0]


def _read_class(rest: str) -> tuple[int, str]:
    if rest[0] == "\\":
        return 2, rest[:2]
    return 1, "\\" + rest[0] if rest[0] in "[&" else rest[0]
