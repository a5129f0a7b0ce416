"""Telling people how an import ended: mails are rows first, and sent from there.

The row is written in the transaction that ends the run, so a mail can neither be lost nor tell
of something that did not happen. Sending may repeat after a lost answer of the mail server; the
Message-ID is the same then.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop, override

from integrations.braze.redaction import redact, tidy
from integrations.fail_points import reach
from integrations.languages import languages_of
from integrations.mail_content import Content, find_kind, is_good_news, write_content
from integrations.models import ImportRun, ImportSchedule, Incident, OutboxMail
from integrations.pace import paced
from integrations.recipients import recipients_of

logger = logging.getLogger(__name__)
State = OutboxMail.State

# Longer than one attempt can take; afterwards another worker may try.
LEASE = timedelta(seconds=paced(300))
GIVE_UP_AFTER = timedelta(hours=24)
LONGEST_PAUSE = timedelta(hours=1)
# Of an incident, which is told again in the language of its reader.
_NOT_WRITTEN = gettext_noop("No mail about import %(run)s: %(why)s")


def write_mails(run: ImportRun) -> int:
    """One row per recipient of the run, in the caller's transaction; answers how many.

    Called again for the same run and state it writes nothing new.
    """
    kind = find_kind(run)
    if kind is None or not _is_wanted(run, kind):
        return 0
    try:
        with transaction.atomic():
            return _write(run, kind, recipients_of(run, is_good_news=is_good_news(kind)))
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - a mail must never cost a run its end
        logger.error("mail about run %s: %s", run.pk, type(error).__name__)
        Incident.objects.create(
            kind="mail_not_written",
            text=_NOT_WRITTEN % {"run": run.pk, "why": type(error).__name__},
        )
        return 0


def _is_wanted(run: ImportRun, kind: str) -> bool:
    """A schedule may be quiet while all goes well; whoever starts an import by hand hears of it."""
    schedule = run.schedule
    if schedule is None or run.trigger != ImportRun.Trigger.SCHEDULED:
        return True
    return not (is_good_news(kind) and schedule.notify == ImportSchedule.Notify.PROBLEMS)


def send_waiting_mails(limit: int = 20) -> int:
    """Send what is due; answers how many the mail server took. Safe in several workers."""
    due = OutboxMail.objects.filter(state=State.WAITING, next_try_at__lte=timezone.now())
    mails = list(due.order_by("next_try_at", "pk")[:limit])
    if not mails:
        return 0
    backend, sent = get_connection(), 0
    try:
        for mail in mails:
            if not _claim(mail):
                continue
            reach("mail_claimed")
            error = _try_to_send(mail, backend)
            if error is None:
                sent += 1
            elif isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
                break  # The server is away: the others would only wait for it, too.
    finally:
        _close(backend)
    return sent


def _write(run: ImportRun, kind: str, recipients: list[str]) -> int:
    existing = set(
        OutboxMail.objects.filter(run=run, kind=kind).values_list("recipient", flat=True)
    )
    languages = languages_of(run, recipients)
    contents = {language: _content(run, kind, language) for language in set(languages.values())}
    now = timezone.now()
    rows = [
        OutboxMail(
            run=run,
            kind=kind,
            recipient=recipient,
            message_id=message_id(run, recipient, kind),
            subject=contents[languages[recipient]].subject,
            text=contents[languages[recipient]].text,
            html=contents[languages[recipient]].html,
            next_try_at=now,
        )
        for recipient in recipients
        if recipient not in existing
    ]
    OutboxMail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _content(run: ImportRun, kind: str, language: str) -> Content:
    with override(language):
        return write_content(run, kind)


def message_id(run: ImportRun, recipient: str, kind: str) -> str:
    """The same for the same mail, so that a repeated one can be recognised."""
    digest = hashlib.sha256(f"{run.pk}\n{kind}\n{recipient}".encode()).hexdigest()[:16]
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<import-{run.pk}.{kind}.{digest}@{host}>"


def _claim(mail: OutboxMail) -> bool:
    """Whether this worker may send it now. The update takes effect for one of several."""
    until = timezone.now() + LEASE
    claimed = OutboxMail.objects.filter(
        pk=mail.pk, state=State.WAITING, next_try_at=mail.next_try_at
    ).update(next_try_at=until, attempts=F("attempts") + 1)
    mail.next_try_at = until
    mail.attempts += 1
    return bool(claimed)


def _try_to_send(mail: OutboxMail, backend: BaseEmailBackend) -> Exception | None:
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.recipient],
        connection=backend,
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(mail.html, "text/html")
    try:
        # Kept open between mails; a no-op when it is.
        backend.open()
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # The session may be half-way through a mail.
        _close(backend)
        _record_failure(mail, error)
        return error
    reach("mail_sent")
    _mine(mail).update(state=State.SENT, sent_at=timezone.now(), error="")
    return None


def _record_failure(mail: OutboxMail, error: Exception) -> None:
    now = timezone.now()
    over = _is_permanent(error) or now - mail.created_at > GIVE_UP_AFTER
    _mine(mail).update(
        state=State.FAILED if over else State.WAITING,
        next_try_at=now + pause_after(mail.attempts),
        error=_words(error),
    )
    logger.warning("mail %s: %s", mail.pk, type(error).__name__)


def _mine(mail: OutboxMail) -> QuerySet[OutboxMail]:
    """The row, unless its lease ended and another worker took it."""
    return OutboxMail.objects.filter(pk=mail.pk, next_try_at=mail.next_try_at)


def pause_after(attempts: int) -> timedelta:
    return min(timedelta(seconds=paced(30) * 2 ** min(attempts, 10)), LONGEST_PAUSE)


def _is_permanent(error: Exception) -> bool:
    """Refused for good: this address, or this mail. Other refusals are the operator's to mend."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)


def _words(error: Exception) -> str:
    """What the mail server said, in one line and without the password."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            text = "; ".join(_reply(*reply) for reply in error.recipients.values())
        case smtplib.SMTPResponseException():
            text = _reply(error.smtp_code, error.smtp_error)
        case OSError() if not isinstance(error, smtplib.SMTPException):
            reason = error.strerror or type(error).__name__
            text = f"The mail server {settings.EMAIL_HOST} cannot be reached: {reason}"
        case _:
            text = type(error).__name__
    return tidy(redact(text, [settings.EMAIL_HOST_PASSWORD or ""]), 255)


def _reply(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"


def _close(backend: BaseEmailBackend) -> None:
    try:
        backend.close()
    except (smtplib.SMTPException, OSError):
        logger.debug("the mail server hung up first")
