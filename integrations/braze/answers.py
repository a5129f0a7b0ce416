"""What an answer means: whether the change took effect, and what to do next.

Refused means certainly not applied. Unknown means it may have been: a lost answer says nothing
about the change. Where the status is enough, the text decides nothing.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from integrations.braze import refusals
from integrations.braze.client import NoReply, Reply
from integrations.braze.redaction import tidy
from integrations.braze.waits import wait_from_headers

Clean = Callable[[str], str]
MAX_WARNINGS = 20


class Outcome(enum.Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RefusedObject:
    """A member that Braze refused while it took the rest of the request."""

    id: str
    reason: str


@dataclass(frozen=True)
class Texts:
    """What refusals are called where they differ by the way of delivery."""

    by_status: Mapping[int, refusals.Refusal]
    # By what Braze's text to a 401 contains, in lower case.
    unauthorized: Mapping[str, refusals.Refusal]
    unauthorized_other: refusals.Refusal


PARTNER_TEXTS = Texts(refusals.BY_STATUS, refusals.UNAUTHORIZED, refusals.UNAUTHORIZED_OTHER)
TRACK_TEXTS = Texts(
    {**refusals.BY_STATUS, **refusals.TRACK_BY_STATUS}, {}, refusals.TRACK_UNAUTHORIZED
)


@dataclass(frozen=True)
class Answer:
    outcome: Outcome
    status: int | None
    # A fixed word, to branch on and to count.
    kind: str
    # For people: says what happened and what to do. Holds no key and no member id.
    message: str
    # Whether the same request may be sent again.
    retry: bool
    wait_seconds: float | None = None
    warnings: tuple[str, ...] = ()
    duration_ms: int = 0
    # Of an accepted request: members whose part of it Braze refused.
    refused: tuple[RefusedObject, ...] = field(default=(), repr=False)

    @property
    def is_accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED


def judge(
    result: Reply | NoReply, *, host: str, texts: Texts = PARTNER_TEXTS, clean: Clean = tidy
) -> Answer:
    """The answer to what one POST brought back. `clean` takes keys and ids out of Braze's texts."""
    if isinstance(result, NoReply):
        answer = _judge_silence(result, host)
    else:
        answer = classify(
            result.status,
            result.headers,
            result.body,
            complete=result.complete,
            texts=texts,
            clean=clean,
        )
    return replace(answer, duration_ms=result.duration_ms)


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    complete: bool = True,
    texts: Texts = PARTNER_TEXTS,
    clean: Clean = tidy,
    now: datetime | None = None,
) -> Answer:
    now = now or datetime.now(UTC)
    if 200 <= status < 300:
        return _judge_success(status, body, complete, clean)
    if 300 <= status < 400:
        return _judge_redirect(status, headers, clean)
    if 400 <= status < 500:
        return _judge_refusal(status, headers, body, texts, clean, now)
    if status >= 500:
        return _judge_server_error(status, headers, now)
    return _unknown(status, "odd_answer", _("Braze answered with the unusual status %s.") % status)


def _judge_success(status: int, body: bytes, complete: bool, clean: Clean) -> Answer:
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return _not_from_braze(status)
    if not complete:
        return _unknown(status, "truncated", _("The answer from Braze was cut off or too long."))
    content = _parse(text) if text else {}
    if not isinstance(content, dict):
        return _not_from_braze(status)
    message = content.get("message") or "success"
    word = message.strip().lower() if isinstance(message, str) else ""
    warnings = _warnings(content, clean)
    if word == "success":
        return Answer(Outcome.ACCEPTED, status, "accepted", _("Accepted."), False, None, warnings)
    if word == "queued":
        note = _("Braze is under maintenance and will process this later.")
        return Answer(Outcome.ACCEPTED, status, "queued", note, False, None, warnings)
    said = clean(message) if isinstance(message, str) else type(message).__name__
    return _unknown(
        status,
        "odd_answer",
        _("Braze answered %(status)s, but said: %(text)s") % _said(status, said),
    )


