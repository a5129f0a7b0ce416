"""Fetch one file by URL, and accept it only with the digest written in this repository."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from launcher.console import Stop

TIME_LIMIT = 120


def fetch(url: str, *, digest: str, algorithm: str, into: Path) -> None:
    """Write the file at `url` to `into`. `digest` is hex, or base64 as npm writes it."""
    content = _read(url)
    found = hashlib.new(algorithm, content).digest()
    if digest not in (found.hex(), base64.b64encode(found).decode()):
        raise Stop(f"{url} is not the file it should be ({algorithm} differs). Nothing was used.")
    into.parent.mkdir(parents=True, exist_ok=True)
    draft = into.with_name(f".{into.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(into)


def fetch_wheel(url: str, *, digest: str, into: Path) -> None:
    """As `fetch`; where a package index of one's own is configured, by way of that index."""
    index = os.environ.get("PIP_INDEX_URL")
    fetch(
        _find_in_index(index, url) if index else url, digest=digest, algorithm="sha256", into=into
    )


def _find_in_index(index: str, url: str) -> str:
    name = url.rsplit("/", 1)[1]
    page_url = f"{index.rstrip('/')}/{name.split('-', 1)[0]}/"
    links: list[str] = re.findall(r'href="([^"]+)"', _read(page_url).decode(errors="replace"))
    for link in links:
        path = link.split("#", 1)[0]
        if path.endswith(name):
            return urllib.parse.urljoin(page_url, path)
    raise Stop(f"The package index {page_url} does not offer {name}.")


def _read(url: str) -> bytes:
    try:
        return _open(url, ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None))
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError) and not _has_authorities():
            # A bare system has no certificate authorities. The digest decides what is accepted.
            return _open(url, ssl._create_unverified_context())  # noqa: S323
        raise Stop(f"{url} could not be read: {error.reason}. Is the network reachable?") from None
    except OSError as error:
        raise Stop(f"{url} could not be read: {error}. Is the network reachable?") from None


def _open(url: str, context: ssl.SSLContext) -> bytes:
    with urllib.request.urlopen(url, timeout=TIME_LIMIT, context=context) as answer:
        content: bytes = answer.read()
    return content


def _has_authorities() -> bool:
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
    paths = ssl.get_default_verify_paths()
    return bool(context.get_ca_certs()) or bool(paths.capath and any(Path(paths.capath).iterdir()))
