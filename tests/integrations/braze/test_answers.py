from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from integrations.braze.answers import Outcome, classify
from integrations.braze.waits import add_jitter, backoff, wait_from_headers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
A, R, U = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN


def said(message: object, **more: object) -> bytes:
    return json.dumps({"message": message, **more}).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome", "kind", "retry"),
    [
        (201, said("success"), A, "accepted", False),
        (200, said("Success "), A, "accepted", False),
        (201, b"{}", A, "accepted", False),
        (204, b"", A, "accepted", False),
        (201, said(""), A, "accepted", False),
        (202, said("queued"), A, "queued", False),
        (201, said("fatal error message"), U, "odd_answer", True),
        (201, said(7), U, "odd_answer", True),
        (200, b"<html><body>Log in</body></html>", U, "not_braze", True),
        (200, b"OK", U, "not_braze", True),
        (200, b"null", U, "not_braze", True),
        (200, b"\xff\xfe\x00", U, "not_braze", True),
        (200, b"[" * 60_000, U, "not_braze", True),
        (302, b"", R, "redirected", False),
        (400, said("cohort_id must be a valid string"), R, "our_fault", False),
        (401, said("Invalid Partner API key"), R, "partner_key", False),
        (401, said("Invalid `client secret`"), R, "key_refused", False),
        (401, said("Partner not enabled for client: x"), R, "partner_not_enabled", False),
        (401, said("Unauthorized access"), R, "unauthorized", False),
        (401, b"{}", R, "unauthorized", False),
        (401, b"<html>", R, "unauthorized", False),
        (403, said("Forbidden"), R, "forbidden", False),
        (404, said("Not Found"), R, "configuration", False),
        (408, b"", R, "request_timeout", True),
        (413, b"", R, "too_large", False),
        (415, b"", R, "media_type", False),
        (418, said("teapot"), R, "refused", False),
        (423, said("Resource locked"), R, "locked", True),
        (429, said("Rate Limited"), R, "rate_limited", True),
        (500, b"", U, "server_error", True),
        (501, b"", U, "server_error", False),
        (502, b"<html>", U, "server_error", True),
        (503, said("x"), U, "server_error", True),
        (504, b"", U, "server_error", True),
        (199, b"", U, "odd_answer", True),
        (999, b"", U, "server_error", True),
    ],
)
def test_it_knows_what_an_answer_means(
    status: int, body: bytes, outcome: Outcome, kind: str, retry: bool
) -> None:
    found = classify(status, {}, body)
    assert (found.outcome, found.kind, found.retry) == (outcome, kind, retry)
    assert found.status == status
    assert found.message


@pytest.mark.parametrize("text", ["partner_key", "key_refused", "unauthorized"])
def test_a_401_names_both_causes(text: str) -> None:
    messages = {
        "partner_key": "Invalid Partner API key",
        "key_refused": "Invalid client secret",
        "unauthorized": "Unauthorized access",
    }
    found = classify(401, {}, said(messages[text]))
    assert found.kind == text
    assert "key" in found.message
    assert "another cluster" in found.message


def test_a_cut_off_refusal_is_still_a_refusal() -> None:
    assert classify(400, {}, b'{"mess', complete=False).outcome is R
    assert classify(201, {}, b'{"message":"success"}', complete=False).kind == "truncated"


@pytest.mark.parametrize(
    ("errors", "warnings"),
    [
        (["minor"], ("minor",)),
        ([{"type": "bad id", "input_array": "user_ids", "index": 3}], ("bad id",)),
        ([{"id": "u1", "message": "gone"}], ("gone",)),
        ("one text", ("one text",)),
        ([], ()),
        (["a\nb\x00c"], ("a b c",)),
        (["x" * 900], ("x" * 499 + "…",)),
        ([str(n) for n in range(50)], tuple(str(n) for n in range(20))),
    ],
)
def test_minor_errors_become_warnings(errors: object, warnings: tuple[str, ...]) -> None:
    found = classify(201, {}, said("success", errors=errors))
    assert found.outcome is A
    assert found.warnings == warnings


EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-ratelimit-retry-after": "3"}, 3),
        ({"X-RateLimit-Retry-After": " 3 "}, 3),
        ({"Retry-After": "7.5"}, 7.5),
        ({"Retry-After": "Mon, 23 Nov 2026 12:01:00 GMT"}, 60),
        ({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT"}, 1),
        ({"x-ratelimit-reset": str(EPOCH + 7)}, 7),
        ({"x-ratelimit-reset": str(EPOCH - 99)}, 1),
        ({"x-ratelimit-reset": "12"}, 12),
        ({"x-ratelimit-retry-after": "3", "retry-after": "9", "x-ratelimit-reset": "5"}, 3),
        ({"x-ratelimit-retry-after": "soon", "retry-after": "9"}, 9),
        ({"retry-after": "-4"}, 1),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "1e308"}, 900),
        ({"retry-after": "inf"}, 900),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({}, None),
    ],
)
def test_it_waits_as_told_between_1_and_900_seconds(
    headers: dict[str, str], wait: float | None
) -> None:
    assert wait_from_headers(headers, now=NOW) == wait
    assert classify(429, headers, b"", now=NOW).wait_seconds == wait


def test_the_end_of_the_window_matters_only_when_the_limit_is_reached() -> None:
    headers = {"x-ratelimit-reset": str(EPOCH + 600)}
    assert classify(503, headers, b"", now=NOW).wait_seconds is None
    assert classify(423, headers, b"", now=NOW).wait_seconds is None
    assert classify(503, {"retry-after": "20"}, b"", now=NOW).wait_seconds == 20


def test_backing_off_doubles_up_to_two_minutes_with_full_jitter() -> None:
    longest = [backoff(tries, rand=lambda: 1.0) for tries in range(1, 11)]
    assert longest == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]
    assert backoff(5, rand=lambda: 0.0) == 0
    assert backoff(10**9, rand=lambda: 1.0) == 120


def test_jitter_adds_up_to_a_fifth() -> None:
    assert add_jitter(10, rand=lambda: 0.0) == 10
    assert add_jitter(10, rand=lambda: 1.0) == 12
