"""What a person reads on a page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def text(response: Any) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()))
