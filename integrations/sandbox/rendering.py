"""Pages are Django templates with an engine of their own: everything is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import translation

from integrations.sandbox.messages import Request, Response

ENGINE = Engine(
    dirs=[str(Path(__file__).parent / "templates")],
    autoescape=True,
    libraries={"humanize": "django.contrib.humanize.templatetags.humanize"},
    builtins=[
        "django.templatetags.i18n",
        "django.contrib.humanize.templatetags.humanize",
    ],
)


def render(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    language = _language(request.headers.get("accept-language", ""))
    with translation.override(language):
        page = ENGINE.get_template(f"sandbox/{template}")
        names = {"LANGUAGE_CODE": language, "host": request.headers.get("host", "")}
        body = page.render(Context({**names, **context})).encode()
    return Response(status, body, {"content-type": "text/html; charset=utf-8"})


def _language(accepted: str) -> str:
    for part in accepted.split(","):
        try:
            return translation.get_supported_language_variant(part.split(";")[0].strip())
        except LookupError:
            continue
    return "en"


def write_time(instant: float | None) -> str:
    """UTC, in the product's own form: 11/20/2026 8:00:04 AM."""
    if instant is None:
        return ""
    when = datetime.fromtimestamp(instant, UTC)
    return f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S %p}"


def mask(secret: str) -> str:
    """Enough to tell two keys apart; a short one shows nothing of itself."""
    return "••••••••" + (secret[-4:] if len(secret) >= 12 else "")
