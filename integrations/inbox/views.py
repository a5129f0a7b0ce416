"""Pages of the inbox. They exist in the demo only."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from integrations.inbox.mailbox import Mailbox, arrived_at, body_of
from integrations.inbox.restyle import Restyled, restyle

SHOWN = 100
# Same origin, so that the style sheet is asked for with the visitor's session; without
# scripts that grants the mail nothing. Links open a window of their own.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'self'; img-src data:; "
    "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
)


def _demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, **kwargs)

    return guarded


def _mailbox() -> Mailbox:
    return Mailbox(settings.DATA_DIR / "inbox")


def _get(message_id: str) -> EmailMessage:
    message = _mailbox().find(message_id)
    if message is None:
        raise Http404
    return message


@require_safe
@_demo_only
def list_messages(request: HttpRequest) -> HttpResponse:
    messages = [_summary(*entry) for entry in _mailbox().newest(SHOWN)]
    return render(request, "integrations/inbox.html", {"messages_received": messages})


@require_safe
@_demo_only
def show_message(request: HttpRequest, message_id: str) -> HttpResponse:
    message = _get(message_id)
    context = {
        "message": _summary(message_id, message),
        "headers": [(name, str(value)) for name, value in message.items()],
        "text": body_of(message, "plain"),
        "has_html": bool(body_of(message, "html")),
        "sandbox": SANDBOX,
    }
    return render(request, "integrations/inbox_message.html", context)


@require_safe
@xframe_options_sameorigin
@_demo_only
def show_html(request: HttpRequest, message_id: str) -> HttpResponse:
    response = HttpResponse(_restyled(message_id).html)
    response["Content-Security-Policy"] = POLICY
    return response


@require_safe
@_demo_only
def show_style(request: HttpRequest, message_id: str) -> HttpResponse:
    return HttpResponse(_restyled(message_id).css, content_type="text/css; charset=utf-8")


def _restyled(message_id: str) -> Restyled:
    source = body_of(_get(message_id), "html")
    if not source:
        raise Http404
    return restyle(source, stylesheet=reverse("integrations:inbox_style", args=[message_id]))


def _summary(message_id: str, message: EmailMessage) -> dict[str, object]:
    return {
        "id": message_id,
        "at": arrived_at(message_id),
        "sender": str(message.get("From", "")),
        "to": str(message.get("To", "")),
        "subject": str(message.get("Subject", "")),
    }
