"""What both ways to deliver share: one judged POST, with keys and ids kept out of its texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from integrations.braze.answers import Answer, Texts, judge
from integrations.braze.client import BrazeClient, NoReply, Reply, encode
from integrations.braze.redaction import redact, tidy
from integrations.braze.waits import add_jitter

MAX_BODY_BYTES = 1_000_000


class BadBatch(ValueError):
    """A request that must never be sent. A fault in the program, not in the data."""


class Caller:
    """One address of Braze, and what has to stay secret about it."""

    def __init__(
        self,
        base_url: str,
        secrets: Iterable[str],
        *,
        texts: Texts,
        headers: Mapping[str, str] | None = None,
        connect_timeout: float = 5,
        deadline: float = 45,
    ) -> None:
        self.host = _checked_host(base_url)
        self._secrets = tuple(secrets)
        self._texts = texts
        self._client = BrazeClient(
            base_url, headers=headers, connect_timeout=connect_timeout, deadline=deadline
        )

    def post(
        self, path: str, content: Mapping[str, Any], *, ids: Iterable[str] = ()
    ) -> tuple[Answer, Reply | NoReply]:
        body = encode(content)
        if len(body) > MAX_BODY_BYTES:
            raise BadBatch(f"a request holds at most {MAX_BODY_BYTES} bytes")
        masked = list(ids)

        def clean(text: str) -> str:
            return tidy(redact(text, self._secrets, ids=masked))

        result = self._client.post(path, body)
        answer = judge(result, host=self.host, texts=self._texts, clean=clean)
        if answer.wait_seconds is not None:
            answer = replace(answer, wait_seconds=add_jitter(answer.wait_seconds))
        return answer, result

    def close(self) -> None:
        self._client.close()


def check_ids(add: Iterable[str], remove: Iterable[str], *, most: int) -> None:
    added, removed = list(add), list(remove)
    if not added and not removed:
        raise BadBatch("a batch without ids")
    if len(added) + len(removed) > most:
        raise BadBatch(f"a batch holds at most {most} ids")
    if not all((*added, *removed)):
        raise BadBatch("an id is empty")
    if len({*added, *removed}) < len(added) + len(removed):
        raise BadBatch("an id is in the batch twice, or on both sides")


def _checked_host(base_url: str) -> str:
    parts = urlsplit(base_url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ValueError("the base URL needs the form https://host, without log-in or query")
    return parts.netloc
