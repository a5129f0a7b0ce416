"""The destination and the sandbox were written apart from one another; here they meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.braze.destination import BrazeDestination, Outcome
from tests.integrations.sandbox.conftest import fixture_data, sandbox  # noqa: F401 - fixtures
from tests.integrations.sandbox.driver import PARTNER_KEY, SECRET, Driver

A, R, U = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN
RESET = {"x-ratelimit-reset": "{now_epoch+7}"}
CREATED = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)


def destination(
    port: int, *, partner: str = "kubit", partner_key: str = PARTNER_KEY, key: str = SECRET
) -> BrazeDestination:
    return BrazeDestination(f"http://127.0.0.1:{port}", partner, partner_key, key, deadline=5)


@pytest.fixture
def braze(sandbox: Driver) -> Iterator[BrazeDestination]:  # noqa: F811
    opened = destination(sandbox.port)
    yield opened
    opened.close()


def test_members_come_and_go_without_a_protocol_warning(
    braze: BrazeDestination,
    sandbox: Driver,  # noqa: F811
) -> None:
    assert braze.check().is_accepted
    assert braze.name_cohort("coh_1", "Whales 🐳", CREATED).is_accepted
    assert braze.send("coh_1", ["user_1", "user_2", "nobody"], []).is_accepted
    assert braze.send("coh_1", ["user_3"], ["user_1"]).is_accepted
    assert braze.name_cohort("coh_1", "Renamed", CREATED).is_accepted
    state = sandbox.state()
    assert state["cohorts"] == {"coh_1": {"name": "Renamed", "members": ["user_2", "user_3"]}}
    assert state["warnings"] == []


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"key": "nope"}, "key_refused"),
        ({"key": "sandbox-data-import-key-invalidated"}, "key_refused"),
        ({"key": "sandbox-data-import-key-partner-off"}, "partner_not_enabled"),
        ({"partner_key": "nope"}, "partner_key"),
        ({"partner": "other"}, "unauthorized"),
    ],
)
def test_every_wrong_key_is_told_apart(
    sandbox: Driver,  # noqa: F811
    options: dict[str, str],
    kind: str,
) -> None:
    braze = destination(sandbox.port, **options)
    found = braze.check()
    braze.close()
    assert found.outcome is R
    assert found.kind == kind
    assert "sandbox-data-import-key" not in found.message


@pytest.mark.parametrize(
    ("fault", "outcome", "kind", "retry"),
    [
        ({"status": 423, "body": {"message": "Resource locked"}}, R, "locked", True),
        ({"status": 429, "headers": RESET}, R, "rate_limited", True),
        ({"status": 403}, R, "forbidden", False),
        ({"status": 413}, R, "too_large", False),
        ({"status": 503}, U, "server_error", True),
        ({"status": 503, "raw_body": "<html>"}, U, "server_error", True),
        ({"status": 200, "raw_body": "<html>Log in</html>"}, U, "not_braze", True),
        ({"status": 202, "body": {"message": "queued"}}, A, "queued", False),
        ({"drop": "before"}, U, "connection_lost", True),
        ({"drop": "after"}, U, "connection_lost", True),
        ({"drop": "mid_body"}, U, "truncated", True),
    ],
)
def test_faults_are_judged_as_they_should_be(
    braze: BrazeDestination,
    sandbox: Driver,  # noqa: F811
    fault: dict[str, Any],
    outcome: Outcome,
    kind: str,
    retry: bool,
) -> None:
    braze.name_cohort("coh_1", "Whales", CREATED)
    sandbox.fault(path="/cohorts/users", times=1, **fault)
    found = braze.send("coh_1", ["user_1"], [])
    assert (found.outcome, found.kind, found.retry) == (outcome, kind, retry)
    if kind == "rate_limited":
        assert 1 <= (found.wait_seconds or 0) <= 9
    # The same batch again is good, whatever became of it before.
    assert braze.send("coh_1", ["user_1"], []).is_accepted
    assert sandbox.members("coh_1") == ["user_1"]
