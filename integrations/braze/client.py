"""One POST to Braze, bounded in time and size. What came back is judged in `answers`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from integrations.braze.wire import Call, Phase, WatchedAdapter

MAX_ANSWER_BYTES = 64 * 1024
_CHUNK = 8 * 1024


@dataclass(frozen=True)
class Reply:
    """An answer with a status line, whole or not."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    # False where the answer ended early, or was longer than we read.
    complete: bool
    duration_ms: int


@dataclass(frozen=True)
class NoReply:
    """The call ended without a status line."""

    phase: Phase
    # Whether a byte of the request may have left: then Braze may have acted on it.
    sent: bool
    expired: bool
    duration_ms: int


def encode(content: Mapping[str, Any]) -> bytes:
    """The body as it is sent. Not ASCII-escaped: ids outside ASCII would grow threefold."""
    try:
        return json.dumps(
            content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        ).encode()
    except UnicodeEncodeError:
        # The original error carries the whole text, keys included.
        raise ValueError("the body holds text that is not valid Unicode") from None


class BrazeClient:
    """Not for several threads at once: one call at a time, over one kept connection."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        connect_timeout: float = 5,
        deadline: float = 45,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._connect_timeout = connect_timeout
        self._deadline = deadline
        self._session = _Session()
        self._session.headers.update(headers or {})

    def post(self, path: str, body: bytes) -> Reply | NoReply:
        with Call(connect_timeout=self._connect_timeout, deadline=self._deadline) as call:
            try:
                response = self._session.post(
                    self._base_url + path,
                    data=body,
                    stream=True,
                    allow_redirects=False,
                    timeout=self._deadline,
                )
            except (requests.RequestException, HTTPError, HTTPException, OSError):
                # Their texts and `request` attributes hold the body; only facts leave here.
                return NoReply(call.phase, call.sent, call.is_over, call.elapsed_ms())
            try:
                body, complete = _read(response, call)
            finally:
                response.close()
            return Reply(
                response.status_code, dict(response.headers), body, complete, call.elapsed_ms()
            )

    def close(self) -> None:
        self._session.close()

    def __repr__(self) -> str:
        return f"BrazeClient({self._base_url!r})"


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        # No proxies, no .netrc, no CA bundle from the environment.
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.clear()
        self.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                "User-Agent": "cohort-dashboard",
            }
        )
        self.mount("https://", WatchedAdapter())
        self.mount("http://", WatchedAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, always: even with `allow_redirects=False` requests would read the whole body
        of a redirect to prepare the next request."""


def _read(response: requests.Response, call: Call) -> tuple[bytes, bool]:
    """At most 64 kB of the body, and whether that is all of it."""
    raw = b""
    try:
        while len(raw) <= MAX_ANSWER_BYTES and (
            chunk := response.raw.read(_CHUNK, decode_content=False)
        ):
            raw += chunk
    except (HTTPError, HTTPException, OSError):
        return raw[:MAX_ANSWER_BYTES], False
    if call.is_over or len(raw) > MAX_ANSWER_BYTES or (not raw and not _has_length(response)):
        return raw[:MAX_ANSWER_BYTES], False
    return _decoded(raw, response.headers.get("Content-Encoding", ""))


def _has_length(response: requests.Response) -> bool:
    """Without a length, an answer that was cut off looks like an empty one."""
    return (
        response.status_code == 204
        or "Content-Length" in response.headers
        or "Transfer-Encoding" in response.headers
    )


def _decoded(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    """We ask for no compression; what comes compressed all the same is unpacked, up to a limit."""
    encoding = encoding.strip().lower()
    if not raw or encoding in ("", "identity"):
        return raw, True
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return b"", False
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        return unpacker.decompress(raw, MAX_ANSWER_BYTES), unpacker.eof
    except zlib.error:
        return b"", False
