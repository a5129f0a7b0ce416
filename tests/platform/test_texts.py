"""The catalogues in `locale/`: every text is translated, and what is compiled is current."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from kubit_app import texts

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%(?:\.\d)?[sdf%]|\{\w+\}|</?\w+[^>]*>")


def translated(message: Message) -> list[str]:
    found = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text for text in found if text]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalogue = texts.read_catalogue(language)
    found = texts.find_texts()
    assert len(found) > 1500
    missing = []
    for message in found:
        entry = catalogue.get(message.id, message.context) if message.id else None
        if message.id and (entry is None or entry.fuzzy or not translated(entry)):
            missing.append(message.id)
    assert missing == [], "run `python3 run.py texts`, then translate these in locale/"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    found = texts.find_texts()
    catalogue = texts.read_catalogue(language)
    idle = [each.id for each in catalogue if each.id and not found.get(each.id, each.context)]
    assert idle == [], "run `python3 run.py texts`"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_translation_holds_the_same_values(language: str) -> None:
    def kinds(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    def unlike() -> Iterator[str]:
        for message in texts.read_catalogue(language):
            source = message.id[-1] if isinstance(message.id, tuple) else message.id
            if source and any(kinds(text) != kinds(source) for text in translated(message)):
                yield source

    assert list(unlike()) == []


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = texts.catalogue_path(language).with_suffix(".mo")
    current = texts.compiled(texts.read_catalogue(language))
    assert path.read_bytes() == current, "run `python3 run.py texts`"


def test_texts_of_python_and_of_templates_are_found() -> None:
    found = texts.find_texts(
        [
            texts.ROOT / "templates/emails/import.html",
            texts.ROOT / "integrations/cadence.py",
        ]
    )
    assert "What to do" in found
    assert any("<b>%(filter_name)s</b>" in message.id for message in found)
    assert found.get("Every %d day") is not None
    assert found.get("T", "Tuesday, shortest") is not None
