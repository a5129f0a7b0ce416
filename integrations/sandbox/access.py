"""Who may use the pages and the control interface: this machine's own browser, no other site.

A page on the internet could otherwise make a visitor's browser call a server on loopback, by a
form or by a name that it lets point to 127.0.0.1.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.sandbox.messages import Request

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def refuse_stranger(request: Request, allowed_hosts: frozenset[str]) -> str | None:
    """Why this request is not served, or None."""
    host = request.headers.get("host", "")
    if _name_of(host) not in LOOPBACK | allowed_hosts:
        return "This host name is not served. Use localhost, or start with --allowed-host NAME."
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return "Another site asked for this. Only the sandbox's own pages may."
    # Following a link from elsewhere to a page is harmless; everything else is not.
    link = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site") and not link:
        return "Another site asked for this. Only the sandbox's own pages may."
    return None


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
