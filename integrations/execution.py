"""One run from its cohort to Braze. `execute_run` names the steps; every door calls it."""

from __future__ import annotations

import logging
import shutil
import traceback
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts import membership
from cohorts.definitions.problems import DefinitionError
from cohorts.evaluation import prepare
from cohorts.models import Snapshot
from cohorts.snapshots import take_snapshot
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.scratch_folder import scratch_folder
from integrations import hands
from integrations.closing import close_run
from integrations.connections import ConnectionUnusable, most_ids, open_destination
from integrations.delivery import Finished, SliceOver, Stopped, Waiting, deliver_slice
from integrations.fail_points import reach
from integrations.holds import find_hold_for
from integrations.identification import (
    USER_ID,
    BadIdentifier,
    IdentifierChoice,
    check_identifier,
    identified_by,
    keep_values,
)
from integrations.leases import Claim, LeaseLost, claim_run
from integrations.ledger import get_ledger, holdings_of
from integrations.models import ImportBatch, ImportRun
from integrations.notifications import write_mails
from integrations.outages import outlast
from integrations.pace import paced
from integrations.plan_batches import PlannedBatch
from integrations.planning import Counts, IdentifiedBy, draw_plan
from integrations.rebuilding import is_readable, quiet_until, rebuild
from integrations.runs import ring, unring
from integrations.safety import hold_words

logger = logging.getLogger(__name__)
State = ImportRun.State

# A run that took its worker down this often in a row is given up.
MOST_CLAIMS_WITHOUT_PROGRESS = 5


def work_on(run_id: int) -> None:
    """Do what can be done for a run now. Harmless when called late, twice or for nothing."""
    claim = claim_run(run_id)
    if claim is None:
        return
    reach("after_claim")
    try:
        execute_run(claim)
    except LeaseLost:
        logger.warning("run %s: another worker has taken over", run_id)
    except Exception as error:  # noqa: BLE001 - the worker's door: the sweeper tries again
        _leave_for_later(claim, error)


def execute_run(claim: Claim) -> None:
    """Steps 6 to 11 of the path of data, from wherever an earlier worker left off."""
    run = claim.run()
    if run.claims_without_progress > MOST_CLAIMS_WITHOUT_PROGRESS:
        close_run(claim, _worn_out())
        return
    if run.cancel_requested_at:
        close_run(claim, Stopped("canceled", _("The import was stopped.")))
        return
    if run.state in (State.QUEUED, State.COMPUTING):
        stopped = _compute(claim)
        if stopped is not None:
            close_run(claim, stopped)
            return
    if claim.run().state == State.SENDING:
        _send(claim)


def _compute(claim: Claim) -> Stopped | None:
    """Take the snapshot and freeze the plan. A failure here has sent nothing."""
    run = claim.run()
    now = timezone.now()
    ledger = get_ledger(run.cohort, run.connection)
    if not is_readable(ledger) and (until := quiet_until(ledger)) > now:
        claim.wait(until, _("Waiting for late answers to earlier requests"))
        return None
    claim.update(state=State.COMPUTING, started_at=run.started_at or now, as_of=run.as_of or now)
    try:
        with claim.kept():
            snapshot = None
            # A removal compares nobody with what Braze holds.
            if run.trigger != ImportRun.Trigger.REMOVAL:
                snapshot = take_snapshot(run.version, as_of=run.as_of or now)
                reach("snapshot_taken")
            freeze_plan(claim, snapshot)
    except DefinitionError as error:
        problem = error.problems[0]
        return Stopped("definition", f"{problem.path}: {problem.message}")
    except WarehouseError as error:
        return Stopped(error.kind, error.message)
    except BadIdentifier as error:
        return Stopped("identifier", error.message)
    except membership.StoreError as error:
        return Stopped("store", str(error))
    return None


