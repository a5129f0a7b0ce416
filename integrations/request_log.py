"""The requests of a run as people read them: newest first, repeats of one under another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from cohorts.csv_lines import write_line
from integrations.braze.clusters import CLUSTERS
from integrations.connections import is_sandbox, most_ids
from integrations.identification import IdentifierChoice
from integrations.models import Connection, ImportBatch, ImportRun, Ledger

MASK = "••••"
HEADER = ["number", "try", "sent_at", "answered_at", "request", "added", "removed", "state"]
HEADER += ["status", "note"]


@dataclass(frozen=True)
class Request:
    batch: ImportBatch
    try_number: int
    sent_at: datetime | None
    answered_at: datetime | None
    status_code: int | None
    note: str
    # The batch was sent again after it.
    is_repeated: bool

    @property
    def answer(self) -> str:
        if not self.is_repeated:
            return self.batch.get_state_display()
        return _("Sent again")


def list_requests(batches: Iterable[ImportBatch]) -> list[Request]:
    """The batches come with `earlier_tries`."""
    return [request for batch in batches for request in _of_batch(batch)]


def _of_batch(batch: ImportBatch) -> Iterator[Request]:
    is_open = batch.state == ImportBatch.State.SENDING
    yield Request(
        batch,
        batch.tries,
        batch.last_sent_at,
        # While a repeat is under way the row still holds the answer before.
        None if is_open else batch.answered_at,
        None if is_open else batch.status_code,
        "" if is_open else batch.note,
        False,
    )
    for each in batch.earlier_tries.all():
        yield Request(
            batch,
            each.number,
            each.sent_at,
            each.answered_at,
            each.status_code,
            each.note,
            True,
        )


def stream_requests(run: ImportRun) -> Iterator[str]:
    """Lines of CSV, oldest first. Counts and answers only: no ids, no keys."""
    yield write_line(HEADER)
    path = path_of(run.connection)
    batches = run.batch_set.order_by("number").prefetch_related("earlier_tries")
    for batch in batches.iterator(chunk_size=1_000):
        for each in reversed(list(_of_batch(batch))):
            yield write_line(
                [
                    batch.number,
                    each.try_number,
                    _iso(each.sent_at),
                    _iso(each.answered_at),
                    path,
                    batch.added,
                    batch.removed,
                    "repeated" if each.is_repeated else batch.state,
                    each.status_code or "",
                    each.note,
                ]
            )


def path_of(connection: Connection) -> str:
    if connection.mode == Connection.Mode.TRACK:
        return "/users/track"
    return f"/partners/{settings.BRAZE_PARTNER_NAME}/cohorts/users"


def sketch_request(run: ImportRun, ledger: Ledger | None) -> str:
    """What a request of the run looks like, with keys masked and a count for the ids."""
    connection, kind = run.connection, IdentifierChoice.from_json(run.identifier).kind
    key = MASK + connection.key_hint
    cluster = CLUSTERS.get(connection.endpoint)
    host = connection.endpoint if is_sandbox(connection.endpoint) else ""
    lines = [f"POST {cluster.rest_url if cluster else host}{path_of(connection)}"]
    ids = _("up to %s ids") % f"{most_ids(connection):,}"
    if connection.mode == Connection.Mode.TRACK:
        value = (ledger and ledger.braze_name) or run.cohort.name
        who: dict[str, Any] = {"external_id": "…"}
        if kind == "alias":
            who = {"user_alias": {"alias_label": "…", "alias_name": "…"}}
        change = {**who, "_update_existing_only": True, connection.attribute: {"add": [value]}}
        lines.append(f"Authorization: Bearer {key}")
        body: dict[str, Any] = {"attributes": [change, f"… {ids}"]}
    else:
        names = {"alias": "aliases", "device_id": "device_ids"}
        name = names.get(kind, "user_ids")
        body = {
            "partner_api_key": MASK,
            "client_secret": key,
            "cohort_id": ledger.braze_cohort_id if ledger else "…",
            "cohort_changes": [
                {name: [f"… {ids}"]},
                {name: [f"… {ids}"], "should_remove": True},
            ],
        }
    return "\n".join([*lines, "", json.dumps(body, indent=2, ensure_ascii=False)])


def _iso(instant: datetime | None) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z") if instant else ""
