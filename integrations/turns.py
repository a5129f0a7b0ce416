"""A token bucket per cluster, shared by every worker of an installation, on its database's clock.

The row keeps one instant: when the bucket will be full again. Taking a token moves it on by the
time one token needs, and whoever would empty the bucket waits until a token is there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models.functions import Now

from integrations.models import RequestTurns

# Tokens a full bucket holds, in seconds of the steady rate.
BURST = timedelta(seconds=1)


def take_turn(name: str, per_second: float, *, patience: float) -> float:
    """Seconds to wait before the next request. Above `patience` no turn was taken."""
    interval = timedelta(seconds=1 / per_second)
    while True:
        row = RequestTurns.objects.filter(name=name).annotate(now=Now()).first()
        if row is None:
            new = RequestTurns(name=name, full_at=datetime(2000, 1, 1, tzinfo=UTC))
            RequestTurns.objects.bulk_create([new], ignore_conflicts=True)
            continue
        full_at = max(row.full_at, row.now)
        wait: float = (full_at + interval - BURST - row.now).total_seconds()
        if wait > patience:
            return wait
        # Whoever comes second finds another instant, and looks again.
        turns = RequestTurns.objects.filter(pk=row.pk, full_at=row.full_at)
        if turns.update(full_at=full_at + interval):
            return max(wait, 0.0)