def freeze_plan(claim: Claim, snapshot: Snapshot | None) -> None:
    """Compare with the ledger, keep the plan, and go on to sending or hold."""
    run = claim.run()
    ledger = get_ledger(run.cohort, run.connection)
    if not is_readable(ledger):
        rebuild(claim, ledger)
    members = membership.verify(snapshot.file, snapshot.sha256) if snapshot else None
    drawn: list[tuple[Counts, list[PlannedBatch]]] = []
    name = f"plans/run-{run.pk}-{claim.epoch}"
    with scratch_folder() as folder:
        left_out = folder / "left-out.parquet"

        def draw(draft: Path) -> None:
            drawn.append(
                draw_plan(
                    holdings_of(ledger, members, _identified(run, folder)),
                    draft,
                    now=timezone.now(),
                    repair=run.trigger == ImportRun.Trigger.REPAIR,
                    most_ids=most_ids(run.connection),
                    left_out=left_out,
                )
            )
            reach("plan_drafted")

        stored = membership.write_file(f"{name}.parquet", draw)
        counts, batches = drawn[0]
        listed = None
        if counts.blank or counts.invalid or counts.duplicate:
            listed = membership.write_file(
                f"{name}-left-out.parquet", lambda draft: shutil.move(left_out, draft)
            )
    reach("plan_written")
    # Somebody asked for a removal, and was shown how many.
    is_removal = run.trigger == ImportRun.Trigger.REMOVAL
    hold = {} if is_removal else find_hold_for(ledger, counts)
    with transaction.atomic():
        claim.progress(
            state=State.HELD if hold else State.SENDING,
            held_reason=hold_words(hold),
            held_facts=hold,
            snapshot=snapshot,
            planned_at=timezone.now(),
            plan_file=stored.name,
            plan_sha256=stored.sha256,
            size=counts.size,
            added=counts.added,
            removed=counts.removed,
            unchanged=counts.unchanged,
            blank=counts.blank,
            invalid=counts.invalid,
            duplicate=counts.duplicate,
            left_out_file=listed.name if listed else "",
            left_out_sha256=listed.sha256 if listed else "",
            batches=counts.batches,
            in_doubt=0,
            **({"lease_until": None} if hold else {}),
        )
        ImportBatch.objects.bulk_create(
            [_as_row(claim.run_id, batch) for batch in batches], batch_size=500
        )
        if hold:
            write_mails(claim.run())
    reach("plan_committed")


def _identified(run: ImportRun, folder: Path) -> IdentifiedBy | None:
    """How Braze knows the members: values are read as of the same instant as the members."""
    choice = IdentifierChoice.from_json(run.identifier)
    if run.trigger == ImportRun.Trigger.REMOVAL or choice == USER_ID:
        return None
    prepared = prepare(run.cohort.dataset, run.version.definition, exclude_slug=run.cohort.slug)
    check_identifier(choice, run.cohort.dataset, run.connection)
    as_of = run.as_of or timezone.now()
    values = keep_values(prepared, choice, as_of=as_of, path=folder / "values.parquet")
    return identified_by(choice, values)


def _as_row(run_id: int, batch: PlannedBatch) -> ImportBatch:
    not_before = batch.not_before
    return ImportBatch(
        run_id=run_id,
        number=batch.number,
        added=batch.added,
        removed=batch.removed,
        not_before=not_before.replace(tzinfo=UTC) if not_before else None,
        after_removals=batch.after_removals,
    )


def _send(claim: Claim) -> None:
    run = claim.run()
    try:
        destination = open_destination(run.connection)
    except ConnectionUnusable as error:
        close_run(claim, Stopped(error.kind, error.message))
        return
    with closing(destination):
        try:
            end = deliver_slice(claim, destination, get_ledger(run.cohort, run.connection))
        except membership.StoreError as error:
            end = Stopped("store", str(error))
    match end:
        case Finished():
            close_run(claim)
        case Stopped():
            close_run(claim, end)
        case Waiting():
            claim.wait(end.until, end.reason)
        case SliceOver():
            ask_again = unring if hands.is_ending(settings.DATA_DIR) else ring
            with transaction.atomic():
                claim.progress(lease_until=None)
                ask_again(claim.run_id)
            reach("between_slices")


def _worn_out() -> Stopped:
    return Stopped(
        "internal",
        _("The import broke off several times without getting further. See the worker's log."),
    )


def _leave_for_later(claim: Claim, error: Exception) -> None:
    """Log where it broke, never what was in it: a message may hold ids."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    logger.error("run %s: %s in %s", claim.run_id, type(error).__name__, places)
    try:
        outlast(lambda: _let_go(claim))
    except Exception as second:  # noqa: BLE001 - the database may be what broke; the lease runs out
        logger.error("run %s: could not be released: %s", claim.run_id, type(second).__name__)


def _let_go(claim: Claim) -> None:
    tries = max(claim.run().claims_without_progress - 1, 0)
    claim.update(
        lease_until=None,
        wait_until=timezone.now() + timedelta(seconds=paced(min(10 * 3**tries, 270))),
        wait_reason=_("An unexpected fault. It is tried again."),
    )
