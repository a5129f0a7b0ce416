"""What people choose in Braze's segment builder to reach the members of an import."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from integrations.braze.clusters import CLUSTERS
from integrations.connections import is_sandbox
from integrations.models import Connection, ImportRun, Ledger


@dataclass(frozen=True)
class SegmentFilter:
    name: str
    # As Braze's screens write it.
    operator: str
    value: str
    # Where it can be chosen.
    address: str = ""
    in_sandbox: bool = False

    @property
    def line(self) -> str:
        return f"{self.name} {self.operator} {self.value}"


def filter_for(run: ImportRun, ledger: Ledger | None = None) -> SegmentFilter:
    """`ledger` where it is at hand already."""
    if ledger is None:
        ledger = Ledger.objects.filter(cohort=run.cohort, connection=run.connection_id).first()
    value = (ledger and ledger.braze_name) or run.cohort.name
    if run.connection.mode == Connection.Mode.TRACK:
        name, operator = run.connection.attribute, "includes value"
    else:
        name, operator = f"{settings.BRAZE_PARTNER_NAME.capitalize()} Cohorts", "includes"
    return SegmentFilter(
        name,
        operator,
        value,
        _address(run.connection.endpoint, value),
        is_sandbox(run.connection.endpoint),
    )


def _address(endpoint: str, value: str) -> str:
    if is_sandbox(endpoint):
        return f"{endpoint}/cohorts?q={quote(value, safe='')}"
    cluster = CLUSTERS.get(endpoint)
    return f"https://{cluster.dashboard_host}/" if cluster else ""
