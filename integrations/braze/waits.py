"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_WAIT = 1.0
LONGEST_WAIT = 900.0
_EPOCHS_START = 1e9

Random = Callable[[], float]


def wait_from_headers(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds Braze asks us to wait, between 1 and 900, or None where it does not say.

    Braze publishes two forms: seconds in `x-ratelimit-retry-after`, or the end of the window in
    `x-ratelimit-reset`, there again as an epoch second or as seconds left.
    """
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    readers = (
        ("x-ratelimit-retry-after", _seconds),
        ("retry-after", _seconds_or_date),
        ("x-ratelimit-reset", _reset),
    )
    for name, read in readers:
        if name in lowered and (wait := read(lowered[name], now)) is not None:
            return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT)
    return None


def add_jitter(wait: float, *, rand: Random = random.random) -> float:
    """Up to a fifth longer, so that many workers told the same do not come back at once."""
    return wait * (1 + rand() / 5)


def backoff(tries: int, *, rand: Random = random.random) -> float:
    """Seconds before the next try after `tries` failed ones: full jitter, 1 s doubling to 120 s."""
    return rand() * min(120.0, 2.0 ** min(max(tries, 1) - 1, 10))


def _seconds(text: str, now: datetime) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None  # not a number is not equal to itself


def _seconds_or_date(text: str, now: datetime) -> float | None:
    seconds = _seconds(text, now)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()


def _reset(text: str, now: datetime) -> float | None:
    seconds = _seconds(text, now)
    if seconds is not None and seconds > _EPOCHS_START:
        return seconds - now.timestamp()
    return seconds
