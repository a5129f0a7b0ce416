"""The sandbox's own pages."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integrations.sandbox.driver import JSON, Driver

PAGES = ["/", "/?value=1&lookup=user_1", "/cohorts", "/cohorts/1", "/cohorts/1/members.csv"]
PAGES += ["/requests", "/requests/1", "/faults", "/profiles", "/partner", "/nothing", "/cohorts/99"]
MARKUP = "<script>alert('x')</script>\"&"


@pytest.fixture
def filled(sandbox: Driver) -> Driver:
    """Two cohorts: user_1 and user_2 in the first, user_2 in the second."""
    sandbox.name("Whales")
    sandbox.add("user_1", "user_2")
    sandbox.name("Dormant", cohort_id="c2")
    sandbox.change([{"user_ids": ["user_2"]}], cohort_id="c2")
    return sandbox


def _page(sandbox: Driver, path: str) -> str:
    """The visible text of a page, on one line."""
    text = re.sub(r"<[^>]+>", " ", sandbox.get(path).body.decode())
    return html.unescape(re.sub(r"\s+", " ", text))


def _segment(sandbox: Driver, *rows: tuple[str, str, int], **more: Any) -> str:
    fields: list[tuple[str, Any]] = []
    for join, operator, cohort in rows:
        fields += [("join", join), ("op", operator), ("value", cohort)]
    return _page(sandbox, "/?" + urlencode([*fields, *more.items()]))


@pytest.mark.parametrize("path", [each for each in PAGES if not each.endswith(".csv")])
def test_every_page_says_that_it_is_not_braze(filled: Driver, path: str) -> None:
    answer = filled.get(path)
    assert "It is not Braze" in answer.body.decode()
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'"
    )
    assert not re.search(rb"<script>|<style|style=|\son\w+=|javascript:", answer.body)


def test_every_address_a_page_names_exists(filled: Driver) -> None:
    seen = {"/"}
    waiting = ["/"]
    while waiting:
        answer = filled.get(waiting.pop())
        assert answer.status == 200
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        links = set(re.findall(r'(?:href|src)="(/[^"#]*)', answer.body.decode()))
        new = {html.unescape(link) for link in links} - seen
        seen |= new
        waiting += sorted(new)
    assert {"/faults", "/requests/1", "/cohorts/1/members.csv", "/static/sprite.svg"} <= seen


def test_markup_in_names_and_ids_is_inert(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    del fixture_data["users"]
    sandbox.control("PUT", "fixture", fixture_data)
    sandbox.name(MARKUP, cohort_id=MARKUP)
    sandbox.change([{"user_ids": [MARKUP]}], cohort_id=MARKUP)
    sandbox.send("POST", f"/partners/{MARKUP.replace(' ', '')}/x", "{}", JSON)
    for path in [*PAGES, "/requests/3", "/?value=1&" + urlencode({"lookup": MARKUP, "q": MARKUP})]:
        body = sandbox.get(path).body.decode()
        if not path.endswith(".csv"):
            assert "<script>alert" not in body, path
    assert html.escape(MARKUP) in sandbox.get("/cohorts/1").body.decode()


def test_no_page_and_no_log_shows_a_key(
    filled: Driver, fixture_data: dict[str, Any], tmp_path: Path
) -> None:
    keys = list(fixture_data["partner_keys"].values())
    keys += [workspace["client_secret"] for workspace in fixture_data["workspaces"]]
    for key in keys:
        filled.name(client_secret=key)
        filled.change("nonsense", client_secret=key, partner_api_key=key)
    shown = [*PAGES, *(f"/requests/{n}" for n in range(1, 15))]
    shown += ["/_sandbox/requests", "/_sandbox/state", "/_sandbox/warnings", "/_sandbox/faults"]
    text = "".join(filled.get(path).body.decode() for path in shown)
    assert [key for key in keys if key in text] == []
    assert "Partner not enabled for client with client secret: …" in text


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([("and", "includes_value", 1)], 2),
        ([("and", "includes_value", 2)], 1),
        ([("and", "does_not_include_value", 1)], 3),
        ([("and", "includes_value", 1), ("and", "includes_value", 2)], 1),
        ([("and", "includes_value", 1), ("or", "includes_value", 2)], 2),
        ([("and", "includes_value", 1), ("and", "does_not_include_value", 2)], 1),
        ([("and", "includes_value", 2), ("or", "does_not_include_value", 1)], 4),
        (
            [
                *(("and", "includes_value", 2), ("or", "does_not_include_value", 1)),
                ("and", "includes_value", 1),
            ],
            1,
        ),
        ([("and", "includes_value", 99)], 0),
    ],
)
def test_a_segment_counts_who_it_reaches(
    filled: Driver, rows: list[tuple[str, str, int]], total: int
) -> None:
    assert f"Total Reachable Users {total} " in _segment(filled, *rows)


def test_the_filter_lists_every_cohort_by_name(filled: Driver) -> None:
    filled.name("Anybody", cohort_id="c3")
    body = filled.get("/").body.decode()
    options = re.findall(r'<option value="\d+" data-size="(\d+)">([^<]+)', body)
    assert options == [("0", "Anybody"), ("1", "Dormant"), ("2", "Whales")]


def test_rows_are_added_and_removed_by_buttons(filled: Driver) -> None:
    body = filled.get("/?join=and&op=includes_value&value=1&more=or").body.decode()
    assert re.findall(r'name="join" value="(\w+)"', body) == ["and", "or"]
    body = filled.get("/?join=and&value=1&join=or&value=2&drop=0").body.decode()
    assert re.findall(r'<option value="(\d)"[^>]* selected', body) == ["2"]


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("user_2", "Matches all filters"),
        ("user_1", "Does not match: Kubit Cohorts includes_value Dormant"),
        ("nobody", "No profile has this id"),
    ],
)
def test_a_person_can_be_looked_up(filled: Driver, person: str, words: str) -> None:
    rows = [("and", "includes_value", 1), ("and", "includes_value", 2)]
    assert words in _segment(filled, *rows, lookup=person)


def test_members_are_shown_a_page_at_a_time(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    del fixture_data["users"]
    sandbox.control("PUT", "fixture", fixture_data)
    members = [f"m{number:03d}" for number in range(60)]
    sandbox.add(*members)
    path, shown = "/cohorts/1", []
    while path:
        body = sandbox.get(path).body.decode()
        shown += re.findall(r">(m\d{3})<", body)
        following = re.search(r'href="(/cohorts/1\?after=[^"#]+)#members">Next page', body)
        path = html.unescape(following[1]) if following else ""
    assert shown == members
    lines = sandbox.get("/cohorts/1/members.csv").body.decode().split("\r\n")
    assert lines == ["member", *members, ""]


def test_csv_quotes_what_must_be_quoted(sandbox: Driver, fixture_data: dict[str, Any]) -> None:
    del fixture_data["users"]
    sandbox.control("PUT", "fixture", fixture_data)
    sandbox.add('a,"b"')
    assert sandbox.get("/cohorts/1/members.csv").body == b'member\r\n"a,""b"""\r\n'


