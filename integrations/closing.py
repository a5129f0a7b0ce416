"""The end of a run: what Braze now holds, the final state, and who is told, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts import membership
from integrations.delivery import Stopped
from integrations.fail_points import reach
from integrations.leases import Claim
from integrations.ledger import Settled, get_ledger, point_to, settle
from integrations.models import Connection, ImportBatch, ImportRun, Ledger
from integrations.notifications import write_mails
from integrations.rebuilding import INCOMPLETE

State = ImportRun.State

# Refusals that every further run over the connection would meet too, until a person acts.
PAUSING_KINDS = frozenset(
    {"key_refused", "partner_key", "partner_not_enabled", "unauthorized", "forbidden"}
)
_ACKNOWLEDGED = Q(state=ImportBatch.State.ACKNOWLEDGED)
_DOUBTFUL = Q(state__in=[ImportBatch.State.SENDING, ImportBatch.State.UNKNOWN])


@dataclass(frozen=True)
class Lost:
    """What the run changed cannot be worked into the ledger."""

    reason: str


def close_run(claim: Claim, stopped: Stopped | None = None) -> None:
    """Bring the run to its final state. `stopped` says why, when not everything was delivered."""
    reach("before_close")
    run = claim.run()
    settled = _settle(claim, run)
    reach("ledger_written")
    totals = _totals(run)
    if stopped is None:
        stopped = _find_what_is_amiss(run, settled, totals["refused"])
    changes: dict[str, Any] = {
        "state": _final_state(totals, stopped),
        "finished_at": timezone.now(),
        "lease_until": None,
        "in_doubt": totals["doubtful"],
    }
    if run.plan_file:
        changes |= {name: totals[name] for name in ("added", "removed", "refused")}
    if stopped is not None:
        changes |= {"error_kind": stopped.kind, "error_message": stopped.message}
    with transaction.atomic():
        claim.update(**changes)
        ledger = get_ledger(run.cohort, run.connection)
        if isinstance(settled, Settled):
            point_to(ledger, settled)
        elif isinstance(settled, Lost):
            Ledger.objects.filter(pk=ledger.pk).update(lost_at=timezone.now())
        if stopped is not None and stopped.kind in PAUSING_KINDS:
            Connection.objects.filter(pk=run.connection_id, paused_at=None).update(
                paused_at=timezone.now(), paused_reason=stopped.message
            )
        write_mails(claim.run())
    reach("closed")


def _settle(claim: Claim, run: ImportRun) -> Settled | Lost | None:
    """None where nothing was ever sent: the ledger stays as it is."""
    if not run.batch_set.filter(_ACKNOWLEDGED | _DOUBTFUL).exists():
        return None
    try:
        with claim.kept():
            return settle(get_ledger(run.cohort, run.connection), run)
    except membership.StoreError as error:
        return Lost(str(error))


def _totals(run: ImportRun) -> dict[str, int]:
    sums = run.batch_set.aggregate(
        acknowledged_added=Sum("added", filter=_ACKNOWLEDGED, default=0),
        acknowledged_removed=Sum("removed", filter=_ACKNOWLEDGED, default=0),
        doubtful_added=Sum("added", filter=_DOUBTFUL, default=0),
        doubtful_removed=Sum("removed", filter=_DOUBTFUL, default=0),
        refused_added=Sum("refused_added", filter=_ACKNOWLEDGED, default=0),
        refused_removed=Sum("refused_removed", filter=_ACKNOWLEDGED, default=0),
    )
    return {
        "added": sums["acknowledged_added"] - sums["refused_added"],
        "removed": sums["acknowledged_removed"] - sums["refused_removed"],
        "refused": sums["refused_added"] + sums["refused_removed"],
        "doubtful": sums["doubtful_added"] + sums["doubtful_removed"],
    }


def _find_what_is_amiss(
    run: ImportRun, settled: Settled | Lost | None, refused: int
) -> Stopped | None:
    """Why a run whose every batch was taken is no success all the same."""
    if isinstance(settled, Lost):
        text = _("Everything was sent but could not be recorded: %s The next import sends it anew.")
        return Stopped("store", text % settled.reason)
    if run.error_kind == INCOMPLETE:
        return Stopped(run.error_kind, run.error_message)
    return _not_everyone(refused) if refused else None


def _not_everyone(refused: int) -> Stopped:
    text = ngettext(
        "Braze took the import, but refused %s member, who is tried again next time.",
        "Braze took the import, but refused %s members, who are tried again next time.",
        refused,
    )
    return Stopped("members_refused", text % f"{refused:,}")


def _final_state(totals: dict[str, int], stopped: Stopped | None) -> str:
    if stopped is None:
        return State.SUCCEEDED
    if any(totals.values()):
        return State.PARTIAL
    return State.CANCELED if stopped.kind == "canceled" else State.FAILED
