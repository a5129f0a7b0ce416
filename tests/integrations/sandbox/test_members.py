"""Who is in a cohort after which request, and what is worth a warning."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.sandbox.driver import Driver

ALIAS = {"alias_label": "email", "alias_name": "anon@example.com"}


def test_ids_resolve_to_the_profiles_of_the_fixture(sandbox: Driver) -> None:
    sandbox.name()
    sandbox.change([{"user_ids": ["user_2", "USER_1", " user_1"], "device_ids": ["dev-anon-1"]}])
    assert sandbox.members() == ["device:dev-anon-1", "user_2"]
    sandbox.change([{"aliases": [ALIAS]}, {"user_ids": ["user_2"], "should_remove": True}])
    assert sandbox.members() == ["alias:email:anon@example.com", "device:dev-anon-1"]


def test_every_id_exists_when_no_users_are_given(
    sandbox: Driver, fixture_data: dict[str, Any]
) -> None:
    del fixture_data["users"]
    sandbox.control("PUT", "fixture", fixture_data)
    sandbox.change([{"user_ids": ["x", "é", ""], "device_ids": ["d"], "aliases": [ALIAS]}])
    assert sandbox.members() == ["alias:email:anon@example.com", "device:d", "x", "é"]


def test_a_rename_keeps_the_members(sandbox: Driver) -> None:
    sandbox.name("Whales")
    sandbox.add("user_1")
    sandbox.name("Big whales")
    assert sandbox.state()["cohorts"] == {"c1": {"name": "Big whales", "members": ["user_1"]}}


def test_an_empty_change_leaves_no_trace(sandbox: Driver) -> None:
    assert sandbox.change([]).status == 201
    assert sandbox.change([{"user_ids": []}]).status == 201
    assert sandbox.state()["cohorts"] == {}
    assert [entry["warnings"] for entry in sandbox.log()] == [[], ["empty_object"]]


def test_workspaces_do_not_share_cohorts(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    fixture_data["workspaces"].append({"client_secret": "second-key", "state": "partner enabled"})
    sandbox.control("PUT", "fixture", fixture_data)
    sandbox.name("First")
    sandbox.name("Second", client_secret="second-key")
    sandbox.change([{"user_ids": ["user_1"]}], client_secret="second-key")
    assert sandbox.state()["cohorts"] == {"c1": {"name": "First", "members": []}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([{"user_ids": ["user_1", "user_1"]}], "duplicate_id"),
        ([{"user_ids": ["user_1"]}, {"user_ids": ["user_1"]}], "duplicate_id"),
        ([{"aliases": [ALIAS, ALIAS]}], "duplicate_id"),
        (
            [{"device_ids": ["d"]}, {"device_ids": ["d"], "should_remove": True}],
            "id_in_add_and_remove",
        ),
        ([{"user_ids": ["user_1"]}, {"aliases": []}], "empty_object"),
        ([{"user_ids": ["x" * 988]}], "external_id_too_long"),
        ([{"user_ids": ["あ" * 330]}], "external_id_too_long"),
        ([{"aliases": [{"alias_label": "x" * 237, "alias_name": "b"}]}], "alias_too_long"),
        ([{"aliases": [{"alias_label": "a", "alias_name": "é" * 119}]}], "alias_too_long"),
        ([{"user_ids": [" "]}], "blank_id"),
    ],
)
def test_it_warns_of_what_a_careful_sender_never_does(
    sandbox: Driver, changes: Any, code: str
) -> None:
    sandbox.name()
    assert sandbox.change(changes).status == 201
    assert code in sandbox.log()[-1]["warnings"]
    assert sandbox.get("/_sandbox/warnings").json[0]["number"] == 2


@pytest.mark.parametrize(
    "changes",
    [
        [{"user_ids": ["user_1", "user_2"], "device_ids": ["user_1"]}],
        [{"user_ids": ["x" * 987, "あ" * 329]}],
        [{"aliases": [{"alias_label": "x" * 236, "alias_name": "é" * 118}]}],
    ],
)
def test_it_does_not_warn_of_a_good_request(sandbox: Driver, changes: Any) -> None:
    sandbox.name()
    sandbox.change(changes)
    assert sandbox.state()["warnings"] == []


def test_it_warns_of_needless_writes(sandbox: Driver) -> None:
    sandbox.name()
    sandbox.add("user_1", "user_2")
    sandbox.name()
    sandbox.add("user_2", "user_3")
    sandbox.remove("user_1")
    sandbox.remove("user_1")
    assert [entry["warnings"] for entry in sandbox.log()] == [
        *([], [], ["rename_without_need"], ["unchanged_member_sent_again"], []),
        ["unchanged_member_sent_again"],
    ]