def _submit(sandbox: Driver, path: str, /, **fields: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert sandbox.send("POST", path, urlencode(fields), kind).status == 303


def test_a_fault_is_set_by_form(filled: Driver) -> None:
    _submit(filled, "/faults", kind="unavailable", times="2", path="/cohorts/users")
    assert "status 503" in _page(filled, "/faults")
    assert [filled.change([]).status for _ in range(3)] == [503, 503, 201]
    _submit(filled, "/faults", kind="error", times="5", path="*")
    _submit(filled, "/faults", clear="1")
    assert filled.change([]).status == 201


@pytest.mark.parametrize("fields", [{"kind": "x"}, {"kind": "error", "times": "0"}, {"times": "1"}])
def test_an_odd_form_sets_no_fault(filled: Driver, fields: dict[str, str]) -> None:
    _submit(filled, "/faults", **fields)
    assert filled.change([]).status == 201


def test_the_partner_can_be_switched_off(filled: Driver) -> None:
    _submit(filled, "/partner", workspace="0", state="key invalidated")
    assert filled.change([]).message == "Invalid client secret"
    _submit(filled, "/partner", workspace="0", state="partner enabled")
    assert filled.change([]).status == 201
    _submit(filled, "/partner", workspace="0", state="partner not enabled")
    filled.control("POST", "reset")
    assert filled.change([]).status == 201


def test_a_reset_by_form_wants_to_be_sure(filled: Driver) -> None:
    _submit(filled, "/reset")
    assert filled.state()["cohorts"]
    _submit(filled, "/reset", sure="yes")
    assert filled.state()["cohorts"] == {}


def test_another_site_cannot_submit_a_form(filled: Driver) -> None:
    headers = {"Origin": "https://attacker.example"}
    assert filled.send("POST", "/reset", "sure=yes", headers).status == 403
    assert filled.state()["cohorts"]


def test_the_log_page_filters(filled: Driver) -> None:
    filled.name(name="")
    filled.name("Whales")
    refused = re.findall(
        r'href="/requests/(\d+)"', filled.get("/requests?only=refused").body.decode()
    )
    warned = re.findall(
        r'href="/requests/(\d+)"', filled.get("/requests?only=warned").body.decode()
    )
    assert (refused, warned) == (["5"], ["6"])


def test_an_empty_row_does_not_shift_the_others(filled: Driver) -> None:
    rows = "join=and&op=includes_value&value=&join=and&op=does_not_include_value&value=2"
    assert "Total Reachable Users 4 " in _page(filled, f"/?{rows}")
