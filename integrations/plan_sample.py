"""Some of the people whom a plan would add or remove, to judge it by before it is sent."""

from __future__ import annotations

from cohorts import membership
from integrations.braze.identifiers import show_identifier
from integrations.models import ImportRun
from integrations.scratch import scratch_database


def sample_changes(run: ImportRun, *, remove: bool, most: int) -> list[str]:
    """The same ones at every look, from all over the plan. Raises `StoreError`."""
    plan = membership.verify(run.plan_file, run.plan_sha256)
    with scratch_database() as db:
        rows = db.execute(
            "SELECT id FROM read_parquet($plan) WHERE remove = $remove "
            "ORDER BY hash(id), id LIMIT $most",
            {"plan": str(plan), "remove": remove, "most": most},
        ).fetchall()
    return sorted(show_identifier(id) for (id,) in rows)
