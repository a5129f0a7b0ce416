"""The style sheets, icons and font of the product, and the sandbox's own script and style."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from django.conf import settings

from integrations.sandbox.messages import Response, error_response

OWN = Path(__file__).parent / "static"
SUFFIXES = {".css", ".js", ".svg", ".woff2"}


def serve_static(name: str) -> Response:
    for root in (OWN, *map(Path, settings.STATICFILES_DIRS)):
        path = (root / name).resolve()
        inside = path.is_relative_to(root.resolve()) and path.suffix in SUFFIXES
        if inside and path.is_file():
            kind = mimetypes.guess_type(path.name)[0] or "font/woff2"
            text = "; charset=utf-8" if kind.startswith("text/") else ""
            headers = {"content-type": kind + text, "cache-control": "max-age=300"}
            return Response(200, path.read_bytes(), headers)
    return error_response(404, "Not Found")
