"""What django-q2 calls. Doors only: each does one call and may safely run twice."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from integrations import hands
from integrations.execution import work_on
from integrations.models import WorkerSeen
from integrations.runs import unring


def work_on_run(run_id: int) -> None:
    # What is stored is English; it is translated where somebody reads it.
    with override("en"), hands.in_hand(settings.DATA_DIR) as may_work:
        if may_work:
            work_on(run_id)
        else:
            unring(run_id)


def answer_canary(keeper: str) -> None:
    """Prove that a task put into the queue comes out at the other end."""
    WorkerSeen.objects.filter(keeper=keeper).update(pool_answered_at=timezone.now())
