"""Messages as files, one each, newest first. Survives restarts; old ones make room."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path

KEPT = 500
_ID = re.compile(r"\d{8}t\d{6}-\d{6}-[0-9a-f]{8}")


class Mailbox:
    def __init__(self, folder: Path, *, keep: int = KEPT) -> None:
        self.folder = folder
        self.keep = keep

    def add(self, content: bytes) -> str:
        """Keep a message; its id sorts by time of arrival."""
        self.folder.mkdir(parents=True, exist_ok=True)
        message_id = f"{datetime.now(UTC):%Y%m%dt%H%M%S-%f}-{secrets.token_hex(4)}"
        draft = self.folder / f".{message_id}"
        draft.write_bytes(content)
        os.replace(draft, self._path(message_id))
        for old in self.ids()[self.keep :]:
            self._path(old).unlink(missing_ok=True)
        return message_id

    def ids(self) -> list[str]:
        """Newest first."""
        names = (path.stem for path in self.folder.glob("*.eml"))
        return sorted(filter(_ID.fullmatch, names), reverse=True)

    def find(self, message_id: str) -> EmailMessage | None:
        if not _ID.fullmatch(message_id):
            return None
        try:
            content = self._path(message_id).read_bytes()
        except FileNotFoundError:
            return None
        return message_from_bytes(content, policy=modern)

    def newest(self, count: int) -> Iterator[tuple[str, EmailMessage]]:
        for message_id in self.ids()[:count]:
            # A message may have made room since the list was read.
            if message := self.find(message_id):
                yield message_id, message

    def _path(self, message_id: str) -> Path:
        return self.folder / f"{message_id}.eml"


def arrived_at(message_id: str) -> datetime:
    return datetime.strptime(message_id.rpartition("-")[0], "%Y%m%dt%H%M%S-%f").replace(tzinfo=UTC)


def body_of(message: EmailMessage, kind: str) -> str:
    """The "plain" or "html" part as text; empty where there is none."""
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        content = part.get_content()
    except LookupError:  # the message names a character set that Python does not know
        payload = part.get_payload(decode=True)
        content = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
    return str(content)
