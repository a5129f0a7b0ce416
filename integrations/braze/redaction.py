"""Taking secrets and ids out of text that others wrote, before anyone can see it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "••••"
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def redact(text: str, secrets: Iterable[str], *, ids: Iterable[str] = ()) -> str:
    """`text` without the secrets, in any of the forms they may be echoed in.

    `ids` are masked only where they stand alone: short ones would eat ordinary words.
    """
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
    alone = sorted((re.escape(each) for each in ids if each), key=len, reverse=True)
    if alone:
        text = re.sub(rf"(?<!\w)(?:{'|'.join(alone)})(?!\w)", MASK, text)
    return text


def tidy(text: str, limit: int = 500) -> str:
    """One line of at most `limit` characters, without control characters."""
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _forms(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    }
