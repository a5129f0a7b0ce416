from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import (
    NOW,
    make_cohort,
    make_run,
    make_schedule,
    make_snapshot,
    make_user,
)

pytestmark = pytest.mark.django_db
LIST = "/cohorts/"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user())
    return client


def names(response: Any) -> list[str]:
    return re.findall(r'class="nm" [^>]+>([^<]+)<', response.content.decode())


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_it_shows_the_originals_columns_in_their_order(page: Client) -> None:
    make_cohort()
    heads = re.findall(r"<th [^>]*>(.*?)</th>", page.get(LIST).content.decode(), re.S)
    plain = [" ".join(re.sub(r"<[^>]+>", " ", head).split()) for head in heads]
    assert plain == [
        "",
        "Name ascending",
        "Description",
        "Users Last 30 days",
        "Recipient(s)",
        "Import Recurrence Last Execution Time",
        "Last Import",
        "Cohort Control",
    ]


def test_it_shows_the_five_icons_of_cohort_control_in_the_originals_order(page: Client) -> None:
    make_cohort()
    controls = page.get(LIST).content.decode().split('class="ctl"')[1].split("</tr>")[0]
    assert re.findall(r"sprite\.svg#([\w-]+)", controls) == [
        "f-info-circle",
        "f-trash",
        "k-braze",
        "i-history",
        "i-edit",
    ]
    assert re.findall(r'data-tip="([^"]+)"', controls) == [
        "Definition",
        "Delete",
        "Import to Braze",
        "Import history",
        "Edit",
    ]


def test_it_shows_the_size_of_the_newest_snapshot_of_the_current_version(page: Client) -> None:
    cohort = make_cohort(size=11_000)
    make_snapshot(cohort, size=12_431, as_of=NOW + timedelta(days=1))
    assert "12,431" in text(page.get(LIST))


def test_it_says_so_while_a_cohort_is_not_counted(page: Client) -> None:
    make_cohort()
    assert "Not counted yet" in page.get(LIST).content.decode()


def test_it_shows_schedule_and_last_import_in_the_schedules_zone(page: Client) -> None:
    cohort = make_cohort(size=5)
    schedule = make_schedule(cohort, timezone="America/New_York")
    make_run(cohort, schedule=schedule)
    shown = text(page.get(LIST))
    assert "Every 1 week, T, F 11/23/2026 12:00 AM" in shown
    assert "Success 12,431 users" in shown
    assert "crm@sing.example" in shown


def test_it_shows_the_state_of_the_newest_import_only(page: Client) -> None:
    cohort = make_cohort()
    make_run(cohort, queued_at=NOW)
    make_run(cohort, "failed", error_kind="key_refused", queued_at=NOW + timedelta(days=1))
    shown = text(page.get(LIST))
    assert "Failed key refused" in shown
    assert "12,431 users" not in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Dormant Users", "New Users", "Whales"]),
        ("q=users", ["Dormant Users", "New Users"]),
        ("q=USERS+dormant", ["Dormant Users"]),
        ("q=money", ["Whales"]),
        ("q=%25", []),
        ("sort=-name", ["Whales", "New Users", "Dormant Users"]),
        ("sort=users", ["Whales", "Dormant Users", "New Users"]),
        ("sort=-users", ["Dormant Users", "Whales", "New Users"]),
        ("sort=-imported", ["Whales", "Dormant Users", "New Users"]),
        ("sort=nonsense&page=abc", ["Dormant Users", "New Users", "Whales"]),
        ("import=failed", ["Whales"]),
        ("import=imported", ["Dormant Users"]),
        ("import=none", ["New Users"]),
        ("import=importing", []),
        ("import=nonsense", ["Dormant Users", "New Users", "Whales"]),
        ("import=failed&q=users", []),
    ],
)
def test_it_searches_filters_and_sorts(page: Client, query: str, found: list[str]) -> None:
    dormant = make_cohort("Dormant Users", size=500)
    whales = make_cohort("Whales", description="Who spent a lot of money", size=20)
    make_cohort("New Users")
    make_run(dormant)
    make_run(whales, "failed", queued_at=NOW + timedelta(days=1))
    assert names(page.get(f"{LIST}?{query}")) == found


def test_it_leaves_out_what_was_deleted(page: Client) -> None:
    make_cohort("Gone", disabled_at=NOW)
    assert names(page.get(LIST)) == []
    assert "No cohorts yet" in text(page.get(LIST))


def test_it_names_what_was_searched_when_nothing_matches(page: Client) -> None:
    make_cohort()
    shown = text(page.get(LIST, {"q": "<wales>"}))
    assert "No cohort matches “&lt;wales&gt;”" in shown


def test_it_shows_fifty_on_a_page_and_keeps_the_search_in_its_links(page: Client) -> None:
    for number in range(51):
        make_cohort(f"Bulk {number:02}")
    first = page.get(LIST, {"q": "Bulk"})
    assert len(names(first)) == 50
    assert "?q=Bulk&amp;page=2" in first.content.decode()
    assert names(page.get(LIST, {"q": "Bulk", "page": "2"})) == ["Bulk 50"]


def test_it_answers_htmx_with_the_table_alone(page: Client) -> None:
    make_cohort()
    part = page.get(LIST, headers=PART)
    assert part.content.decode().strip().startswith('<section class="card" id="cohorts"')
    assert "HX-Request-Type" in part["Vary"]


def test_it_asks_the_database_no_more_often_for_many_cohorts_than_for_one(
    page: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        cohort = make_cohort(f"Bulk {number:02}", size=number)
        if number % 3 == 0:
            make_schedule(cohort)
        if number % 2 == 0:
            make_run(cohort)
    with django_assert_max_num_queries(12):
        page.get(LIST)
    with django_assert_max_num_queries(12):
        page.get(LIST, {"q": "bulk", "import": "imported", "sort": "-imported"})


def test_it_shows_a_viewer_what_is_refused_and_why(client: Client) -> None:
    cohort = make_cohort()
    client.force_login(make_user("Viewer"))
    shown = client.get(LIST).content.decode()
    assert "Import to Braze: needs the Governor or Admin role" in shown
    assert reverse("integrations:import", args=[cohort.slug]) not in shown
    assert "Create Cohort" not in shown


def test_it_holds_no_inline_script_or_style(page: Client) -> None:
    make_run(make_cohort(size=1))
    html = page.get(LIST).content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|<style|href=\"#\"", html)
