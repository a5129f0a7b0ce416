"""The keeper: starts django-q2's cluster, ticks schedules, sweeps runs, sends mail, and proves
the pool alive.

A killed idle worker can freeze django-q2's cluster while every process looks healthy, so the proof
is a task that goes through the queue. A pool that does not answer is killed as a group; nothing is
lost, because the runs live in our tables.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.utils import timezone
from django.utils.translation import gettext_noop, override
from django_q.tasks import async_task

from integrations import hands, pool_guard
from integrations.holds import expire_holds
from integrations.models import Incident, WorkerSeen
from integrations.notifications import send_waiting_mails
from integrations.pace import paced
from integrations.pruning import prune
from integrations.recovery import make_up_for_pauses
from integrations.runs import sweep
from integrations.schedules import run_due_schedules

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
CANARY_EVERY = paced(30)
CANARY_PATIENCE = paced(90)
PRUNE_AGAIN = 60.0
PRUNE_EVERY = 3600.0
# The longest request (45 s) by a margin: what a pool that is ended may still have in hand.
HANDS_PATIENCE = paced(50)
# Longer than the guard waits before it kills.
STOP_PATIENCE = HANDS_PATIENCE + pool_guard.PATIENCE + 3


class Keeper:
    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._cluster: subprocess.Popen[bytes] | None = None
        self._canary_sent = 0.0
        self._pool_started = timezone.now()
        self._prune_at = time.monotonic() + PRUNE_AGAIN

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        self._seen()
        self._start_cluster()
        mailer = threading.Thread(target=self._send_mails, daemon=True)
        mailer.start()
        try:
            while not self._stopping.wait(TICK_SECONDS):
                self._beat()
        finally:
            self._stop_cluster()
            _guarded(self._say_goodbye)
            mailer.join(timeout=STOP_PATIENCE)

    def _beat(self) -> None:
        close_old_connections()
        _guarded(self._seen)
        _guarded(self._tick)
        _guarded(sweep)
        _guarded(make_up_for_pauses)
        _guarded(expire_holds)
        _guarded(self._watch_pool)
        _guarded(self._prune)

    def _seen(self) -> None:
        WorkerSeen.objects.update_or_create(keeper=self.name, defaults={"seen_at": timezone.now()})
        WorkerSeen.objects.filter(seen_at__lt=timezone.now() - timedelta(days=1)).delete()

    def _tick(self) -> None:
        run_due_schedules()
        WorkerSeen.objects.filter(keeper=self.name).update(ticked_at=timezone.now())

    def _prune(self) -> None:
        """A step at a time, so that a beat stays short; an hour's rest when nothing is left."""
        if time.monotonic() >= self._prune_at:
            rest = PRUNE_AGAIN if prune() else PRUNE_EVERY
            self._prune_at = time.monotonic() + rest

    def _say_goodbye(self) -> None:
        WorkerSeen.objects.filter(keeper=self.name).delete()

    def _start_cluster(self) -> None:
        self._pool_started = timezone.now()
        self._canary_sent = 0.0
        guard = [sys.executable, "-m", "integrations.pool_guard"]
        limits = [str(settings.DATA_DIR), str(HANDS_PATIENCE)]
        # The guard ends the pool when this pipe closes, however this process died.
        self._cluster = subprocess.Popen(  # noqa: S603 - our own command line
            [*guard, *limits, sys.executable, "manage.py", "qcluster"],
            cwd=settings.BASE_DIR,
            start_new_session=True,
            stdin=subprocess.PIPE,
        )

    def _stop_cluster(self) -> None:
        """Let the guard ask the pool to end; it kills what has not ended in time."""
        if self._cluster is None:
            return
        if self._cluster.stdin is not None:
            self._cluster.stdin.close()
        try:
            self._cluster.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            logger.warning("the pool did not stop in time and is killed; its runs resume")
        _kill_group(self._cluster.pid)
        self._cluster.wait()
        self._cluster = None

    def _watch_pool(self) -> None:
        cluster = self._cluster
        if cluster is None or cluster.poll() is not None:
            self._restart(gettext_noop("The worker pool ended by itself."))
        elif not self._is_pool_alive():
            self._restart(gettext_noop("The worker pool did not answer and was started again."))
        elif time.monotonic() - self._canary_sent > CANARY_EVERY:
            self._canary_sent = time.monotonic()
            async_task("integrations.tasks.answer_canary", self.name)

    def _is_pool_alive(self) -> bool:
        since = timezone.now() - timedelta(seconds=CANARY_PATIENCE)
        if self._pool_started > since:
            return True
        if WorkerSeen.objects.filter(keeper=self.name, pool_answered_at__gte=since).exists():
            return True
        # A pool busy with long imports has no hand free for the canary.
        return self._cluster is not None and hands.is_busy(
            hands.file_of(settings.DATA_DIR, self._cluster.pid), seconds=CANARY_PATIENCE
        )

    def _restart(self, text: str) -> None:
        logger.error(text)
        if self._cluster is not None:
            self._put_down(self._cluster)
        Incident.objects.create(kind="pool_restarted", text=text)
        self._start_cluster()

    def _put_down(self, cluster: subprocess.Popen[bytes]) -> None:
        """Kill a pool, but not in the middle of a request when it can still end one."""
        file = hands.file_of(settings.DATA_DIR, cluster.pid)
        hands.ask_to_end(file)
        with hands.emptied(file, HANDS_PATIENCE):
            file.unlink(missing_ok=True)
            _kill_group(cluster.pid)
            cluster.wait()

    def _send_mails(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            close_old_connections()
            _guarded(send_waiting_mails)


def _guarded(step: Callable[[], object]) -> None:
    """One failing step must not stop the others; a database that is away comes back."""
    try:
        # What is stored is English; it is translated where somebody reads it.
        with override("en"):
            step()
    except DatabaseError as error:
        logger.warning("%s: the database said %s; trying again", step, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the keeper's door
        logger.error("%s failed: %s", step, type(error).__name__)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
