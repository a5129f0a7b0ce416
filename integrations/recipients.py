"""Who gets mails: checking the addresses that people enter, and what people chose for theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from integrations.models import ImportRun, Profile

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


def recipients_of(run: ImportRun, *, is_good_news: bool) -> list[str]:
    """Each once: those of the import, but for what whoever started it by hand chose for theirs."""
    recipients = list(dict.fromkeys(run.recipients))
    if run.trigger == ImportRun.Trigger.SCHEDULED or run.requested_by_id is None:
        return recipients
    profile = Profile.objects.filter(user=run.requested_by_id).select_related("user").first()
    if profile is None or not profile.notify or not profile.user.email:
        return recipients
    own = profile.user.email
    others = [each for each in recipients if each.lower() != own.lower()]
    never = profile.notify == Profile.Notify.NEVER
    if never or (is_good_news and profile.notify == Profile.Notify.PROBLEMS):
        return others
    return recipients if len(others) < len(recipients) else [*recipients, own]


def _problem(address: str) -> str | None:
    shown = address if address.isprintable() else ascii(address)[1:-1]
    if "," in address or not address.isprintable() or len(address) > MAX_LENGTH:
        return _("“%s” is not one e-mail address.") % shown[:80]
    try:
        validate_email(address)
    except ValidationError:
        return _("“%s” is not an e-mail address.") % shown[:80]
    return None
