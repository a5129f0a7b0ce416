"""Checking the addresses that people enter for mails."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

MAX_RECIPIENTS = 50
MAX_LENGTH = 254


class BadRecipients(ValueError):
    """`messages` holds one line for each address to correct."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(" ".join(messages))
        self.messages = messages


def clean_recipients(addresses: Iterable[str]) -> list[str]:
    """The addresses without blanks around them and without repeats, in the given order.

    Their case is kept: the part before the @ may depend on it.
    """
    cleaned = list(dict.fromkeys(stripped for each in addresses if (stripped := each.strip(" "))))
    messages = [message for each in cleaned if (message := _problem(each))]
    if len(cleaned) > MAX_RECIPIENTS:
        messages.append(_("At most %d recipients are possible.") % MAX_RECIPIENTS)
    if messages:
        raise BadRecipients(messages)
    return cleaned


def _problem(address: str) -> str | None:
    shown = address if address.isprintable() else ascii(address)[1:-1]
    if "," in address or not address.isprintable() or len(address) > MAX_LENGTH:
        return _("“%s” is not one e-mail address.") % shown[:80]
    try:
        validate_email(address)
    except ValidationError:
        return _("“%s” is not an e-mail address.") % shown[:80]
    return None
