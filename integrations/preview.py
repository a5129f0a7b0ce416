"""What an import would send if it ran now, without sending or keeping anything."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import mean

from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts import evaluation, membership
from cohorts.models import Cohort
from cohorts.warehouse.scratch_folder import scratch_folder
from integrations.connections import most_ids
from integrations.holds import find_hold_for
from integrations.identification import (
    IdentifierChoice,
    check_identifier,
    identified_by,
    keep_values,
)
from integrations.ledger import holdings_of
from integrations.models import Connection, ImportBatch, Ledger
from integrations.planning import Counts, count_changes
from integrations.rebuilding import is_readable
from integrations.runs import identifier_of
from integrations.safety import hold_words

# Per request, until there is something to go by.
UNKNOWN_SECONDS = 0.5


class RecordDamaged(Exception):
    """What Braze holds cannot be compared with. `message` is for people."""

    def __init__(self) -> None:
        self.message = _(
            "The record of what Braze holds of this cohort is damaged, so nobody can say what "
            "would change. The next import makes it anew from earlier files and sends everyone "
            "again."
        )
        super().__init__(self.message)


@dataclass(frozen=True, kw_only=True)
class Preview:
    size: int
    add: int
    remove: int
    unchanged: int
    blank: int
    invalid: int
    duplicate: int = 0
    requests: int
    # How long it takes, as far as one can tell: counting, sending, and waiting for late answers.
    seconds: int
    # Why it would be held, in words; empty if it would be sent at once.
    hold: str


def preview_import(
    cohort: Cohort,
    connection: Connection,
    *,
    repair: bool = False,
    identifier: dict[str, str] | None = None,
) -> Preview:
    """Counts of the next import.

    Raises DefinitionError, WarehouseError, BadIdentifier and RecordDamaged.
    """
    ledger = Ledger.objects.filter(cohort=cohort, connection=connection).first()
    if ledger is not None and not is_readable(ledger):
        raise RecordDamaged
    version = cohort.current_version or cohort.versions.latest("number")
    prepared = evaluation.prepare(cohort.dataset, version.definition, exclude_slug=cohort.slug)
    now, started = timezone.now(), time.monotonic()
    with scratch_folder() as folder:
        members = folder / "members.parquet"
        membership.write_parquet(evaluation.stream_members(prepared, as_of=now), members)
        kept = identifier_of(cohort, connection) if identifier is None else identifier
        choice = IdentifierChoice.from_json(kept)
        check_identifier(choice, cohort.dataset, connection)
        values = keep_values(prepared, choice, as_of=now, path=folder / "values.parquet")
        holdings = holdings_of(ledger, members, identified_by(choice, values))
        counts = count_changes(holdings, now=now, repair=repair, most_ids=most_ids(connection))
    return Preview(
        size=counts.size,
        add=counts.added,
        remove=counts.removed,
        unchanged=counts.unchanged,
        blank=counts.blank,
        invalid=counts.invalid,
        duplicate=counts.duplicate,
        requests=counts.batches,
        seconds=math.ceil(
            time.monotonic() - started + _seconds_of_sending(connection, counts, now)
        ),
        hold=hold_words(find_hold_for(ledger, counts)) if ledger else "",
    )


def _seconds_of_sending(connection: Connection, counts: Counts, now: datetime) -> float:
    waits = counts.waits_until
    left = (waits.replace(tzinfo=UTC) - now).total_seconds() if waits else 0.0
    return max(counts.batches * _seconds_per_request(connection), left)


def _seconds_per_request(connection: Connection) -> float:
    """As it was lately over this connection."""
    answered = ImportBatch.objects.filter(
        run__connection=connection, state=ImportBatch.State.ACKNOWLEDGED
    ).order_by("-pk")
    spans = [
        (end - start).total_seconds()
        for start, end in answered.values_list("last_sent_at", "answered_at")[:100]
        if start and end
    ]
    return mean(spans) if spans else UNKNOWN_SECONDS
