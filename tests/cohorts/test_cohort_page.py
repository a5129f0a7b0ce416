from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import (
    DEFINITION,
    NOW,
    make_cohort,
    make_run,
    make_schedule,
    make_user,
)

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
REFERS = {
    "version": 1,
    "match": "all",
    "conditions": [{"type": "cohort", "cohort": "dormant-users"}],
}


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user())
    return client


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_it_says_the_definition_in_words(page: Client) -> None:
    cohort = make_cohort(size=830)
    shown = text(page.get(cohort.get_absolute_url()))
    assert "SING" in shown
    assert "in the last 7 day" in shown
    assert "8.3%" in shown
    assert "of 10,000 users" in shown


def test_it_names_the_fault_of_a_definition_that_cannot_be_read(page: Client) -> None:
    cohort = make_cohort(definition={"version": 1, "conditions": []})
    shown = text(page.get(cohort.get_absolute_url()))
    assert "This definition cannot be read" in shown
    assert "match" in shown


def test_it_shows_groups_as_groups(page: Client) -> None:
    inner = {"match": "any", "negate": True, "conditions": DEFINITION["conditions"] * 2}
    cohort = make_cohort(definition=DEFINITION | {"conditions": [*DEFINITION["conditions"], inner]})
    shown = text(page.get(cohort.get_absolute_url()))
    assert "AND NOT ANY of this group 2" in shown
    assert "OR 3" in shown


def test_it_shows_next_import_history_and_who_uses_it(page: Client) -> None:
    cohort = make_cohort()
    run = make_run(cohort, schedule=make_schedule(cohort))
    make_cohort("Dormant and paying", definition=REFERS)
    response = page.get(cohort.get_absolute_url())
    shown = text(response)
    assert "Every 1 week, T, F" in shown
    assert "08:00 AM Asia/Tokyo" in shown
    assert "11/24/2026 8:00 AM, Asia/Tokyo" in shown
    assert run.get_absolute_url() in response.content.decode()
    used = text(page.get(reverse("cohorts:activity", args=[cohort.slug])))
    assert "Used by Dormant and paying" in used


def test_it_opens_a_deleted_cohort_and_says_so(page: Client) -> None:
    cohort = make_cohort(disabled_at=NOW)
    response = page.get(cohort.get_absolute_url())
    assert "Deleted on 11/23/2026" in text(response)
    assert reverse("integrations:import", args=[cohort.slug]) not in response.content.decode()


def test_its_info_is_a_part_for_htmx_and_a_page_without(page: Client) -> None:
    url = reverse("cohorts:info", args=[make_cohort().slug])
    assert "<html" in page.get(url).content.decode()
    part = page.get(url, headers=PART).content.decode()
    assert "<html" not in part
    assert 'id="dialog-title"' in part


def test_it_asks_before_it_deletes(page: Client) -> None:
    cohort = make_cohort()
    page.get(reverse("cohorts:disable", args=[cohort.slug]))
    cohort.refresh_from_db()
    assert not cohort.is_disabled


def test_it_deletes_by_disabling_and_remembers_who(page: Client) -> None:
    cohort = make_cohort()
    response = page.post(reverse("cohorts:disable", args=[cohort.slug]), follow=True)
    cohort.refresh_from_db()
    assert cohort.is_disabled
    assert cohort.disabled_by == response.wsgi_request.user
    assert "Dormant Users was deleted." in text(response)


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        (lambda cohort: make_schedule(cohort), "It has an import schedule."),
        (lambda cohort: make_run(cohort, "sending"), "An import of it has not ended yet."),
        (
            lambda cohort: make_cohort("Paying", definition=REFERS),
            "Other cohorts refer to it: Paying.",
        ),
    ],
)
@pytest.mark.parametrize("headers", [{}, PART])
def test_it_refuses_to_delete_with_the_reason(
    page: Client, obstacle: Any, reason: str, headers: dict[str, str]
) -> None:
    cohort = make_cohort()
    obstacle(cohort)
    url = reverse("cohorts:disable", args=[cohort.slug])
    assert reason in text(page.get(url, headers=headers))
    response = page.post(url, headers=headers)
    assert response.status_code == 422
    assert reason in text(response)
    cohort.refresh_from_db()
    assert not cohort.is_disabled


def test_it_does_not_take_a_word_in_a_value_for_a_reference(page: Client) -> None:
    cohort = make_cohort()
    named = DEFINITION["conditions"][0] | {"event": cohort.slug}
    make_cohort("Same word", definition=DEFINITION | {"conditions": [named]})
    page.post(reverse("cohorts:disable", args=[cohort.slug]))
    cohort.refresh_from_db()
    assert cohort.is_disabled
