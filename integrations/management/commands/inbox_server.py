from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.inbox.mailbox import Mailbox
from integrations.inbox.server import serve


class Command(BaseCommand):
    help = "Receive mail over SMTP and keep it for the pages under /inbox/."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=1025)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write(f"Receiving mail on {host}:{port}")
        try:
            serve(Mailbox(settings.DATA_DIR / "inbox"), host=host, port=port, until=stop)
        except OSError as error:
            raise CommandError(f"Port {port} on {host} cannot be used: {error.strerror}") from None
