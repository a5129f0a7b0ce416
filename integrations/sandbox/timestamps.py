"""Is a text an ISO-8601 date and time? Stricter than Python, which also takes a blank for the T."""

from __future__ import annotations

import re
from datetime import datetime

_EXTENDED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r"(?:Z|[+-](\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_BASIC = re.compile(
    r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(?:[.,]\d+)?)?(?:Z|[+-](\d\d)(\d\d)?)?", re.ASCII
)


def is_iso8601(text: str) -> bool:
    """Dates, and date-times with or without fraction and offset, extended or basic form."""
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second, off_hour, off_minute = (
        int(part or 0) for part in match.groups()
    )
    if off_hour > 23 or off_minute > 59:
        return False
    if (hour, minute, second) == (24, 0, 0):  # the end of a day, in ISO's words
        hour = 0
    try:
        # A leap second is a valid time that datetime cannot hold.
        datetime(year, month, day, hour, minute, 59 if second == 60 else second)  # noqa: DTZ001
    except ValueError:
        return False
    return True
