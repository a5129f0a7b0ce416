"""The catalogues in `locale/`: what mails say is translated, and what is compiled is current."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from kubit_app import texts

# Whatever a mail can say, whoever reads it.
MAIL_SOURCES = (
    "templates/emails/import.html",
    "templates/emails/import.txt",
    "integrations/mail_content.py",
    "integrations/remedies.py",
    "integrations/safety.py",
    "integrations/cadence.py",
    "integrations/braze/answers.py",
    "integrations/braze/refusals.py",
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]")


def translated(message: Message) -> list[str]:
    found = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text for text in found if text]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_text_of_a_mail_is_translated(language: str) -> None:
    catalogue = texts.read_catalogue(language)
    found = texts.find_texts([texts.ROOT / name for name in MAIL_SOURCES])
    assert len(found) > 100
    missing = []
    for message in found:
        entry = catalogue.get(message.id, message.context) if message.id else None
        if message.id and (entry is None or entry.fuzzy or not translated(entry)):
            missing.append(message.id)
    assert missing == [], "run `python3 run.py texts`, then translate these in locale/"


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
