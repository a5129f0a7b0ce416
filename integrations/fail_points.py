"""Places where a campaign kills the process, to prove that nothing is lost there.

Off unless FAIL_POINT_FILE is set. The file holds the name of a point, or `name:batch`. Whoever
reaches that point removes the file and is gone, so each arming kills once. With ` frozen` behind
the name it only stands still, until somebody sends it a SIGCONT.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from django.conf import settings

POINTS = (
    "request_written",
    "request_committed",
    "slot_written",
    "slot_committed",
    "run_rung",
    "after_claim",
    "snapshot_taken",
    "plan_drafted",
    "plan_written",
    "plan_committed",
    "sending_committed",
    "lease_renewed",
    "answered_not_committed",
    "acknowledged_committed",
    "between_slices",
    "before_close",
    "ledger_half_written",
    "ledger_written",
    "closed",
    "mail_claimed",
    "mail_sent",
)


def reach(name: str, batch: int | None = None) -> None:
    if settings.FAIL_POINT_FILE:
        _end_if_armed(Path(settings.FAIL_POINT_FILE), name, batch)


def _end_if_armed(file: Path, name: str, batch: int | None) -> None:
    try:
        armed, _, frozen = file.read_text().partition(" ")
        if armed in (name, f"{name}:{batch}"):
            # Of several who are there at once, one succeeds in removing it.
            file.unlink()
            os.kill(os.getpid(), signal.SIGSTOP if frozen else signal.SIGKILL)
    except FileNotFoundError:
        return
