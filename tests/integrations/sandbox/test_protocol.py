"""Bodies and envelopes beyond the published vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.sandbox import protocol
from integrations.sandbox.fixture import parse_fixture
from integrations.sandbox.timestamps import is_iso8601
from tests.integrations.sandbox.driver import JSON, PARTNER_KEY, SECRET, Driver

NAMING = {
    "partner_api_key": PARTNER_KEY,
    "client_secret": SECRET,
    "cohort_id": "c1",
    "name": "Whales",
    "created_at": "2024-05-01T09:30:00Z",
}
CHANGING = {
    "partner_api_key": PARTNER_KEY,
    "client_secret": SECRET,
    "cohort_id": "c1",
    "cohort_changes": [{"user_ids": ["user_1"]}],
}
NOT_TEXT: list[Any] = [None, 7, 1.5, True, [], ["x"], {}, {"x": 1}]


def _say(endpoint: str, body: Any, fixture: dict[str, Any], partner: str = "kubit") -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return protocol.read_operation(endpoint, partner, raw, parse_fixture(fixture))


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


@pytest.mark.parametrize(
    ("key", "status", "message"),
    [
        ("partner_api_key", 401, "Invalid Partner API key"),
        ("client_secret", 401, "Invalid client secret"),
        ("cohort_id", 400, "cohort_id must be a valid string"),
        ("name", 400, "name must be a non-empty string"),
        ("created_at", 400, "created_at must be a valid time as an ISO-8601 string"),
    ],
)
@pytest.mark.parametrize("value", ["missing", "", "  ", *NOT_TEXT], ids=repr)
def test_it_refuses_a_field_that_is_no_text(
    key: str, status: int, message: str, value: Any, fixture_data: dict[str, Any]
) -> None:
    body = _without(NAMING, key) if value == "missing" else {**NAMING, key: value}
    said = _say("cohorts", body, fixture_data)
    assert (said.status, said.message) == (status, message)


@pytest.mark.parametrize(
    "changes",
    [
        *(None, 7, True, "x", {}, {"user_ids": ["user_1"]}),
        *([None], [7], ["user_1"], [[]], [{}], [{"should_remove": True}], [{"ids": ["user_1"]}]),
        *([{"user_ids": value}] for value in (None, 7, "user_1", {}, [None], [7], [["user_1"]])),
        *([{"device_ids": value}] for value in (None, "d", [1], [{}])),
        *([{"aliases": value}] for value in (None, "a", ["a"], [None], [{"alias_label": "a"}])),
        [{"aliases": {"alias_label": "crm_id", "alias_name": "crm-1"}}],
        [{"aliases": [{"alias_label": "crm_id", "alias_name": 1}]}],
        *([{"user_ids": [], "should_remove": value}] for value in (None, 1, 0, "true", [])),
        [{"user_ids": ["user_1"]}, {"user_ids": [1]}],
    ],
    ids=repr,
)
def test_it_refuses_changes_of_another_shape(changes: Any, fixture_data: dict[str, Any]) -> None:
    said = _say("cohorts/users", {**CHANGING, "cohort_changes": changes}, fixture_data)
    assert (said.status, said.message) == (400, protocol.BAD_CHANGES)


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [{"user_ids": []}],
        [{"user_ids": ["user_1"], "device_ids": [], "aliases": [], "note": 1}],
        [{"aliases": [{"alias_label": "a", "alias_name": "b", "more": 1}]}],
        [{"device_ids": ["d"], "should_remove": False}],
    ],
    ids=repr,
)
def test_it_takes_changes_of_the_documented_shape(
    changes: Any, fixture_data: dict[str, Any]
) -> None:
    said = _say("cohorts/users", {**CHANGING, "cohort_changes": changes}, fixture_data)
    assert isinstance(said, protocol.ChangeMembers)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xef\xbb\xbf{}", 400),
        (b'{"a": "\xff"}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": "\\ud800"}', 400),
        (b"[" * 200_000, 400),
        (b'{"a": ' + b"9" * 5_000 + b"}", 400),
        (b"{}", 401),
        (b"{} ", 401),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_it_refuses_what_is_not_a_json_object(
    body: bytes, status: int, fixture_data: dict[str, Any]
) -> None:
    assert _say("cohorts", body, fixture_data).status == status


def test_it_checks_in_the_documented_order(fixture_data: dict[str, Any]) -> None:
    """Each body has every later fault too; only the first may be told."""
    wrong: dict[str, Any] = {"cohort_id": 1, "name": "", "created_at": "x"}
    told = [
        _say("cohorts", wrong, fixture_data, "other"),
        _say("cohorts", wrong | {"partner_api_key": PARTNER_KEY}, fixture_data, "other"),
        _say("cohorts", wrong | {"partner_api_key": PARTNER_KEY}, fixture_data),
    ]
    wrong |= {"partner_api_key": PARTNER_KEY, "client_secret": SECRET}
    for key in ("cohort_id", "name", "created_at"):
        told.append(_say("cohorts", wrong, fixture_data))
        wrong[key] = NAMING[key]
    assert [each.message for each in told] == [
        *("Invalid Partner API key", "Unauthorized access", "Invalid client secret"),
        *(protocol.BAD_COHORT_ID, protocol.BAD_NAME, protocol.BAD_CREATED_AT),
    ]


def test_it_measures_a_body_before_it_looks_at_the_keys(fixture_data: dict[str, Any]) -> None:
    body = json.dumps({"padding": "x" * 4_000_000}).encode()
    assert _say("cohorts", body, fixture_data).status == 413


def test_it_counts_ids_over_all_kinds_and_objects(fixture_data: dict[str, Any]) -> None:
    pair = {"alias_label": "a", "alias_name": "b"}
    changes = [
        {"user_ids": ["u"] * 400, "device_ids": ["d"] * 300},
        {"aliases": [pair] * 300, "should_remove": True},
    ]
    body = {**CHANGING, "cohort_changes": changes}
    assert isinstance(_say("cohorts/users", body, fixture_data), protocol.ChangeMembers)
    changes.append({"user_ids": ["one"]})
    assert _say("cohorts/users", body, fixture_data).message == protocol.TOO_MANY


def test_the_european_cluster_takes_the_european_key(fixture_data: dict[str, Any]) -> None:
    europe = {**fixture_data, "cluster": "EU-02"}
    assert _say("cohorts", NAMING, europe).message == "Invalid Partner API key"
    body = {**NAMING, "partner_api_key": "sandbox-partner-key-eu"}
    assert isinstance(_say("cohorts", body, europe), protocol.NameCohort)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2024-05-01T09:30:00Z", True),
        ("2024-05-01T09:30:00.123Z", True),
        ("2024-05-01T09:30:00.123456+05:30", True),
        ("2024-05-01T09:30:00-0800", True),
        ("2024-05-01T09:30:00", True),
        ("2024-05-01T09:30Z", True),
        ("2024-05-01", True),
        ("20240501T093000Z", True),
        ("2024-12-31T24:00:00Z", True),
        ("2016-12-31T23:59:60Z", True),
        ("2024-02-29", True),
        ("2023-02-29", False),
        ("2024-13-01T00:00:00Z", False),
        ("2024-05-01T25:00:00Z", False),
        ("2024-05-01T09:60:00Z", False),
        ("2024-05-01T09:30:00+25:00", False),
        ("2024-05-01 09:30:00", False),
        ("05/01/2024", False),
        ("1714555800", False),
        ("2024-05-01T09:30:00Z\n", False),
        ("٢٠٢٤-05-01", False),
        ("now", False),
    ],
)
def test_it_knows_an_iso_time(text: str, valid: bool) -> None:
    assert is_iso8601(text) is valid


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/partners/kubit/cohorts", JSON, 201),
        ("POST", "/partners/kubit/cohorts?x=1", JSON, 201),
        (
            "POST",
            "/partners/kubit/cohorts",
            {"Content-Type": "Application/JSON; charset=utf-8"},
            201,
        ),
        ("POST", "/partners/kubit/cohorts", {}, 415),
        ("POST", "/partners/kubit/cohorts", {"Content-Type": "text/plain"}, 415),
        ("POST", "/partners/kubit/cohorts", {**JSON, "Content-Encoding": "gzip"}, 415),
        ("POST", "/partners/kubit/cohorts/", JSON, 404),
        ("POST", "//partners/kubit/cohorts", JSON, 404),
        ("POST", "/partners//cohorts", JSON, 404),
        ("POST", "/partners/kubit/cohorts/users/", JSON, 404),
        ("POST", "/partners/kubit", JSON, 404),
        ("POST", "/partners/other/cohorts", JSON, 401),
        ("GET", "/partners/kubit/cohorts", {}, 404),
        ("PUT", "/partners/kubit/cohorts", JSON, 404),
        ("DELETE", "/partners/kubit/cohorts", JSON, 404),
        ("PATCH", "/partners/kubit/cohorts/users", JSON, 404),
    ],
)
def test_it_looks_at_the_envelope_first(
    sandbox: Driver, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = sandbox.send(method, path, json.dumps(NAMING), headers)
    assert answer.status == status
    if path.startswith("/partners/"):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-ratelimit-limit"] == "250000"


def test_it_answers_head_without_a_body(sandbox: Driver) -> None:
    answer = sandbox.send("HEAD", "/partners/kubit/cohorts")
    assert (answer.status, answer.body) == (404, b"")
    assert sandbox.name().status == 201  # the connection is still in step


def test_it_counts_down_the_hour(sandbox: Driver) -> None:
    first, second = sandbox.name().headers, sandbox.add("user_1").headers
    remaining = [int(each["x-ratelimit-remaining"]) for each in (first, second)]
    assert remaining == [249_999, 249_998]
    assert int(first["x-ratelimit-reset"]) > 1_700_000_000


def test_it_limits_the_hour(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    rules = {"hourly_limit": 2, "reset_in_seconds": True}
    sandbox.control("PUT", "fixture", {**fixture_data, "settings": rules})
    answers = [sandbox.name(f"Whales {number}") for number in range(3)]
    assert [each.status for each in answers] == [201, 201, 429]
    assert 0 < int(answers[2].headers["x-ratelimit-reset"]) <= 3600
    assert answers[2].headers["x-ratelimit-remaining"] == "0"
    assert sandbox.state()["cohorts"]["c1"]["name"] == "Whales 1"


def test_it_can_tell_a_wait_instead_of_the_three_headers(
    sandbox: Driver, fixture_data: dict[str, Any]
) -> None:
    rules = {"hourly_limit": 0, "retry_after_on_429": True}
    sandbox.control("PUT", "fixture", {**fixture_data, "settings": rules})
    headers = sandbox.name().headers
    assert 0 < int(headers["x-ratelimit-retry-after"]) <= 3600
    assert "x-ratelimit-reset" not in headers
