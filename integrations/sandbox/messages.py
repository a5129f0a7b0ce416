"""A request and an answer, as the rooms of the sandbox hand them on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # path and query as they came
    headers: dict[str, str]  # names in lower case
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0].partition("#")[0])

    @property
    def query(self) -> dict[str, list[str]]:
        return _read_fields(urlsplit("?" + self.target.partition("?")[2]).query)

    @property
    def form(self) -> dict[str, list[str]]:
        return _read_fields(self.body.decode("utf-8", "replace"))

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; the default when it is absent or is none."""
        text = self.query.get(name, [""])[0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else default

    def text(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


def _read_fields(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=200)
    except ValueError:  # more fields than any form of ours has
        return {}


@dataclass
class Response:
    status: int
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None  # "before" any byte, or in the "mid_body"


def json_response(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(data, ensure_ascii=False).encode()
    return Response(status, body, {"content-type": "application/json", **(headers or {})})


def error_response(status: int, message: str) -> Response:
    return json_response({"message": message}, status)


def redirect(location: str) -> Response:
    return Response(303, b"", {"Location": location})
