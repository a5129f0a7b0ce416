"""Stored reasons in the language of whoever reads them.

A worker writes them in its own. What it wrote is found again among the texts of the catalogue,
together with the values that were filled in, and told anew; what is not found stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation.trans_real import translation

_PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]")
# Fewer letters around the values would fit anything.
_LEAST_LETTERS = 4
_DEEPEST = 3


def retell(text: str, depth: int = 0) -> str:
    language = get_language() or "en"
    if not text or language.startswith("en") or depth > _DEEPEST:
        return text
    told = gettext(text)
    if told != text:
        return told
    for pattern, source, names in _patterns(language):
        found = pattern.fullmatch(text)
        if found is not None:
            return _fill(
                gettext(source), names, [retell(each, depth + 1) for each in found.groups()]
            )
    parts = text.split("; ")
    return "; ".join(retell(part, depth + 1) for part in parts) if len(parts) > 1 else text


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str, list[str]]]:
    """Of every text with values in it, the most telling first."""
    catalogue: Any = translation(language)
    found = []
    for source in catalogue._catalog.keys():  # noqa: SIM118 - it is no mapping
        if not isinstance(source, str) or "\x04" in source or not _PLACE.search(source):
            continue
        literal = _PLACE.sub("", source)
        if sum(map(str.isalpha, literal)) >= _LEAST_LETTERS:
            found.append((len(literal), source))
    return [(_compile(source), source, _PLACE.findall(source)) for _, source in sorted(found)[::-1]]


def _compile(source: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for place in _PLACE.finditer(source):
        pattern += _literal(source[end : place.start()])
        pattern += r"([\d,]+)" if place[0].endswith("d") else "(.+)"
        end = place.end()
    return re.compile(pattern + _literal(source[end:]), re.DOTALL)


def _literal(part: str) -> str:
    return re.escape(part.replace("%%", "%"))


def _fill(text: str, names: list[str], values: list[str]) -> str:
    # Values are texts by now, whatever they were.
    text = re.sub(r"(%(?:\(\w+\))?)d", r"\1s", text)
    return text % (dict(zip(names, values, strict=True)) if any(names) else tuple(values))
