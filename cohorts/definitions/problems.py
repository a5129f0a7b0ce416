"""What is wrong with a definition, placed where the analyst can find it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# Zero-width joiner and non-joiner, and the tags that flags of regions are spelled with.
_JOINERS = frozenset("\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}


@dataclass(frozen=True)
class Problem:
    """One thing to correct. `path` is a JSON path such as `conditions[2].window.last`;
    it is empty when the definition as a whole is meant."""

    path: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DefinitionError(Exception):
    """The definition cannot be used; every problem found is in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def quote(value: object, limit: int = 60) -> str:
    """A value from the definition, short and printable, for use inside a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            # Python refuses to spell whole numbers of more than 4,300 digits.
            return str(value) if abs(value) < 10**18 else "a very large number"
        case float():
            return repr(value)
        case str():
            text = value if len(value) <= limit else value[: limit - 1] + "…"
            return f"“{make_printable(text)}”"
        case list():
            return "a list"
        case _:
            return "an object"


def is_showable(text: str) -> bool:
    """No control characters, no marks that turn the text around them, no lone surrogates.

    Spaces of any width and what joins characters into one are what people write: full-width
    spaces in Japanese, and emoji that are made of several.
    """
    return all(_is_showable(char) for char in text)


def make_printable(text: str) -> str:
    """The text with all that cannot be shown spelled as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if _is_showable(char) else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _is_showable(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs" or char in _JOINERS


def find_nearest(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The known names most like `name`, best first; case alone is no difference."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    # Comparing is quadratic in the length, and nobody mistypes a name of 200 characters.
    found = get_close_matches(name.casefold()[:200], by_folded, n=count, cutoff=0.6)
    return tuple(by_folded[folded] for folded in found)


def join_or(names: Iterable[str]) -> str:
    """“a”, “b” or “c”, for messages."""
    quoted = [quote(name) for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))
