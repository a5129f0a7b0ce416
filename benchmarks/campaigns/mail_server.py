"""A mail server that notes what it took."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from email import message_from_bytes
from typing import Any

from aiosmtpd.controller import Controller

from launcher.ports import Ports


class MailServer:
    """Slow, and now and then it asks to come back later."""

    def __init__(self, chance: random.Random, *, slowest: float = 0.1) -> None:
        self._chance = chance
        self._slowest = slowest
        # How often each Message-ID was taken.
        self.taken: Counter[str] = Counter()
        self._controller = Controller(self, hostname="127.0.0.1", port=Ports().take(0, what="SMTP"))
        self.url = f"smtp://127.0.0.1:{self._controller.port}"

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._chance.random() < 0.05:
            return "451 Try again later"
        # From here on it has the mail, whether or not the sender hears of it.
        self.taken[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        await asyncio.sleep(self._chance.uniform(0, self._slowest))
        return "250 OK"
