"""The control interface: faults, log, fixture, reset, and who may use it."""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from tests.integrations.sandbox.driver import JSON, PARTNER_KEY, SECRET, Driver


def _statuses(sandbox: Driver, count: int) -> list[int]:
    return [sandbox.change([]).status for _ in range(count)]


# -- faults ---------------------------------------------------------------------


def test_a_fault_waits_and_ends(sandbox: Driver) -> None:
    sandbox.fault(status=503, after=1, times=2)
    assert _statuses(sandbox, 5) == [201, 503, 503, 201, 201]


def test_faults_of_one_list_play_one_after_the_other(sandbox: Driver) -> None:
    faults = [{"status": 500}, {"status": 429, "after": 2}, {"status": 503, "times": None}]
    sandbox.control("POST", "faults", faults)
    assert _statuses(sandbox, 5) == [500, 503, 429, 503, 503]
    sandbox.control("POST", "faults", [])
    assert _statuses(sandbox, 1) == [201]


@pytest.mark.parametrize("path", ["/cohorts/users", "/partners/kubit/cohorts/users"])
def test_a_fault_keeps_to_its_path(sandbox: Driver, path: str) -> None:
    sandbox.fault(status=500, path=path)
    assert sandbox.name().status == 201
    assert sandbox.change([]).status == 500


def test_a_probable_fault_makes_the_same_choices_each_time(sandbox: Driver) -> None:
    runs = []
    for _ in range(2):
        sandbox.fault(status=500, probability=0.5, times=100)
        runs.append(_statuses(sandbox, 40))
    assert runs[0] == runs[1]
    assert 10 < runs[0].count(500) < 30


@pytest.mark.parametrize(
    ("fault", "members"),
    [
        ({"status": 500}, []),
        ({"status": 500, "apply": True}, ["user_1"]),
        ({"status": 423}, []),
        ({"status": 202, "body": {"message": "queued"}}, ["user_1"]),
        ({"status": 201, "body": {"message": "success", "errors": ["minor"]}}, ["user_1"]),
        ({"status": 201, "body": {"message": "fatal"}}, []),
        ({"status": 200, "body": {}}, ["user_1"]),
        ({"status": 200, "raw_body": "<html>odd</html>"}, []),
        ({"status": 200, "raw_body": ""}, ["user_1"]),
        ({"status": 201, "apply": False}, []),
        ({"delay_ms": 1}, ["user_1"]),
    ],
)
def test_a_fault_decides_whether_the_change_takes_effect(
    sandbox: Driver, fault: dict[str, Any], members: list[str]
) -> None:
    sandbox.name()
    sandbox.fault(path="/cohorts/users", **fault)
    assert sandbox.add("user_1").status == fault.get("status", 201)
    assert sandbox.members() == members
    assert sandbox.log()[-1]["applied"] is bool(members)


@pytest.mark.parametrize(
    ("drop", "members"), [("before", []), ("after", ["user_1"]), ("mid_body", ["user_1"])]
)
def test_a_dropped_connection_leaves_no_whole_answer(
    sandbox: Driver, drop: str, members: list[str]
) -> None:
    sandbox.name()
    sandbox.fault(drop=drop)
    with (
        closing(sandbox.another()) as other,
        pytest.raises((http.client.HTTPException, ConnectionError)),
    ):
        other.add("user_1")
    assert sandbox.members() == members
    assert sandbox.log()[-1]["status"] is None


def test_a_refused_request_takes_no_effect_whatever_the_fault_says(sandbox: Driver) -> None:
    sandbox.fault(status=201, apply=True)
    sandbox.change([{"user_ids": [1]}])
    assert sandbox.state()["cohorts"] == {}


def test_a_fault_writes_its_own_headers_and_body(sandbox: Driver) -> None:
    headers = {"x-ratelimit-reset": "{now_epoch+7}", "Retry-After": "3"}
    sandbox.fault(status=429, headers=headers, raw_body="<b>busy</b>")
    before = int(time.time())
    answer = sandbox.change([])
    assert before + 7 <= int(answer.headers["x-ratelimit-reset"]) <= int(time.time()) + 7
    assert (answer.headers["retry-after"], answer.body) == ("3", b"<b>busy</b>")
    assert "x-ratelimit-remaining" not in answer.headers


def test_a_late_change_is_not_there_yet(sandbox: Driver) -> None:
    sandbox.name()
    sandbox.fault(status=504, apply=True, apply_delay_ms=600_000)
    assert sandbox.add("user_1").status == 504
    assert sandbox.members() == []
    assert sandbox.log()[-1]["applied"] is False


def test_two_requests_for_one_cohort_at_once_are_noticed(
    sandbox: Driver, fixture_data: dict[str, Any]
) -> None:
    rules = {"lock_concurrent_writes": True}
    sandbox.control("PUT", "fixture", {**fixture_data, "settings": rules})
    sandbox.name()
    sandbox.fault(delay_ms=60_000)
    slow = sandbox.another()
    thread = threading.Thread(target=_send_and_forget, args=(slow,), daemon=True)
    thread.start()
    while sandbox.state()["requests"] < 2:
        time.sleep(0.01)
    answer = sandbox.add("user_2")
    assert (answer.status, answer.message) == (423, "Resource locked")
    assert sandbox.log()[-1]["warnings"] == ["concurrent_requests"]
    assert sandbox.change([], cohort_id="c2").status == 201


def _send_and_forget(driver: Driver) -> None:
    """The server stops before it answers, so whatever comes back means nothing."""
    try:
        driver.add("user_1")
    except (http.client.HTTPException, OSError):
        pass
    finally:
        driver.close()


