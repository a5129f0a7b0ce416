"""Versions: what changed, going back, and copies."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.models import Cohort
from cohorts.page.copying import name_copy
from cohorts.page.versions import compare_members, read_changes
from cohorts.tags import add_tag
from tests.cohorts.loaded import all_of, performed

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
FIRST = all_of(performed("SING", times={"op": ">=", "value": 3}))
SECOND = all_of(performed("SING", times={"op": ">=", "value": 5}), performed("PAY"))


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def singers(save: Any) -> Cohort:
    save("singers", FIRST, name="Singers", description="Who sings")
    return save("singers", SECOND)


def restore_url(number: int = 1) -> str:
    return reverse("cohorts:restore", args=["singers", number])


def test_the_difference_in_members_is_of_now(singers: Cohort) -> None:
    second, first = singers.versions.all()
    found = compare_members(singers, first, second, now=timezone.now())
    # 84 sing 3 times; of the 60 who sing 5 times those of an even number pay.
    assert (found.added, found.removed, found.unchanged) == (0, 60, 24)


def test_a_restored_version_says_so(singers: Cohort, save: Any, governor: Client) -> None:
    save("singers", FIRST)
    entries = read_changes(singers)
    assert [entry.restores for entry in entries] == [1, None, None]
    assert entries[0].differences
    assert "Restored from version 1" in text(
        governor.get(reverse("cohorts:changes", args=["singers"]), headers=PART)
    )


def test_it_compares_in_words_and_members(singers: Cohort, governor: Client) -> None:
    url = reverse("cohorts:compare", args=["singers"])
    shown = text(governor.get(url, {"before": 1, "after": 2}, headers=PART))
    assert "+0 added, \N{MINUS SIGN}60 removed, 24 unchanged" in shown
    assert "Removed: SING ≥ 3 overall" in shown
    assert "Added: PAY ≥ 1 overall" in shown
    for wrong in ({}, {"before": 1}, {"before": 9, "after": 1}, {"before": "x", "after": "²"}):
        assert governor.get(url, wrong).status_code == 404


def test_restoring_asks_first_then_adds_a_version(singers: Cohort, governor: Client) -> None:
    assert "becomes the next version" in text(governor.get(restore_url()))
    assert singers.versions.count() == 2
    response = governor.post(restore_url(), {"seen": "2"}, follow=True)
    singers.refresh_from_db()
    assert (singers.current_version.number, singers.current_version.definition) == (3, FIRST)
    assert "Version 1 was restored as version 3." in text(response)


@pytest.mark.parametrize("seen", ["1", "", "x", "²"])
def test_restoring_over_what_was_not_seen_is_refused(
    seen: str, singers: Cohort, governor: Client
) -> None:
    response = governor.post(restore_url(), {"seen": seen}, headers=PART)
    assert response.status_code == 422
    assert "changed by someone else" in text(response)
    assert singers.versions.count() == 2


def test_the_current_version_and_a_deleted_cohort_are_not_restored(
    singers: Cohort, governor: Client
) -> None:
    governor.post(restore_url(2), {"seen": "2"})
    singers.disabled_at = timezone.now()
    singers.save()
    governor.post(restore_url(1), {"seen": "2"})
    assert singers.versions.count() == 2


def test_a_copy_is_saved_and_opened_in_the_builder(singers: Cohort, governor: Client) -> None:
    add_tag("core", [singers])
    response = governor.post(reverse("cohorts:duplicate", args=["singers"]))
    copied = Cohort.objects.get(name="Copy of Singers")
    assert response["Location"] == reverse("cohorts:edit", args=[copied.slug])
    assert copied.current_version.definition == SECOND
    assert copied.description == "Who sings"
    assert [tag.name for tag in copied.tags.all()] == ["core"]
    governor.post(reverse("cohorts:duplicate", args=["singers"]))
    assert Cohort.objects.filter(name="Copy 2 of Singers").exists()


def test_a_copy_of_what_cannot_be_evaluated_is_refused(singers: Cohort, governor: Client) -> None:
    singers.versions.update(definition={"version": 1, "conditions": []})
    response = governor.post(reverse("cohorts:duplicate", args=["singers"]), follow=True)
    assert "It cannot be copied as it is." in text(response)
    assert Cohort.objects.count() == 1


def test_names_of_copies_fit() -> None:
    assert name_copy("Whales", set()) == "Copy of Whales"
    assert name_copy("Whales", {"copy of whales", "copy 2 of whales"}) == "Copy 3 of Whales"
    assert len(name_copy("🐋" * 255, set())) == 255
