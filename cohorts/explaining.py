"""Asks a dataset why one user is in a cohort or not, and tells the answer as JSON."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from cohorts.evaluation import Prepared, compiling, opened
from cohorts.explanation import DecidingEvent, Explanation, Finding, explain
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouses import OnConnection

NOT_HERE = "not in this dataset"
FILTERED_OUT = "left out by the global filter"


def explain_member(
    prepared: Prepared,
    user_id: str,
    *,
    as_of: datetime,
    language: str = "en",
    time_limit: float | None = None,
    on_connection: OnConnection | None = None,
) -> Explanation:
    """Raises WarehouseError. The id is text exactly as stored."""
    if not _can_be_stored(user_id):
        return Explanation(user_id, as_of, prepared.definition.match, known=False)
    limit = settings.QUERY_TIME_LIMIT if time_limit is None else time_limit
    deadline = time.monotonic() + limit
    with opened(prepared, limit, on_connection) as warehouse:

        def rows(sql: str) -> Sequence[tuple[Any, ...]]:
            # The limit of the warehouse is that of one query, and a definition takes many.
            if time.monotonic() > deadline:
                raise WarehouseError("timeout", _("Checking this user took too long."))
            return warehouse.rows(sql)

        return explain(
            prepared.definition, user_id, rows, language=language, **compiling(prepared, as_of)
        )


def _can_be_stored(user_id: str) -> bool:
    """No engine holds texts with NUL or half a surrogate pair, or takes them in a query."""
    return "\0" not in user_id and not any("\ud800" <= char <= "\udfff" for char in user_id)


def explanation_as_json(explanation: Explanation, cohort: str) -> dict[str, Any]:
    reason = None
    if not explanation.known:
        reason = NOT_HERE
    elif not explanation.in_population:
        reason = FILTERED_OUT
    return {
        "cohort": cohort,
        "user": explanation.user,
        "as_of": _plain(explanation.as_of),
        "member": explanation.member,
        "in_population": explanation.in_population,
        "reason": reason,
        "match": explanation.match,
        "conditions": [_finding(each) for each in explanation.conditions],
        "global_filter": [_finding(each) for each in explanation.global_filter],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    told = {
        "path": finding.path,
        "type": finding.type,
        "title": finding.title,
        "negate": finding.negate,
        "verdict": finding.verdict,
    }
    if finding.conditions:
        inner = [_finding(each) for each in finding.conditions]
        return told | {"match": finding.match, "conditions": inner}
    return told | {
        "subtitle": finding.subtitle,
        "measured": _plain(finding.measured),
        "compared_with": _plain(finding.compared_with),
        "events": [_event(each) for each in finding.events],
    }


def _event(event: DecidingEvent) -> dict[str, Any]:
    return {
        "event": event.event,
        "time": _plain(event.time),
        "properties": _plain(event.properties),
    }


def _plain(value: Any) -> Any:
    """What JSON can spell; times in UTC."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value
