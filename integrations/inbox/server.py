"""The SMTP server of the inbox. Takes every message, delivers none further."""

from __future__ import annotations

import threading
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from integrations.inbox.mailbox import Mailbox

LARGEST = 10_000_000


class StoringHandler:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        try:
            self.mailbox.add(content if isinstance(content, bytes) else content.encode())
        except OSError:
            # The sender keeps the mail and tries again, as with any full mail server.
            return "452 The inbox cannot store mail now"
        return "250 Message stored"


def make_server(mailbox: Mailbox, *, host: str, port: int) -> Controller:
    options: dict[str, Any] = {"data_size_limit": LARGEST, "ident": "cohort-dashboard inbox"}
    return Controller(StoringHandler(mailbox), hostname=host, port=port, **options)


def serve(mailbox: Mailbox, *, host: str, port: int, until: threading.Event) -> None:
    """Serve until told to stop. Raises OSError where the port cannot be had."""
    server = make_server(mailbox, host=host, port=port)
    server.start()
    try:
        until.wait()
    finally:
        server.stop()
