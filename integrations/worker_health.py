"""Whether a worker is alive, judged by when one was last seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models import WorkerSeen

LIMIT = timedelta(seconds=90)


@dataclass(frozen=True)
class WorkerHealth:
    seen_at: datetime | None
    now: datetime

    @property
    def is_healthy(self) -> bool:
        return self.seen_at is not None and self.now - self.seen_at <= LIMIT

    @property
    def limit_seconds(self) -> int:
        return int(LIMIT.total_seconds())

    @property
    def ago(self) -> str:
        if self.seen_at is None:
            return ""
        return _("%d s ago") % max(0, int((self.now - self.seen_at).total_seconds()))


def read_worker_health() -> WorkerHealth:
    seen = WorkerSeen.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    return WorkerHealth(seen, timezone.now())
