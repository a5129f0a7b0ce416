"""Braze as the place members are delivered to: name a cohort, change its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from integrations.braze.answers import Answer, Outcome, judge
from integrations.braze.client import BrazeClient, encode
from integrations.braze.redaction import redact, tidy
from integrations.braze.waits import add_jitter

__all__ = ["MAX_BODY_BYTES", "MAX_IDS", "Answer", "BadBatch", "BrazeDestination", "Outcome"]

MAX_IDS = 1000
MAX_BODY_BYTES = 1_000_000
MAX_NAME = 255
# Never named, so it never shows up in Braze's filter.
_TEST_COHORT = "connection-test"


class BadBatch(ValueError):
    """A request that must never be sent. A fault in the program, not in the data."""


class BrazeDestination:
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
        self._host = _checked_host(base_url)
        self._path = f"/partners/{quote(partner_name, safe='')}/cohorts"
        self._partner_key = partner_key
        self._data_import_key = data_import_key
        self._client = BrazeClient(base_url, connect_timeout=connect_timeout, deadline=deadline)

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

    def send(self, cohort_id: str, add: Sequence[str], remove: Sequence[str]) -> Answer:
        """Change members: one request, additions first. A side without ids is left out."""
        if not cohort_id:
            raise BadBatch("a batch needs a cohort id")
        _check_ids(add, remove)
        changes: list[dict[str, Any]] = []
        if add:
            changes.append({"user_ids": list(add)})
        if remove:
            changes.append({"user_ids": list(remove), "should_remove": True})
        return self._post(
            "/users", {"cohort_id": cohort_id, "cohort_changes": changes}, ids=[*add, *remove]
        )

    def check(self) -> Answer:
        """Whether keys and address are good: a change of nobody, which leaves no trace."""
        return self._post("/users", {"cohort_id": _TEST_COHORT, "cohort_changes": []})

    def close(self) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"BrazeDestination({self._host!r}, keys hidden)"

    def _post(self, path: str, content: Mapping[str, Any], ids: Sequence[str] = ()) -> Answer:
        keys = {"partner_api_key": self._partner_key, "client_secret": self._data_import_key}
        body = encode({**keys, **content})
        if len(body) > MAX_BODY_BYTES:
            raise BadBatch(f"a request holds at most {MAX_BODY_BYTES} bytes")

        def clean(text: str) -> str:
            return tidy(redact(text, keys.values(), ids=ids))

        answer = judge(self._client.post(self._path + path, body), host=self._host, clean=clean)
        if answer.wait_seconds is None:
            return answer
        return replace(answer, wait_seconds=add_jitter(answer.wait_seconds))


def _check_ids(add: Sequence[str], remove: Sequence[str]) -> None:
    if not add and not remove:
        raise BadBatch("a batch without ids")
    if len(add) + len(remove) > MAX_IDS:
        raise BadBatch(f"a batch holds at most {MAX_IDS} ids")
    if not all((*add, *remove)):
        raise BadBatch("an id is empty")
    if len({*add, *remove}) < len(add) + len(remove):
        raise BadBatch("an id is in the batch twice, or on both sides")


def _checked_host(base_url: str) -> str:
    parts = urlsplit(base_url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ValueError("the base URL needs the form https://host, without log-in or query")
    return parts.netloc
