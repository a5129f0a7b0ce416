"""`/users/track` of the sandbox, over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integrations.sandbox.driver import JSON, Answer, Driver

KEY = "rest-key-0001"
NAME = "Kubit Cohorts: Whales [1]"


@pytest.fixture
def fixture_data(fixture_data: dict[str, Any]) -> dict[str, Any]:
    fixture_data["workspaces"][0]["rest_key"] = KEY
    return fixture_data


def track(sandbox: Driver, attributes: Any, key: str = KEY) -> Answer:
    headers = {**JSON, "Authorization": f"Bearer {key}"}
    return sandbox.send("POST", "/users/track", json.dumps({"attributes": attributes}), headers)


def add(*ids: str, operation: str = "add") -> list[dict[str, Any]]:
    only = {"_update_existing_only": True, "Kubit Cohorts": {operation: ["Whales [1]"]}}
    return [{"external_id": each, **only} for each in ids]


def test_it_adds_to_and_removes_from_the_arrays_of_known_users(sandbox: Driver) -> None:
    found = track(sandbox, add("user_1", "user_2", "nobody"))
    assert (found.status, found.json) == (201, {"message": "success", "attributes_processed": 3})
    assert found.headers["x-ratelimit-limit"] == "3000"
    assert 1 <= int(found.headers["x-ratelimit-reset"]) <= 3
    assert sandbox.state()["cohorts"][NAME] == {
        "name": "Whales [1]",
        "members": ["user_1", "user_2"],
    }
    track(sandbox, add("user_1", operation="remove"))
    assert sandbox.members(NAME) == ["user_2"]
    alias = {"alias_label": "crm_id", "alias_name": "crm-1"}
    track(sandbox, [{"user_alias": alias, "Kubit Cohorts": {"add": ["Whales [1]"]}}])
    assert sandbox.members(NAME) == ["user_1", "user_2"]
    assert [entry["cohort_id"] for entry in sandbox.log()] == [NAME] * 3
    assert sandbox.state()["warnings"] == []


def test_it_wants_the_rest_key_in_the_header(sandbox: Driver) -> None:
    for key in ("wrong", ""):
        assert track(sandbox, add("user_1"), key).status == 401
    assert sandbox.state()["cohorts"] == {}


def test_errors_name_the_objects(sandbox: Driver) -> None:
    bad = [{"Kubit Cohorts": {"add": ["x"]}}, {"external_id": "x" * 988}, "text"]
    found = track(sandbox, [*add("user_1"), *bad])
    assert found.status == 201
    assert found.json["attributes_processed"] == 1
    assert [(each["index"], each["input_array"]) for each in found.json["errors"]] == [
        (1, "attributes"),
        (2, "attributes"),
        (3, "attributes"),
    ]
    assert sandbox.members(NAME) == ["user_1"]
    nothing = track(sandbox, bad)
    assert nothing.status == 400
    assert len(nothing.json["errors"]) == 3


def test_it_takes_75_objects(sandbox: Driver) -> None:
    assert track(sandbox, add(*(f"u{n}" for n in range(75)))).status == 201
    assert track(sandbox, add(*(f"u{n}" for n in range(76)))).status == 400
    assert track(sandbox, []).status == 400


def test_faults_and_its_own_limit_apply(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    sandbox.fault(path="/users/track", status=503, apply=True)
    assert track(sandbox, add("user_1")).status == 503
    assert sandbox.members(NAME) == ["user_1"]
    sandbox.control("PUT", "fixture", {**fixture_data, "settings": {"track_limit": 0}})
    limited = track(sandbox, add("user_1"))
    assert limited.status == 429
    assert set(limited.headers) & {"x-ratelimit-reset", "x-ratelimit-limit"} == set()
    assert 1 <= int(limited.headers["x-ratelimit-retry-after"]) <= 3


def test_habits_worth_a_warning(sandbox: Driver) -> None:
    track(sandbox, [*add("user_1"), *add("user_1", operation="remove")])
    track(sandbox, [{"external_id": "user_2", "Kubit Cohorts": {"add": ["Whales [1]"]}}])
    assert {"duplicate_id", "may_create_users"} <= set(sandbox.state()["warnings"])


def test_pages_show_the_attribute(sandbox: Driver) -> None:
    track(sandbox, add("user_1"))
    assert "Kubit Cohorts: Whales [1]" in sandbox.get("/profiles").body.decode()
    page = sandbox.get("/?lookup=user_1").body.decode()
    assert '<optgroup label="Custom attribute: Kubit Cohorts">' in page
    assert "Whales [1]</dd>" in page
    assert KEY not in sandbox.get("/partner").body.decode()
