"""A ledger whose files are missing or damaged: everyone who may be in Braze is in doubt then.

Nothing is guessed. The ids come from the files that are whole: the ledger's own, and the plans and
snapshots of the runs it does not know. The next plan asserts each of them again, one way or the
other. Where a run's files are gone too, somebody may be left in Braze, and the run says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cohorts import membership
from integrations.leases import Claim
from integrations.ledger import Settled, holdings_of, point_to, store
from integrations.models import ImportBatch, ImportRun, Incident, Ledger
from integrations.plan_batches import QUIET_PERIOD
from integrations.planning import NO_IDS
from integrations.scratch import scratch_database

INCOMPLETE = "record_incomplete"
# Of an incident, which is told again in the language of its reader.
_REBUILT = gettext_noop(
    "The record of %(ledger)s was damaged and made anew; %(missing)s runs are missing."
)


def is_readable(ledger: Ledger) -> bool:
    if ledger.lost_at is not None:
        return False
    try:
        holdings_of(ledger, None)
    except membership.StoreError:
        return False
    return True


def quiet_until(ledger: Ledger) -> datetime:
    """Before, a request of which nothing is known any more may still arrive."""
    batches = ImportBatch.objects.filter(
        run__cohort=ledger.cohort_id, run__connection=ledger.connection_id
    )
    last = batches.aggregate(last=Max("last_sent_at"))["last"]
    return last + QUIET_PERIOD if last else timezone.now()


def rebuild(claim: Claim, ledger: Ledger) -> None:
    """Put the ledger on its feet again, and note on the run what could not be recovered."""
    files, missing = _whole_files(ledger)
    settled = _store(files, f"ledgers/{ledger.pk}/rebuilt-{claim.run_id}-{claim.epoch}")
    noted = {"error_kind": INCOMPLETE, "error_message": _words(missing)} if missing else {}
    with transaction.atomic():
        claim.update(**noted)
        point_to(ledger, settled)
        Ledger.objects.filter(pk=ledger.pk).update(lost_at=None)
        Incident.objects.create(
            kind="ledger_rebuilt",
            text=(_REBUILT % {"ledger": ledger, "missing": missing})[:500],
        )
    ledger.refresh_from_db()


def _whole_files(ledger: Ledger) -> tuple[list[Path], int]:
    """Files that together hold everyone ever sent, as far as they are there; how many runs lack."""
    found = [
        path
        for name, sha256 in (
            (ledger.confirmed_file, ledger.confirmed_sha256),
            (ledger.in_doubt_file, ledger.in_doubt_sha256),
            (ledger.ever_sent_file, ledger.ever_sent_sha256),
        )
        if name and (path := _find(name, sha256))
    ]
    runs = ImportRun.objects.filter(cohort=ledger.cohort_id, connection=ledger.connection_id)
    runs = runs.filter(batch_set__last_sent_at__isnull=False).select_related("snapshot").distinct()
    if not ledger.ever_sent_file or _find(ledger.ever_sent_file, ledger.ever_sent_sha256):
        # It holds everyone of the runs that were settled.
        runs = runs.filter(finished_at__gt=ledger.updated_at)
    missing = 0
    for run in runs:
        # Whom a plan removes was added by an earlier one; whom it adds is in the snapshot,
        # where members are sent by what it holds.
        path = _find(run.plan_file, run.plan_sha256)
        if path is None and run.snapshot is not None and not run.identifier:
            path = _find(run.snapshot.file, run.snapshot.sha256)
        found += [path] if path else []
        missing += path is None
    return found, missing


def _find(name: str, sha256: str) -> Path | None:
    try:
        return membership.verify(name, sha256) if name else None
    except membership.StoreError:
        return None


def _store(files: list[Path], prefix: str) -> Settled:
    now = datetime.now(UTC).replace(tzinfo=None)
    with scratch_database() as db:
        db.execute(f"CREATE TEMP TABLE everyone AS SELECT {NO_IDS} WHERE false")
        for file in files:
            db.read_parquet(str(file)).project("id").create_view("more", replace=True)
            db.execute("INSERT INTO everyone SELECT id FROM more EXCEPT SELECT id FROM everyone")
        in_doubt = f"SELECT id, false AS remove, TIMESTAMP '{now}' AS sent_at, false AS echo"
        return Settled(
            confirmed=store(db, f"{prefix}-confirmed.parquet", f"SELECT {NO_IDS} WHERE false"),
            in_doubt=store(db, f"{prefix}-in-doubt.parquet", f"{in_doubt} FROM everyone"),
            ever_sent=store(db, f"{prefix}-ever-sent.parquet", "SELECT id FROM everyone"),
        )


def _words(missing: int) -> str:
    return (
        _(
            "The record of what Braze holds was damaged and was made anew, but the files of %s "
            "earlier imports are gone. Whoever only they added may be left in Braze."
        )
        % missing
    )
