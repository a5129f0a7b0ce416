"""One batch to Braze: in turn with other imports, and in parts where Braze wants it smaller.

A batch always holds the same ids. Its parts are nothing that is kept: it is accepted when all of
them are, and sent whole again when one of them is in doubt.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from integrations.braze.answers import RefusedObject
from integrations.braze.destination import Answer, Destination, Outcome
from integrations.fail_points import reach
from integrations.leases import Claim
from integrations.models import Ledger
from integrations.outages import outlast
from integrations.turns import take_turn

# Longer waits for a turn are not slept through: other runs may use the worker.
PATIENCE = 2.0
# Members of one batch that may turn out to be why Braze finds it malformed, and the requests
# it takes to find them. Beyond that the fault is ours.
MOST_MALFORMED = 30


class Sent(NamedTuple):
    answer: Answer
    # Some of the batch was accepted, whatever became of the rest.
    partly: bool


class _Part(NamedTuple):
    add: Sequence[str]
    remove: Sequence[str]

    def __len__(self) -> int:
        return len(self.add) + len(self.remove)

    def cut(self, most: int) -> list[_Part]:
        """Parts of at most so many ids, in the same order."""
        pieces = []
        for start in range(0, len(self), most):
            end, added = start + most, len(self.add)
            remove = self.remove[max(start - added, 0) : max(end - added, 0)]
            pieces.append(_Part(self.add[start:end], remove))
        return pieces


class Sender:
    """Sends the batches of one slice. `per_second`: requests to this place; 0 is no limit."""

    def __init__(
        self, claim: Claim, destination: Destination, ledger: Ledger, place: str, per_second: float
    ) -> None:
        self._claim = claim
        self._destination = destination
        self._ledger = ledger
        self._place = place
        self._per_second = per_second
        # What Braze was found to take, once it called something too large.
        self._most: int | None = None

    def send(
        self, add: Sequence[str], remove: Sequence[str], *, note_leaving: Callable[[], object]
    ) -> Sent:
        """`note_leaving` is called, and committed, right before each request: from then on the
        ids are in doubt."""
        whole = _Part(add, remove)
        parts = deque(whole.cut(self._most or len(whole)))
        refused: list[RefusedObject] = []
        accepted = malformed = 0
        while parts:
            part = parts.popleft()
            answer = self._send_part(part, note_leaving)
            if answer.kind == "too_large" and len(part) > 1:
                self._most = half = (len(part) + 1) // 2
                parts = deque(piece for each in (part, *parts) for piece in each.cut(half))
            elif answer.status == 400 and not answer.is_accepted and malformed < MOST_MALFORMED:
                malformed += 1
                if len(part) > 1:
                    parts.extendleft(reversed(part.cut((len(part) + 1) // 2)))
                else:
                    refused.append(RefusedObject([*part.add, *part.remove][0], answer.message))
            elif not answer.is_accepted:
                return Sent(answer, accepted > 0)
            else:
                accepted += 1
                refused += answer.refused
                last = answer
        if not accepted:
            return Sent(answer, partly=False)
        return Sent(replace(last, refused=tuple(refused)), partly=True)

    def take_turn(self) -> Answer | None:
        """None when it is this run's turn."""
        if not self._per_second:
            return None
        wait = outlast(lambda: take_turn(self._place, self._per_second, patience=PATIENCE))
        if wait > PATIENCE:
            text = _("Other imports to this Braze cluster go first")
            return Answer(Outcome.REFUSED, None, "own_pace", text, True, wait)
        time.sleep(wait)
        return None

    def _send_part(self, part: _Part, note_leaving: Callable[[], object]) -> Answer:
        not_yet = self.take_turn()
        if not_yet is not None:
            return not_yet

        def leave() -> None:
            with transaction.atomic():
                self._claim.update()
                note_leaving()

        outlast(leave)
        reach("lease_renewed")
        outlast(lambda: self._claim.ensure_fresh(leave))
        return self._destination.send(
            self._ledger.braze_cohort_id, part.add, part.remove, name=self._ledger.braze_name
        )
