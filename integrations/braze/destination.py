"""Where members are delivered to, and the first way: the cohorts of a Braze partner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from integrations.braze.answers import PARTNER_TEXTS, Answer, Outcome
from integrations.braze.calls import MAX_BODY_BYTES, BadBatch, Caller, check_ids
from integrations.braze.identifiers import by_kind, values_of

__all__ = [
    "MAX_BODY_BYTES",
    "MAX_IDS",
    "Answer",
    "BadBatch",
    "BrazeDestination",
    "Destination",
    "Outcome",
]

MAX_IDS = 1000
MAX_NAME = 255
# Never named, so it never shows up in Braze's filter.
_TEST_COHORT = "connection-test"


class Destination(Protocol):
    """What a run needs of the place it delivers to."""

    def name_for(self, cohort_id: str, name: str, known_as: str) -> str:
        """Under which name Braze is to know the cohort now; `known_as` is the one it has, or "".
        Where it differs, `name_cohort` comes before members do."""

    def name_cohort(self, cohort_id: str, name: str, created_at: datetime) -> Answer: ...

    def send(
        self, cohort_id: str, add: Sequence[str], remove: Sequence[str], *, name: str
    ) -> Answer:
        """Change members: one request. `name` is what Braze knows the cohort by."""

    def check(self) -> Answer:
        """Whether key and address are good. Changes nobody."""

    def close(self) -> None: ...


class BrazeDestination:
    """The partner endpoints: name a cohort, change its members."""

    def __init__(
        self,
        base_url: str,
        partner_name: str,
        partner_key: str,
        data_import_key: str,
        *,
        connect_timeout: float = 5,
        deadline: float = 45,
    ) -> None:
        self._path = f"/partners/{quote(partner_name, safe='')}/cohorts"
        self._keys = {"partner_api_key": partner_key, "client_secret": data_import_key}
        self._caller = Caller(
            base_url,
            self._keys.values(),
            texts=PARTNER_TEXTS,
            connect_timeout=connect_timeout,
            deadline=deadline,
        )

    def name_for(self, cohort_id: str, name: str, known_as: str) -> str:
        return name

    def name_cohort(self, cohort_id: str, name: str, created_at: datetime) -> Answer:
        """Make the cohort known under `name`, or rename it. `created_at` stays the first time."""
        if not cohort_id or not name.strip() or len(name) > MAX_NAME:
            raise BadBatch("a cohort needs an id, and a name of 1 to 255 characters")
        moment = created_at.astimezone(UTC).isoformat(timespec="milliseconds")
        content = {
            "cohort_id": cohort_id,
            "name": name,
            "created_at": moment.replace("+00:00", "Z"),
        }
        return self._post("", content)

    def send(
        self, cohort_id: str, add: Sequence[str], remove: Sequence[str], *, name: str = ""
    ) -> Answer:
        """One request, additions first. A side without ids is left out."""
        if not cohort_id:
            raise BadBatch("a batch needs a cohort id")
        check_ids(add, remove, most=MAX_IDS)
        changes: list[dict[str, Any]] = []
        if add:
            changes.append(by_kind(add))
        if remove:
            changes.append({**by_kind(remove), "should_remove": True})
        content = {"cohort_id": cohort_id, "cohort_changes": changes}
        return self._post("/users", content, ids=[*add, *remove])

    def check(self) -> Answer:
        """A change of nobody, which leaves no trace."""
        return self._post("/users", {"cohort_id": _TEST_COHORT, "cohort_changes": []})

    def close(self) -> None:
        self._caller.close()

    def __repr__(self) -> str:
        return f"BrazeDestination({self._caller.host!r}, keys hidden)"

    def _post(self, path: str, content: dict[str, Any], ids: Sequence[str] = ()) -> Answer:
        answer, _ = self._caller.post(
            self._path + path, {**self._keys, **content}, ids=values_of(ids)
        )
        return answer
