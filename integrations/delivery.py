"""A slice of sending: batch after batch until the plan, the time or Braze's patience ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts import membership
from integrations import hands
from integrations.braze.destination import Answer, Destination, Outcome
from integrations.braze.waits import backoff
from integrations.connections import place_of, requests_per_second
from integrations.fail_points import reach
from integrations.leases import Claim
from integrations.models import EarlierTry, ImportBatch, ImportRun, Ledger, RefusedMember
from integrations.outages import outlast
from integrations.pace import paced
from integrations.plan_batches import QUIET_PERIOD, PlanReader
from integrations.sending import Sender

State = ImportBatch.State

# Short, so that every run gets its turn and a stop never waits long.
SLICE_SECONDS = paced(45)
# Failed tries in a row before a run gives up, and how long it may wait for Braze in all.
MOST_TRIES = 10
LONGEST_RUN = timedelta(hours=2)


@dataclass(frozen=True)
class Finished:
    """Every batch is acknowledged."""


@dataclass(frozen=True)
class SliceOver:
    """More to send, in the next slice."""


@dataclass(frozen=True)
class Waiting:
    until: datetime
    reason: str


@dataclass(frozen=True)
class Stopped:
    """The run ends here. `kind` is for programs, `message` for people."""

    kind: str
    message: str


End = Finished | SliceOver | Waiting | Stopped


def deliver_slice(claim: Claim, destination: Destination, ledger: Ledger) -> End:
    run = claim.run()
    ends_at = time.monotonic() + SLICE_SECONDS
    connection = run.connection
    sender = Sender(
        claim, destination, ledger, place_of(connection), requests_per_second(connection)
    )
    unnamed = _name_cohort(claim, run, destination, ledger, sender)
    if unnamed is not None:
        return unnamed
    with PlanReader(membership.verify(run.plan_file, run.plan_sha256)) as plan:
        for batch in _unfinished(run):
            if time.monotonic() > ends_at or hands.is_ending(settings.DATA_DIR):
                return SliceOver()
            if batch.not_before and batch.not_before > timezone.now():
                return Waiting(batch.not_before, _("Waiting for late answers to earlier requests"))
            late_until = _late_removals_until(run) if batch.after_removals else None
            if late_until and late_until > timezone.now():
                return Waiting(late_until, _("Waiting for late answers to earlier requests"))
            end = _deliver_batch(claim, sender, plan, batch)
            if end is not None:
                return end
    return Finished()


def _name_cohort(
    claim: Claim, run: ImportRun, destination: Destination, ledger: Ledger, sender: Sender
) -> End | None:
    """Braze must know the cohort by its present name before it gets members."""
    name = destination.name_for(ledger.braze_cohort_id, run.cohort.name, ledger.braze_name)
    if ledger.braze_name == name:
        return None
    answer = sender.take_turn()
    if answer is None:
        claim.update()
        claim.ensure_fresh()
        answer = destination.name_cohort(ledger.braze_cohort_id, name, ledger.created_at)
    if answer.outcome is Outcome.ACCEPTED:
        Ledger.objects.filter(pk=ledger.pk).update(braze_name=name)
        ledger.braze_name = name
        claim.progress(failed_tries=0)
        return None
    return _react(claim, run, answer)


def _unfinished(run: ImportRun) -> Iterator[ImportBatch]:
    """In order of number, read in pages: the rows change while they are walked."""
    left = run.batch_set.exclude(state=State.ACKNOWLEDGED).order_by("number")
    number = 0
    while page := list(left.filter(number__gt=number)[:200]):
        yield from page
        number = page[-1].number


def _late_removals_until(run: ImportRun) -> datetime | None:
    """Until when an unanswered try of a removal may still arrive, and undo an addition."""
    echoes = run.batch_set.filter(removed__gt=0, may_echo=True)
    last: datetime | None = echoes.aggregate(last=Max("last_sent_at"))["last"]
    return last + QUIET_PERIOD if last else None


def _deliver_batch(
    claim: Claim, sender: Sender, plan: PlanReader, batch: ImportBatch
) -> End | None:
    # A batch found in SENDING was on its way when its worker died: Braze may have it.
    was_doubtful = batch.state in (State.SENDING, State.UNKNOWN)
    add, remove = plan.read(batch.number)
    if (len(add), len(remove)) != (batch.added, batch.removed):
        return Stopped("internal", _("The stored plan does not match the run. Import again."))
    run = outlast(lambda: _mark_sending(claim, batch))
    if run.cancel_requested_at:
        return Stopped("canceled", _("The import was stopped."))
    reach("sending_committed", batch.number)
    sent = ImportBatch.objects.filter(pk=batch.pk)
    answer, partly = sender.send(
        add, remove, note_leaving=lambda: sent.update(last_sent_at=timezone.now())
    )
    reach("answered_not_committed", batch.number)
    # What was accepted before another part failed is in Braze.
    was_doubtful |= partly and not answer.is_accepted
    # Given up, the batch would have to be sent again although its answer is known.
    outlast(lambda: _record(claim, batch, answer, set(remove), was_doubtful=was_doubtful))
    if answer.outcome is Outcome.ACCEPTED:
        reach("acknowledged_committed", batch.number)
    return None if answer.outcome is Outcome.ACCEPTED else _react(claim, run, answer)


def _mark_sending(claim: Claim, batch: ImportBatch) -> ImportRun:
    """Commit the intent before the first byte leaves: from here on the ids are in doubt."""
    now = timezone.now()
    with transaction.atomic():
        claim.update()
        run = ImportRun.objects.get(pk=claim.run_id)
        if run.cancel_requested_at is None:
            _keep_earlier_try(batch)
            ImportBatch.objects.filter(pk=batch.pk).update(
                state=State.SENDING,
                tries=F("tries") + 1,
                first_sent_at=batch.first_sent_at or now,
                last_sent_at=now,
            )
    return run


def _keep_earlier_try(batch: ImportBatch) -> None:
    """The row is about to tell of the next request: what it tells of the last one is kept."""
    if not batch.tries or batch.last_sent_at is None:
        return
    # Found in SENDING, it carries the answer of a try before: of this one none was seen.
    answered = batch.state != State.SENDING
    EarlierTry.objects.bulk_create(
        [
            EarlierTry(
                batch=batch,
                number=batch.tries,
                sent_at=batch.last_sent_at,
                answered_at=batch.answered_at if answered else None,
                status_code=batch.status_code if answered else None,
                note=batch.note if answered else _("The worker ended before the answer came"),
            )
        ],
        ignore_conflicts=True,
    )


def _record(
    claim: Claim, batch: ImportBatch, answer: Answer, removed: set[str], *, was_doubtful: bool
) -> None:
    refused = [
        RefusedMember(
            batch=batch, identifier=each.id, remove=each.id in removed, reason=each.reason
        )
        for each in answer.refused
    ]
    with transaction.atomic():
        if answer.outcome is Outcome.ACCEPTED:
            claim.progress(failed_tries=0)
        else:
            claim.update()
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=_state_after(answer, was_doubtful=was_doubtful),
            may_echo=was_doubtful or answer.kind == "queued",
            status_code=answer.status,
            answered_at=timezone.now(),
            note=_note(answer),
            refused_added=sum(not each.remove for each in refused),
            refused_removed=sum(each.remove for each in refused),
        )
        if refused:
            # Recorded again after a commit whose answer was lost, they must not stand there twice.
            batch.refused_set.all().delete()
            RefusedMember.objects.bulk_create(refused)


def _state_after(answer: Answer, *, was_doubtful: bool) -> str:
    match answer.outcome:
        case Outcome.ACCEPTED:
            return State.ACKNOWLEDGED
        case Outcome.UNKNOWN:
            return State.UNKNOWN
        case Outcome.REFUSED if was_doubtful:
            # This try did nothing, but an earlier one may have.
            return State.UNKNOWN
        case Outcome.REFUSED:
            return State.PLANNED if answer.retry else State.REFUSED


def _note(answer: Answer) -> str:
    if answer.outcome is Outcome.ACCEPTED and not answer.warnings:
        return "" if answer.kind == "accepted" else answer.message[:255]
    return "; ".join([answer.message, *answer.warnings])[:255]


def _react(claim: Claim, run: ImportRun, answer: Answer) -> End:
    """What a failed request means for the run: wait and repeat the same, or stop."""
    if not answer.retry:
        return Stopped(answer.kind, answer.message)
    # A wait that Braze asked for is no failure.
    told = answer.wait_seconds is not None and answer.outcome is Outcome.REFUSED
    tries = run.failed_tries if told else run.failed_tries + 1
    if tries >= MOST_TRIES or timezone.now() - (run.started_at or run.queued_at) > LONGEST_RUN:
        return Stopped(answer.kind, answer.message)
    claim.update(failed_tries=tries)
    seconds = answer.wait_seconds if answer.wait_seconds is not None else paced(backoff(tries))
    return Waiting(timezone.now() + timedelta(seconds=seconds), answer.message[:255])
