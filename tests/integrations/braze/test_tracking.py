"""What is sent to /users/track and how its answers are read, over the wire."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from integrations.braze.answers import Answer, RefusedObject
from integrations.braze.calls import BadBatch
from integrations.braze.identifiers import Identifier, write_identifier
from integrations.braze.tracking import MAX_OBJECTS, MAX_VALUE_BYTES, TrackDestination
from tests.integrations.braze.wire_server import Play, WireServer, answer, sends

KEY = "rest-canary-77aa"


def track(url: str, **options: float) -> TrackDestination:
    return TrackDestination(url, KEY, "Kubit Cohorts", **options)


def send(play: Play, add: list[str] | None = None, remove: list[str] | None = None) -> Answer:
    with WireServer(play) as server, closing(track(server.url, deadline=5)) as braze:
        return braze.send("coh_1", add or ["a"], remove or [], name="Buyers [1]")


def test_it_adds_and_removes_one_value_of_the_array_on_existing_users_only() -> None:
    crm = write_identifier(Identifier("alias", "crm-1", "crm_id"))
    with WireServer(sends(answer())) as server, closing(track(server.url)) as braze:
        assert braze.send("coh_1", ["ü1", crm], ["b"], name="Buyers [1]").is_accepted
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /users/track HTTP/1.1")
    assert f"Authorization: Bearer {KEY}".encode() in head
    assert KEY.encode() not in body
    only = {"_update_existing_only": True}
    alias = {"alias_label": "crm_id", "alias_name": "crm-1"}
    assert json.loads(body) == {
        "attributes": [
            {"external_id": "ü1", **only, "Kubit Cohorts": {"add": ["Buyers [1]"]}},
            {"user_alias": alias, **only, "Kubit Cohorts": {"add": ["Buyers [1]"]}},
            {"external_id": "b", **only, "Kubit Cohorts": {"remove": ["Buyers [1]"]}},
        ]
    }


def test_errors_of_single_objects_are_told_by_member() -> None:
    errors = [
        {"type": "'external_id' is not valid", "input_array": "attributes", "index": 1},
        {"type": "elsewhere", "input_array": "events", "index": 0},
        {"type": "no such object", "input_array": "attributes", "index": 9},
        "a text",
    ]
    body = json.dumps({"message": "success", "attributes_processed": 1, "errors": errors})
    found = send(sends(answer(body.encode())), ["a", "b"])
    assert found.is_accepted
    assert found.refused == (RefusedObject("b", "'external_id' is not valid"),)
    assert "'b'" not in repr(found)


def test_a_refusal_of_every_object_is_about_the_members() -> None:
    errors = [{"type": "bad", "input_array": "attributes", "index": n} for n in range(2)]
    body = json.dumps({"message": "Valid data must be provided", "errors": errors}).encode()
    assert len(send(sends(answer(body, "400 Bad Request")), ["a", "b"]).refused) == 2
    some = send(sends(answer(body, "400 Bad Request")), ["a", "b", "c"])
    assert (some.is_accepted, some.kind) == (False, "our_fault")


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (401, "key_refused", "users.track"),
        (403, "forbidden", "users.track"),
        (413, "too_large", ""),
    ],
)
def test_refusals_speak_of_the_rest_key(status: int, kind: str, word: str) -> None:
    body = json.dumps({"message": f"Invalid API Key {KEY}"}).encode()
    found = send(sends(answer(body, f"{status} No")))
    assert found.kind == kind
    assert word in found.message
    assert KEY not in found.message


def test_a_value_is_fixed_once_and_fits_into_an_attribute() -> None:
    with closing(track("http://127.0.0.1:1")) as braze:
        first = braze.name_for("coh_0123456789abcdef", "Buyers", "")
        assert first == "Buyers [01234567]"
        assert braze.name_for("coh_0123456789abcdef", "Renamed", first) == first
        long = braze.name_for("coh_0123456789abcdef", "名" * 255, "")
        assert len(long.encode()) <= MAX_VALUE_BYTES
        assert long.endswith("名 [01234567]")


def test_what_must_never_be_sent_is_not() -> None:
    device = write_identifier(Identifier("device_id", "d-1"))
    with closing(track("http://127.0.0.1:1")) as braze:
        for add, name in (
            ([str(n) for n in range(MAX_OBJECTS + 1)], "x"),
            (["a", "a"], "x"),
            ([device], "x"),
            (["a"], ""),
        ):
            with pytest.raises(BadBatch):
                braze.send("coh_1", add, [], name=name)
        assert KEY not in repr(braze)
