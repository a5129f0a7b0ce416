"""Checking one user on the cohort page and in the builder."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from cohorts.explanation import Explanation, Finding
from cohorts.explanation_words import word_explanation
from cohorts.models import Cohort, Dataset
from cohorts.saving import save_cohort
from tests.cohorts.loaded import all_of, performed
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
TWICE = performed("SING", times={"op": ">=", "value": 2})
GOLD = {"type": "property", "property": "plan", "op": "=", "value": "gold"}
MARKED = '<i id="x">'


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def fans(dataset: Dataset) -> Cohort:
    group = {"match": "any", "conditions": [GOLD, performed("PURCHASE")]}
    return save_cohort(slug="fans", dataset=dataset, data=all_of(TWICE, group))


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user("Viewer"))
    return client


def check(client: Client, user: str, **headers: str) -> Any:
    return client.post(reverse("cohorts:check", args=["fans"]), {"user": user}, headers=headers)


def check_draft(client: Client, user: Any, data: Any, dataset: str = "small") -> Any:
    body = {"dataset": dataset, "definition": data, "user": user, "slug": None}
    return client.post(
        reverse("cohorts:check_draft"), json.dumps(body), content_type="application/json"
    )


def test_the_cohort_page_has_the_box(fans: Cohort, viewer: Client) -> None:
    page = viewer.get(fans.get_absolute_url()).content.decode()
    url = reverse("cohorts:check", args=["fans"])
    assert f'method="post" action="{url}" hx-post="{url}"' in page


def test_it_says_which_conditions_hold(fans: Cohort, viewer: Client) -> None:
    shown = text(check(viewer, "ann", **PART))
    assert "ann is in the cohort." in shown
    assert "Holds SING ≥ 2 overall 2 times" in shown
    assert "SING 1/11/2026 10:00 AM" in shown
    assert "Holds ANY of this group Holds plan is “gold” plan: gold" in shown
    assert "OR Does not hold PURCHASE ≥ 1 overall 0 times" in shown


def test_it_says_why_someone_is_out(fans: Cohort, viewer: Client) -> None:
    shown = text(check(viewer, "bob", **PART))
    assert "bob is not in the cohort." in shown
    assert "Does not hold SING ≥ 2 overall 1 time" in shown


def test_it_says_that_it_does_not_know_someone(fans: Cohort, viewer: Client) -> None:
    shown = text(check(viewer, "ANN", **PART))
    assert "ANN is not in this dataset." in shown
    assert "hold " not in shown


def test_spaces_of_copying_do_not_matter(fans: Cohort, viewer: Client) -> None:
    assert "ann is in the cohort." in text(check(viewer, " ann\t", **PART))


def test_without_a_script_it_is_a_page(fans: Cohort, viewer: Client) -> None:
    response = check(viewer, "ann")
    assert "<html" in response.content.decode()
    assert "ann is in the cohort." in text(response)
    assert "<html" not in check(viewer, "ann", **PART).content.decode()
    empty = viewer.get(reverse("cohorts:check", args=["fans"]))
    assert "Enter a user id" in text(empty)


def test_an_id_in_the_address_is_not_looked_at(fans: Cohort, viewer: Client) -> None:
    url = reverse("cohorts:check", args=["fans"])
    assert "ann" not in text(viewer.get(f"{url}?user=ann"))


def test_what_was_typed_stays_text(fans: Cohort, viewer: Client) -> None:
    assert MARKED not in check(viewer, MARKED, **PART).content.decode()


def test_it_tells_a_definition_that_no_longer_fits(fans: Cohort, viewer: Client) -> None:
    version = fans.current_version
    assert version is not None
    version.definition = all_of(GOLD | {"property": "gone"})
    version.save()
    response = check(viewer, "ann", **PART)
    assert response.status_code == 422
    assert "gone" in text(response)


def test_it_tells_that_the_data_is_missing(fans: Cohort, viewer: Client) -> None:
    Dataset.objects.update(file="gone.duckdb")
    for headers, status in ((PART, 422), ({}, 503)):
        response = check(viewer, "ann", **headers)
        assert response.status_code == status
        assert "The file of this dataset is missing." in text(response)


def test_it_speaks_the_language_of_the_request(fans: Cohort, viewer: Client) -> None:
    save_cohort(slug="fans", dataset=fans.dataset, data=all_of(GOLD))
    shown = text(check(viewer, "ann", **PART, **{"Accept-Language": "ja"}))
    assert "planが「gold」である" in shown
    page = viewer.get(fans.get_absolute_url(), headers={"Accept-Language": "ja"})
    assert "planが「gold」であるユーザー。" in text(page)


def test_a_draft_is_checked_as_it_stands(dataset: Dataset, client: Client) -> None:
    client.force_login(make_user("Creator"))
    unfinished = {"type": "performed", "event": ""}
    shown = text(check_draft(client, "ann", all_of(TWICE, unfinished)))
    assert "ann is in the cohort." in shown
    assert "without 1 unfinished condition" in shown
    assert "bob is not in the cohort." in text(check_draft(client, "bob", all_of(TWICE)))


@pytest.mark.parametrize(
    ("user", "data", "status"),
    [("", all_of(TWICE), 400), (7, all_of(TWICE), 400), ("ann", {"version": 1}, 422)],
)
def test_it_refuses_a_draft_in_words(
    user: Any, data: Any, status: int, dataset: Dataset, client: Client
) -> None:
    client.force_login(make_user("Creator"))
    response = check_draft(client, user, data)
    assert response.status_code == status
    assert response.json()["message"]


def test_a_viewer_checks_saved_cohorts_only(fans: Cohort, viewer: Client) -> None:
    assert check_draft(viewer, "ann", all_of(TWICE)).status_code == 403


def test_the_sample_lists_ids_to_check(dataset: Dataset, client: Client) -> None:
    client.force_login(make_user("Creator"))
    body = {"dataset": "small", "definition": all_of(TWICE), "slug": None}
    response = client.post(
        reverse("cohorts:sample"), json.dumps(body), content_type="application/json"
    )
    page = response.content.decode()
    assert "data-check-user" in page
    assert "data-check-id>ann</button>" in page


@pytest.mark.parametrize(
    ("kind", "measured", "compared_with", "facts"),
    [
        ("measure", {"value": None}, {}, ["no value"]),
        ("measure", {"value": 1234.56789}, {}, ["1,234.5679"]),
        (
            "ratio",
            {"numerator": 3, "denominator": 4, "ratio": 0.75},
            {},
            ["3 divided by 4 is 0.75"],
        ),
        (
            "ratio",
            {"numerator": 3, "denominator": 0, "ratio": None},
            {},
            ["nothing to divide by"],
        ),
        ("first_time", {"first": None}, {}, ["never"]),
        ("last_time", {"last": NOW}, {}, ["last time"]),
        ("lifecycle", {"first": None, "last": None, "current": None}, {}, ["never"]),
        (
            "lifecycle",
            {"first": NOW, "last": NOW, "current": 2},
            {},
            ["2 events in the current period", "0 events in the period before", "first time"],
        ),
        ("funnel", {"level": 0}, {"steps": 3}, ["no step reached"]),
        ("funnel", {"level": 2}, {"steps": 3}, ["reached step 2 of 3"]),
        ("funnel", {"steps": [1, 3]}, {"steps": 3}, ["2 of 3 steps found"]),
        ("retention", {"start": None, "units": []}, {"unit": "day"}, ["never started"]),
        (
            "retention",
            {"start": NOW, "units": []},
            {"unit": "day"},
            ["started", "did not come back"],
        ),
        (
            "retention",
            {"start": NOW, "units": [1, 2, 3, 4, 5, 8, 9]},
            {"unit": "week"},
            ["started", "came back in week 1, 2, 3, 4, 5 and 2 more"],
        ),
        ("cohort", {"in_cohort": False}, {}, ["is not in that cohort"]),
        ("list", {"listed": True}, {}, ["is in the list"]),
        (
            "performed",
            {"count": 0, "properties": {"vip": True}},
            {"window": None},
            ["0 times", "vip: true", "the first event that opens the window is missing"],
        ),
    ],
)
def test_it_words_what_was_measured(
    kind: str, measured: dict[str, Any], compared_with: dict[str, Any], facts: list[str]
) -> None:
    finding = Finding(
        path="conditions[0]",
        type=kind,
        title="Title",
        negate=False,
        verdict=True,
        measured=measured,
        compared_with=compared_with,
    )
    explanation = Explanation("ann", NOW, "all", True, True, True, (), (finding,))
    with override("en"):
        (line,) = word_explanation(explanation, "Asia/Tokyo").lines
    assert [fact.text for fact in line.facts] == facts