def _judge_redirect(status: int, headers: Mapping[str, str], clean: Clean) -> Answer:
    target = next((value for name, value in headers.items() if name.lower() == "location"), "")
    text = _(
        "The address answered with a redirect (%(status)s) to %(text)s. It was not followed. "
        "Check the REST endpoint."
    )
    said = _said(status, clean(target) or _("nowhere"))
    return Answer(Outcome.REFUSED, status, "redirected", text % said, False)


def _judge_refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    texts: Texts,
    clean: Clean,
    now: datetime,
) -> Answer:
    if status == 401:
        return _judge_unauthorized(_message(body), texts)
    refusal = texts.by_status.get(status, refusals.OTHER)
    text = _(refusal.text) % _said(status, clean(_message(body)) or _("no reason given"))
    wait = None
    if status == refusals.RATE_LIMITED:
        wait = wait_from_headers(headers, now=now)
    elif refusal.retry:
        wait = _told_wait(headers, now)
    return Answer(Outcome.REFUSED, status, refusal.kind, text, refusal.retry, wait)


def _judge_unauthorized(said: str, texts: Texts) -> Answer:
    """Braze's own text is not shown: it may echo the key."""
    said = said.replace("`", "").lower()
    refusal = next(
        (each for words, each in texts.unauthorized.items() if words in said),
        texts.unauthorized_other,
    )
    return Answer(Outcome.REFUSED, 401, refusal.kind, _(refusal.text), refusal.retry)


def _judge_server_error(status: int, headers: Mapping[str, str], now: datetime) -> Answer:
    text = _("Braze has a fault on its side (%s).") % status
    answer = _unknown(status, "server_error", text, retry=status != 501)
    return replace(answer, wait_seconds=_told_wait(headers, now))


def _judge_silence(result: NoReply, host: str) -> Answer:
    if result.sent:
        kind, text = (
            ("no_answer", _("%s did not answer in time."))
            if result.expired
            else ("connection_lost", _("The connection to %s was lost before the answer came."))
        )
        return _unknown(None, kind, text % host)
    refusal = refusals.BEFORE_SENDING[result.phase]
    return Answer(Outcome.REFUSED, None, refusal.kind, _(refusal.text) % host, refusal.retry)


def _not_from_braze(status: int) -> Answer:
    text = _("The answer did not come from Braze: it is no JSON object (status %s). A proxy or a "
             "log-in page may stand in between.")  # fmt: skip
    return _unknown(status, "not_braze", text % status)


def _unknown(status: int | None, kind: str, text: str, *, retry: bool = True) -> Answer:
    return Answer(Outcome.UNKNOWN, status, kind, text, retry)


def _told_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Only where told outright: `x-ratelimit-reset` is in every answer and means nothing here."""
    kept = {name: value for name, value in headers.items() if name.lower() != "x-ratelimit-reset"}
    return wait_from_headers(kept, now=now)


def _said(status: int, text: str) -> dict[str, object]:
    return {"status": status, "text": text}


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _message(body: bytes) -> str:
    """The `message` of an error body. A page of HTML is no message."""
    text = body.decode("utf-8", "replace")
    content = _parse(text)
    if isinstance(content, dict):
        message = content.get("message")
        return message if isinstance(message, str) else ""
    return "" if text.lstrip().startswith("<") else text


def _warnings(content: Mapping[str, Any], clean: Clean) -> tuple[str, ...]:
    """Minor errors come as texts or as objects, under one of two names."""
    found: list[str] = []
    for name in ("errors", "minor_errors"):
        value = content.get(name)
        items = value if isinstance(value, list) else [value] if value else []
        found.extend(clean(_warning(item)) for item in items[:MAX_WARNINGS])
    return tuple(text for text in found if text)[:MAX_WARNINGS]


def _warning(item: Any) -> str:
    if isinstance(item, dict):
        # Other keys may name a member.
        return " ".join(str(item[key]) for key in ("type", "message") if item.get(key))
    return str(item)
