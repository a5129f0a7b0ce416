"""The five steps of an import as its page shows them: which are done, since when, and what not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import ImportBatch, ImportRun, OutboxMail

State = ImportRun.State
Mark = Literal["done", "now", "held", "failed", "todo", "left"]


@dataclass(frozen=True)
class Progress:
    """Changes and requests in all, and what became of them."""

    requests: int
    to_add: int
    to_remove: int
    done_requests: int
    done: int
    refused: int
    in_doubt: int
    first_sent_at: datetime | None
    last_answered_at: datetime | None

    @property
    def changes(self) -> int:
        return self.to_add + self.to_remove

    @property
    def pending(self) -> int:
        return max(0, self.changes - self.done - self.refused - self.in_doubt)

    @property
    def percent(self) -> int:
        return 100 * self.done // self.changes if self.changes else 0

    def seconds_left(self, now: datetime) -> int | None:
        """At the pace until now; None where nothing can be said yet."""
        if not self.done_requests or self.first_sent_at is None:
            return None
        taken = (now - self.first_sent_at).total_seconds()
        return round(taken / self.done_requests * (self.requests - self.done_requests))


def read_progress(run: ImportRun) -> Progress:
    done = Q(state=ImportBatch.State.ACKNOWLEDGED)
    refused = Q(state=ImportBatch.State.REFUSED)
    # What is on its way is in doubt only once nobody waits for the answer any more.
    doubtful = Q(state=ImportBatch.State.UNKNOWN)
    if run.is_final:
        doubtful |= Q(state=ImportBatch.State.SENDING)

    def of(condition: Q) -> Any:
        added = Sum("added", filter=condition, default=0)
        return added + Sum("removed", filter=condition, default=0)

    found = run.batch_set.aggregate(
        requests=Count("pk"),
        to_add=Sum("added", default=0),
        to_remove=Sum("removed", default=0),
        done_requests=Count("pk", filter=done),
        acknowledged=of(done),
        refused_whole=of(refused),
        refused_single=Sum("refused_added", default=0) + Sum("refused_removed", default=0),
        in_doubt=of(doubtful),
        first_sent_at=Min("first_sent_at"),
        last_answered_at=Max("answered_at"),
    )
    single = found.pop("refused_single")
    return Progress(
        done=found.pop("acknowledged") - single,
        refused=found.pop("refused_whole") + single,
        **found,
    )


@dataclass(frozen=True)
class Phase:
    name: str
    mark: Mark
    at: datetime | None = None
    # `at` is when it began, not when it ended.
    since: bool = False
    note: str = ""


def list_phases(run: ImportRun, progress: Progress, mails: list[OutboxMail]) -> list[Phase]:
    counted_at = run.snapshot.taken_at if run.snapshot else run.planned_at
    is_removal = run.trigger == ImportRun.Trigger.REMOVAL
    phases = [
        _phase(
            run,
            _("Read who is in Braze") if is_removal else _("Count cohort"),
            done=run.planned_at is not None or run.size is not None,
            current=run.state == State.COMPUTING,
            at=counted_at,
            began=run.started_at,
        ),
        _phase(
            run,
            _("Compare with Braze"),
            done=run.planned_at is not None or run.size is not None,
            current=False,
            at=run.planned_at,
        ),
    ]
    if not is_removal:
        phases.append(_safety(run))
    return [*phases, _sending(run, progress), _notify(run, mails)]


def _phase(
    run: ImportRun,
    name: str,
    *,
    done: bool,
    current: bool,
    at: datetime | None,
    began: datetime | None = None,
) -> Phase:
    if done:
        return Phase(name, "done", at)
    if current:
        return Phase(name, "now", began, since=True)
    if run.is_final:
        failed_here = began is not None and run.state == State.FAILED
        return Phase(name, "failed" if failed_here else "left")
    return Phase(name, "todo")


def _safety(run: ImportRun) -> Phase:
    if run.state == State.HELD:
        return Phase(_("Held for a decision"), "held", run.planned_at, since=True)
    if run.held_reason and run.state == State.CANCELED:
        return Phase(_("Discarded"), "failed", run.decided_at or run.finished_at)
    if run.held_reason and run.decided_at:
        return Phase(_("Approved"), "done", run.decided_at)
    if run.size is not None:
        return Phase(_("Safety limits passed"), "done", run.planned_at)
    return Phase(_("Safety limits"), "left" if run.is_final else "todo")


def _sending(run: ImportRun, progress: Progress) -> Phase:
    name = _("Sending")
    if run.state == State.SENDING:
        return Phase(name, "now", progress.first_sent_at, since=True)
    if run.state == State.SUCCEEDED:
        if not progress.changes:
            return Phase(name, "done", note=_("nothing to send"))
        return Phase(name, "done", progress.last_answered_at)
    if run.is_final:
        stopped = progress.first_sent_at is not None
        return Phase(name, "failed" if stopped else "left", progress.last_answered_at)
    return Phase(name, "todo")


def _notify(run: ImportRun, mails: list[OutboxMail]) -> Phase:
    people = len(run.recipients)
    if not people:
        return Phase(_("Nobody to notify"), "left")
    name = ngettext("Notify %s recipient", "Notify %s recipients", people) % f"{people:,}"
    told = [mail for mail in mails if mail.kind != "held" or run.state == State.HELD]
    if any(mail.state == OutboxMail.State.FAILED for mail in told):
        return Phase(name, "failed", note=_("not delivered"))
    if told and all(mail.state == OutboxMail.State.SENT for mail in told):
        return Phase(name, "done", max(mail.sent_at for mail in told if mail.sent_at))
    if run.is_final:
        return Phase(name, "now" if told else "left")
    return Phase(name, "todo")


def time_left(run: ImportRun, progress: Progress) -> timedelta | None:
    """Of a run that is sending and waits for nothing."""
    if run.state != State.SENDING or run.wait_reason:
        return None
    seconds = progress.seconds_left(timezone.now())
    return None if seconds is None else timedelta(seconds=seconds)
