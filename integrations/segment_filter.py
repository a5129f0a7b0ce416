"""What people choose in Braze's segment builder to reach the members of an import."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from integrations.models import Connection, ImportRun, Ledger


@dataclass(frozen=True)
class SegmentFilter:
    name: str
    # As Braze's screens write it.
    operator: str
    value: str


def filter_for(run: ImportRun) -> SegmentFilter:
    ledger = Ledger.objects.filter(cohort=run.cohort, connection=run.connection_id).first()
    value = (ledger and ledger.braze_name) or run.cohort.name
    if run.connection.mode == Connection.Mode.TRACK:
        return SegmentFilter(run.connection.attribute, "includes value", value)
    return SegmentFilter(f"{settings.BRAZE_PARTNER_NAME.capitalize()} Cohorts", "includes", value)
