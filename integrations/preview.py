"""What an import would send if it ran now, without sending or keeping anything."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from cohorts import evaluation, membership
from cohorts.models import Cohort
from integrations.connections import most_ids
from integrations.ledger import holdings_of
from integrations.models import Connection, Ledger
from integrations.planning import count_changes


@dataclass(frozen=True, kw_only=True)
class Preview:
    size: int
    add: int
    remove: int
    unchanged: int
    blank: int
    invalid: int
    requests: int


def preview_import(cohort: Cohort, connection: Connection, *, repair: bool = False) -> Preview:
    """Counts of the next import. Raises DefinitionError and WarehouseError."""
    version = cohort.versions.latest("number")
    prepared = evaluation.prepare(cohort.dataset, version.definition)
    now = timezone.now()
    ledger = Ledger.objects.filter(cohort=cohort, connection=connection).first()
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        members = Path(folder) / "members.parquet"
        membership.write_parquet(evaluation.stream_members(prepared, as_of=now), members)
        counts = count_changes(
            holdings_of(ledger, members), now=now, repair=repair, most_ids=most_ids(connection)
        )
    return Preview(
        size=counts.size,
        add=counts.added,
        remove=counts.removed,
        unchanged=counts.unchanged,
        blank=counts.blank,
        invalid=counts.invalid,
        requests=counts.batches,
    )
