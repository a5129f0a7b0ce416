"""Regular expressions that RE2 and Python read alike."""

from __future__ import annotations

import re
import warnings

# Each row: what it looks like right after the place the scanner is at, and its name.
_ONLY_IN_ONE = (
    ("(?=", "look-ahead"),
    ("(?!", "look-ahead"),
    ("(?<=", "look-behind"),
    ("(?<!", "look-behind"),
    ("(?>", "an atomic group"),
    ("(?(", "a conditional group"),
    ("(?#", "a comment"),
    ("(?P=", "a back-reference"),
    ("{,", "a repetition without a lower bound"),
)
_ESCAPES = frozenset("abfnrtvdDsSwWBAx")
_MOST_REPETITIONS = 1000
_FLAGS = re.compile(r"\(\?([a-zA-Z-]+)[):]")
_REPETITION = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def find_fault(pattern: str) -> str | None:
    """Why the pattern cannot be used, as a sentence; None if it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            warnings.simplefilter("error", DeprecationWarning)
            re.compile(pattern)
    except re.error as error:
        return f"This is not a regular expression: {error.msg}."
    except (Warning, RecursionError, OverflowError):
        return "This regular expression is too deep, or has brackets that mean different things."
    foreign = _find_foreign(pattern)
    if foreign is None:
        return None
    return f"The regular expression uses {foreign}, which the database does not have."


def _find_foreign(pattern: str) -> str | None:
    index, in_set = 0, False
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            following = pattern[index + 1]
            if following.isalnum() and following not in _ESCAPES:
                return "a back-reference" if following.isdigit() else f"“\\{following}”"
            index += 2
            continue
        if in_set:
            if pattern.startswith("[:", index):
                return "a named set such as “[:alpha:]”"
            in_set = char != "]"
        elif char == "[":
            in_set = True
            index += _length_of_set_start(pattern, index)
            continue
        elif found := _find_foreign_at(pattern, index):
            return found
        index += 1
    return _find_repetition(pattern)


def _length_of_set_start(pattern: str, index: int) -> int:
    """A bracket right after `[` or `[^` is an ordinary character."""
    length = 2 if pattern.startswith("[^", index) else 1
    return length + pattern.startswith("]", index + length)


def _find_foreign_at(pattern: str, index: int) -> str | None:
    for start, name in _ONLY_IN_ONE:
        if pattern.startswith(start, index):
            return name
    flags = _FLAGS.match(pattern, index)
    if flags and not set(flags[1]) <= set("ims-"):
        return f"the flags “{flags[1]}”"
    if pattern[index] in "*+?}" and pattern.startswith("+", index + 1):
        return "a possessive repetition"
    return None


def _find_repetition(pattern: str) -> str | None:
    product = 1
    for found in _REPETITION.finditer(pattern):
        most = max(int(number) for number in found.groups() if number)
        if most > _MOST_REPETITIONS:
            return f"more than {_MOST_REPETITIONS} repetitions"
        product *= max(most, 1)
    # RE2 refuses nested repetitions by their product; side by side they would be allowed.
    if product > _MOST_REPETITIONS:
        return f"repetitions that multiply to more than {_MOST_REPETITIONS}"
    return None
