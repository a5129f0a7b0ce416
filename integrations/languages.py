"""In which language a mail is written."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models.functions import Lower
from django.utils.translation import get_language

from integrations.models import ImportRun, Profile


def languages_of(run: ImportRun, recipients: Iterable[str]) -> dict[str, str]:
    """By recipient: the language of the person who signs in with that address, else of whoever
    asked for the import, else of the installation.
    """
    recipients = list(recipients)
    chosen = Profile.objects.exclude(language="").annotate(address=Lower("user__email"))
    known = dict(
        chosen.filter(address__in=[each.lower() for each in recipients]).values_list(
            "address", "language"
        )
    )
    fallback = run.language or settings.LANGUAGE_CODE
    return {each: known.get(each.lower()) or fallback for each in recipients}


def language_of_asker() -> str:
    """That of the page or command which is at work; blank for one that there is no text in."""
    language = get_language() or ""
    return language if language in dict(settings.LANGUAGES) else ""
