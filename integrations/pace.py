"""How fast the clock of imports runs: once in real life, some times faster in a campaign.

One factor for every wait of the import path, so that a campaign that compresses time keeps each
relation between them: a lease stays longer than a request, a quiet period longer than both.
"""

from __future__ import annotations

from django.conf import settings


def paced(seconds: float) -> float:
    # Zero and less are refused by kubit_app.checks, which has to be reached first.
    factor: int = max(1, settings.TIME_COMPRESSION)
    return seconds / factor
