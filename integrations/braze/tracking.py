"""The second way to deliver, for those without a partner key: an array attribute of each user.

An ordinary REST API key writes it by `/users/track`. Every cohort is one value of the array, and
segments in Braze filter by it. A value is fixed at the first import: a new one would have to be
written for every member, so a rename changes nothing in Braze.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.braze.answers import TRACK_TEXTS, Answer, Outcome, RefusedObject
from integrations.braze.calls import BadBatch, Caller, check_ids
from integrations.braze.client import Reply
from integrations.braze.identifiers import read_identifier, values_of

DEFAULT_ATTRIBUTE = "Kubit Cohorts"
# Objects that one request may hold.
MAX_OBJECTS = 75
MAX_VALUE_BYTES = 255
_PATH = "/users/track"
_MAX_REASON = 200
# No user has this id or value; with it a request reaches nobody and writes nothing.
_TEST_ID = "connection-test-of-cohort-dashboard"


class TrackDestination:
    def __init__(
        self,
        base_url: str,
        rest_key: str,
        attribute: str,
        *,
        connect_timeout: float = 5,
        deadline: float = 45,
    ) -> None:
        self._attribute = attribute
        self._caller = Caller(
            base_url,
            [rest_key],
            texts=TRACK_TEXTS,
            headers={"Authorization": f"Bearer {rest_key}"},
            connect_timeout=connect_timeout,
            deadline=deadline,
        )

    def name_for(self, cohort_id: str, name: str, known_as: str) -> str:
        """The value once written stays. A new one holds part of the id, so that a cohort of the
        same name, now or later, is another value."""
        if known_as:
            return known_as
        ending = f" [{cohort_id.removeprefix('coh_')[:8]}]"
        room = MAX_VALUE_BYTES - len(ending.encode())
        return name.encode()[:room].decode("utf-8", "ignore").rstrip() + ending

    def name_cohort(self, cohort_id: str, name: str, created_at: datetime) -> Answer:
        """Nothing to send: the value comes to be with its first member."""
        return Answer(Outcome.ACCEPTED, None, "accepted", "", False)

    def send(
        self, cohort_id: str, add: Sequence[str], remove: Sequence[str], *, name: str
    ) -> Answer:
        check_ids(add, remove, most=MAX_OBJECTS)
        if not name:
            raise BadBatch("a batch needs the value that stands for its cohort")
        ids = [*add, *remove]
        objects = [
            *(self._object(each, "add", name) for each in add),
            *(self._object(each, "remove", name) for each in remove),
        ]
        answer, reply = self._caller.post(_PATH, {"attributes": objects}, ids=values_of(ids))
        return _with_refusals(answer, reply, ids)

    def check(self) -> Answer:
        nobody = self._object(_TEST_ID, "remove", _TEST_ID)
        return self._caller.post(_PATH, {"attributes": [nobody]})[0]

    def close(self) -> None:
        self._caller.close()

    def __repr__(self) -> str:
        return f"TrackDestination({self._caller.host!r}, key hidden)"

    def _object(self, written: str, operation: str, value: str) -> dict[str, Any]:
        identifier = read_identifier(written)
        if identifier.kind == "device_id":
            raise BadBatch("users/track does not know users by a device id")
        who: dict[str, Any] = {"external_id": identifier.value}
        if identifier.kind == "alias":
            alias = {"alias_label": identifier.label, "alias_name": identifier.value}
            who = {"user_alias": alias}
        return {**who, "_update_existing_only": True, self._attribute: {operation: [value]}}


def _with_refusals(answer: Answer, reply: object, ids: Sequence[str]) -> Answer:
    """The answer, with the objects that Braze named as wrong. A refusal that names every object
    is about the members, not about the request: then the batch is done."""
    if not isinstance(reply, Reply) or not (answer.is_accepted or answer.status == 400):
        return answer
    refused = _read_refusals(reply.body, ids)
    if answer.is_accepted:
        return replace(answer, refused=refused)
    if len(refused) < len(ids):
        return answer
    return replace(answer, outcome=Outcome.ACCEPTED, kind="accepted", refused=refused)


def _read_refusals(body: bytes, ids: Sequence[str]) -> tuple[RefusedObject, ...]:
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return ()
    found: dict[str, RefusedObject] = {}
    for error in errors if isinstance(errors, list) else []:
        index = error.get("index") if isinstance(error, dict) else None
        if type(index) is not int or error.get("input_array") != "attributes":
            continue
        if 0 <= index < len(ids):
            reason = " ".join(str(error.get("type", "")).split())[:_MAX_REASON]
            found.setdefault(ids[index], RefusedObject(ids[index], reason))
    return tuple(found.values())
