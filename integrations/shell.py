"""What the shell says about imports on every page, in two queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, Exists, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from cohorts.preferences import chosen_dataset
from integrations.import_states import ImportCounts, count_import_states
from integrations.models import NoticesRead, WorkerSeen
from integrations.notices import NEWS, concerning
from integrations.worker_health import WorkerHealth


@dataclass(frozen=True)
class Shell:
    worker: WorkerHealth
    has_news: bool
    # Of the schema that lists are limited to, for what leads to a list …
    counts: ImportCounts
    # … and of all, for what nobody may overlook.
    all_counts: ImportCounts


def read_shell(user: Any) -> Shell:
    now = timezone.now()
    oldest = Value(now - NEWS, DateTimeField())
    seen = WorkerSeen.objects.order_by("-seen_at").values("seen_at")[:1]
    read = NoticesRead.objects.filter(user=user).values("until")[:1]
    since = Greatest(Coalesce(Subquery(read), oldest), oldest)
    seen_at, has_news = (
        get_user_model()
        .objects.filter(pk=user.pk)
        .values_list(Subquery(seen), Exists(concerning(user, since)))
        .get()
    )
    every, chosen = count_import_states(chosen_dataset(user))
    return Shell(WorkerHealth(seen_at, now), has_news, chosen, every)
