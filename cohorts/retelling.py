"""English reasons in the language of whoever reads them.

A worker stores them in its own language, and the rules of definitions know English alone. What was
told is found again among the texts of the catalogue, together with the values that were filled in,
and told anew; what is not found stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from django.utils.translation import get_language, gettext
from django.utils.translation.trans_real import translation

from cohorts.definitions.problems import Problem

_PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]")
# Fewer letters around the values would fit anything.
_LEAST_LETTERS = 3
_DEEPEST = 4
# A value that is itself a sentence or two is tried last.
_NO_BREAK = r"((?:(?![.?] [A-Z“]).)+)"
_SENTENCE = re.compile(r"(?<=[.?]) (?=[A-Z“])")


class Pattern(NamedTuple):
    source: str
    names: list[str]
    strict: re.Pattern[str]
    loose: re.Pattern[str]


def retell(text: str) -> str:
    language = get_language() or "en"
    if not text or language.startswith("en"):
        return text
    return _retell(text, language, 0)


def retell_problem(problem: Problem) -> str:
    """With the path, as `str` writes a problem."""
    return str(replace(problem, message=retell(problem.message)))


def _retell(text: str, language: str, depth: int) -> str:
    if depth > _DEEPEST:
        return text
    told = gettext(text)
    if told == text:
        told = _match(text, language, depth, "strict") or text
    for separator in (_SENTENCE, re.compile("; ")):
        parts = separator.split(text) if told == text else []
        if len(parts) > 1:
            again = [_retell(part, language, depth + 1) for part in parts]
            if all(new != old for new, old in zip(again, parts, strict=True)):
                told = ("" if separator is _SENTENCE else "; ").join(again)
    if told == text:
        told = _match(text, language, depth, "loose") or text
    return told.replace("” or “", gettext("” or “"))


def _match(text: str, language: str, depth: int, kind: str) -> str | None:
    for pattern in _patterns(language):
        found = getattr(pattern, kind).fullmatch(text)
        if found is not None:
            values = [_retell(each, language, depth + 1) for each in found.groups()]
            return _fill(gettext(pattern.source), pattern.names, values)
    return None


@cache
def _patterns(language: str) -> list[Pattern]:
    """Of every text with values in it, the most telling first."""
    catalogue: Any = translation(language)
    found = []
    for source in catalogue._catalog.keys():  # noqa: SIM118 - it is no mapping
        if not isinstance(source, str) or "\x04" in source or not _PLACE.search(source):
            continue
        literal = _PLACE.sub("", source)
        if sum(map(str.isalpha, literal)) >= _LEAST_LETTERS:
            found.append((len(literal), source))
    return [_pattern(source) for _, source in sorted(found)[::-1]]


def _pattern(source: str) -> Pattern:
    names = _PLACE.findall(source)
    return Pattern(source, names, _compile(source, _NO_BREAK), _compile(source, "(.+)"))


def _compile(source: str, value: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for place in _PLACE.finditer(source):
        pattern += _literal(source[end : place.start()])
        pattern += r"([\d,]+)" if place[0].endswith("d") else value
        end = place.end()
    return re.compile(pattern + _literal(source[end:]), re.DOTALL)


def _literal(part: str) -> str:
    return re.escape(part.replace("%%", "%"))


def _fill(text: str, names: list[str], values: list[str]) -> str:
    # Values are texts by now, whatever they were.
    text = re.sub(r"(%(?:\(\w+\))?)d", r"\1s", text)
    return text % (dict(zip(names, values, strict=True)) if any(names) else tuple(values))
