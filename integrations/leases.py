"""Who may work on a run: one worker at a time, by the database's clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, models
from django.db.models import F, Q
from django.db.models.functions import Now

from integrations.models import ImportRun
from integrations.pace import paced

logger = logging.getLogger(__name__)

# Longer than the longest request (45 s) by a margin: a worker that still holds its lease when it
# starts to send has heard the answer, or given up, before anyone else may start.
LEASE = timedelta(seconds=paced(90))
RENEW_EVERY = paced(25)
# A request that starts so long after the renewal still ends within the lease.
FRESH_SECONDS = paced(30)
# Counts on while the machine sleeps, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

WORKABLE = (ImportRun.State.QUEUED, ImportRun.State.COMPUTING, ImportRun.State.SENDING)


class LeaseLost(Exception):
    """Another worker has claimed the run since; nothing more may be written for it."""


def is_free() -> Q:
    """Runs that no worker holds and that wait for nothing."""
    return (
        Q(state__in=WORKABLE)
        & (Q(lease_until=None) | Q(lease_until__lt=Now()))
        & (Q(wait_until=None) | Q(wait_until__lte=Now()))
    )


def _lease_end() -> models.Expression:
    return Now() + LEASE


def claim_run(run_id: int) -> Claim | None:
    """Take the run, or answer None when it is taken, waiting or done: all three are ordinary."""
    taken = ImportRun.objects.filter(is_free(), pk=run_id).update(
        lease_until=_lease_end(),
        lease_epoch=F("lease_epoch") + 1,
        claims_without_progress=F("claims_without_progress") + 1,
        wait_until=None,
        wait_reason="",
    )
    if not taken:
        return None
    # Nobody else can have claimed in between: the lease just began.
    epoch = ImportRun.objects.values_list("lease_epoch", flat=True).get(pk=run_id)
    return Claim(run_id, epoch)


@dataclass
class Claim:
    """The right to write for a run. Every write names the epoch and fails with `LeaseLost`."""

    run_id: int
    epoch: int
    # Taken before the database began the lease, so that it never seems younger than it is.
    _renewed_at: float = field(default=float("-inf"), init=False, repr=False, compare=False)

    def run(self) -> ImportRun:
        return ImportRun.objects.select_related(
            "cohort__dataset", "connection", "version", "snapshot", "schedule"
        ).get(pk=self.run_id)

    def update(self, **fields: Any) -> None:
        """Change the run and renew the lease."""
        began = time.clock_gettime(_CLOCK)
        fields = {"lease_until": _lease_end(), **fields}
        changed = ImportRun.objects.filter(pk=self.run_id, lease_epoch=self.epoch).update(**fields)
        if not changed:
            raise LeaseLost(f"run {self.run_id} epoch {self.epoch}")
        self._renewed_at = began

    def ensure_fresh(self, renew: Callable[[], None] | None = None) -> None:
        """Last thing before a request: a process that was frozen since it renewed its lease, with
        or without its machine, may find that another one has long done its work. `renew` does
        what is more to do than to renew the lease."""
        while time.clock_gettime(_CLOCK) - self._renewed_at > FRESH_SECONDS:
            (renew or self.update)()

    def progress(self, **fields: Any) -> None:
        self.update(claims_without_progress=0, **fields)

    def wait(self, until: datetime, reason: str) -> None:
        """Let go until an instant. The sweeper rings then."""
        self.progress(lease_until=None, wait_until=until, wait_reason=reason)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew the lease in the background while a long step runs."""
        done = threading.Event()
        keeper = threading.Thread(target=self._renew_until, args=(done,), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _renew_until(self, done: threading.Event) -> None:
        # Only what is still held: the step may have let go of it, and a held import must be free.
        mine = ImportRun.objects.filter(
            pk=self.run_id, lease_epoch=self.epoch, lease_until__isnull=False
        )
        try:
            while not done.wait(RENEW_EVERY):
                try:
                    if not mine.update(lease_until=_lease_end()):
                        # Where it was lost, the main thread finds out at its next write.
                        return
                except DatabaseError as error:
                    logger.warning("run %s: not renewed: %s", self.run_id, type(error).__name__)
                    connection.close()
        finally:
            connection.close()