# -- log and state ----------------------------------------------------------------


def test_the_log_tells_what_came_and_what_became_of_it(sandbox: Driver) -> None:
    sandbox.name()
    changes = [{"user_ids": ["user_1", "nobody"]}, {"user_ids": ["user_2"], "should_remove": True}]
    data = {"partner_api_key": PARTNER_KEY, "client_secret": SECRET, "cohort_id": "c1"}
    body = json.dumps({**data, "cohort_changes": changes})
    sandbox.send("POST", "/partners/kubit/cohorts/users", body, JSON)
    (entry,) = sandbox.log(since=1)
    assert entry["number"] == 2
    assert entry["path"] == "/partners/kubit/cohorts/users"
    assert (entry["status"], entry["applied"]) == (201, True)
    assert (entry["added"], entry["removed"]) == (2, 1)
    assert (entry["members_entered"], entry["members_left"]) == (1, 0)
    assert entry["sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert entry["time"].endswith("Z")


def test_the_log_has_the_refused_too(sandbox: Driver) -> None:
    sandbox.send("POST", "/partners/kubit/cohort", "{}", JSON)
    sandbox.name(name="")
    assert [(e["status"], e["applied"]) for e in sandbox.log()] == [(404, False), (400, False)]
    assert sandbox.state()["requests"] == 2


def test_one_cohort_can_be_counted_without_its_members(sandbox: Driver) -> None:
    sandbox.name(cohort_id="a b/ü")
    sandbox.change([{"user_ids": ["user_1"]}], cohort_id="a b/ü")
    counted = sandbox.get("/_sandbox/cohorts/a%20b%2F%C3%BC?count=1").json
    assert counted == {"id": "a b/ü", "name": "Whales", "size": 1}
    assert sandbox.get("/_sandbox/cohorts/a%20b%2F%C3%BC").json["members"] == ["user_1"]
    assert sandbox.get("/_sandbox/cohorts/none").status == 404


# -- fixture and reset --------------------------------------------------------------


def test_a_fixture_replaces_everything(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    sandbox.name(cohort_id="old")
    sandbox.fault(status=500)
    cohorts = {"c1": {"name": "Whales", "members": ["user_2", "user_1"]}}
    sandbox.control("PUT", "fixture", {**fixture_data, "cohorts": cohorts})
    state = sandbox.state()
    assert state["cohorts"] == {"c1": {"name": "Whales", "members": ["user_1", "user_2"]}}
    assert (state["requests"], sandbox.log()) == (0, [])
    assert sandbox.add("user_3").status == 201


def test_a_reset_goes_back_to_the_fixture(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    cohorts = {"c1": {"name": "Whales", "members": ["user_1"]}}
    sandbox.control("PUT", "fixture", {**fixture_data, "cohorts": cohorts})
    sandbox.add("user_2")
    sandbox.fault(status=500)
    assert sandbox.control("POST", "reset").status == 200
    assert sandbox.members() == ["user_1"]
    assert sandbox.state()["requests"] == 0
    assert sandbox.add("user_3").status == 201


@pytest.mark.parametrize(
    ("method", "name", "body", "words"),
    [
        ("PUT", "fixture", "{", "not valid JSON"),
        ("PUT", "fixture", "[]", "must be a JSON object"),
        ("PUT", "fixture", '{"workspaces": []}', "at least one workspace"),
        ("PUT", "fixture", '{"workspaces": [{"client_secret": 1}]}', "workspaces.0.client_secret"),
        ("PUT", "fixture", '{"users": [{}]}', "users.0"),
        ("PUT", "fixture", '{"cohorts": {"c": {"members": "x"}}}', "cohorts.c.members"),
        ("PUT", "fixture", '{"settings": {"speed": 1}}', "settings.speed"),
        ("PUT", "fixture", '{"settings": {"hourly_limit": true}}', "settings.hourly_limit"),
        ("POST", "faults", "nonsense", "not valid JSON"),
        ("POST", "faults", "7", "list of faults"),
        ("POST", "faults", '[{"stauts": 500}]', "0.stauts is not known"),
        ("POST", "faults", '[{"status": "500"}]', "0.status"),
        ("POST", "faults", '[{"status": 99}]', "0.status"),
        ("POST", "faults", '[{}, {"drop": "sideways"}]', "1.drop"),
        ("POST", "faults", '[{"probability": 2}]', "0.probability"),
        ("POST", "faults", '[{"times": -1}]', "0.times"),
        ("POST", "faults", '[{"headers": {"a": 1}}]', "0.headers"),
        ("POST", "faults", '[{"headers": {"a": "x\\r\\ny: z"}}]', "0.headers"),
        ("GET", "requests?since=x", "", "since"),
    ],
)
def test_it_says_what_is_wrong_with_control_input(
    sandbox: Driver, method: str, name: str, body: str, words: str
) -> None:
    sandbox.name()
    answer = sandbox.send(method, f"/_sandbox/{name}", body)
    assert answer.status == 400
    assert words in answer.message
    assert sandbox.state()["requests"] == 1  # and nothing was changed


def test_it_names_the_addresses_it_has(sandbox: Driver) -> None:
    assert "/_sandbox/state" in sandbox.get("/_sandbox/stat").message
    answer = sandbox.get("/_sandbox/reset")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


# -- who may -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "sandbox.attacker.example"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_sandbox/state"), ("POST", "/_sandbox/reset")]
)
def test_another_site_may_not_use_the_control(
    sandbox: Driver, headers: dict[str, str], status: int, method: str, path: str
) -> None:
    assert sandbox.send(method, path, headers=headers).status == status
