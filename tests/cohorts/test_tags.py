from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cohorts.models import Tag
from cohorts.tags import LONGEST, BadTag, add_tag, clean_tag, read_tags, remove_tag
from tests.cohorts.test_list_page import names
from tests.factories import NOW, make_cohort, make_user
from tests.integrations.pages.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(make_user())
    return client


def post(page: Client, **fields: Any) -> str:
    return text(page.post("/cohorts/tags/", fields | {"next": "/cohorts/"}, follow=True))


@pytest.mark.parametrize("bad", ["", "  ", "a,b", "x" * (LONGEST + 1), "a\x00b", "\u202eevil"])
def test_it_refuses_what_is_no_tag(bad: str) -> None:
    with pytest.raises(BadTag):
        clean_tag(bad)


def test_a_tag_is_one_however_it_is_written() -> None:
    one, two = make_cohort("One"), make_cohort("Two")
    add_tag(" Life  cycle ", [one])
    add_tag("life cycle", [one, two])
    assert [(tag.name, tag.cohorts.count()) for tag in Tag.objects.all()] == [("Life cycle", 2)]


def test_a_tag_without_cohorts_is_gone() -> None:
    one, two = make_cohort("One"), make_cohort("Two")
    add_tag("core", [one, two])
    remove_tag("CORE", [one])
    assert Tag.objects.count() == 1
    remove_tag("core", [two])
    remove_tag("core", [two])
    assert Tag.objects.count() == 0


def test_it_counts_live_cohorts_only(django_assert_num_queries: Any) -> None:
    one, gone = make_cohort("One"), make_cohort("Gone", disabled_at=NOW)
    add_tag("core", [one, gone])
    add_tag("Brass", [one])
    add_tag("alone", [gone])
    with django_assert_num_queries(1):
        tags = read_tags([one])
    assert [(each.name, each.cohorts) for each in tags.counts] == [("Brass", 1), ("core", 1)]
    assert tags.of_cohort == {one.pk: ["Brass", "core"]}


def test_it_tags_the_chosen_cohorts_and_filters_by_it(page: Client) -> None:
    for name in ("One", "Two", "Three"):
        make_cohort(name)
    assert "2 cohorts were tagged." in post(page, cohort=["one", "two"], tag="core", action="add")
    assert names(page.get("/cohorts/?tag=core")) == ["One", "Two"]
    assert names(page.get("/cohorts/?tag=CORE&q=one")) == ["One"]
    said = post(page, cohort=["one"], tag="core", action="remove")
    assert "The tag was removed from 1 cohort." in said
    assert names(page.get("/cohorts/?tag=core")) == ["Two"]
    assert "No cohort matches" in text(page.get("/cohorts/?tag=nothing"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tag": "core"}, "Choose cohorts in the list first."),
        ({"cohort": "one", "tag": " "}, "Type a tag"),
        ({"cohort": "nothing", "tag": "core"}, "Choose cohorts in the list first."),
    ],
)
def test_it_says_what_is_missing(page: Client, fields: dict[str, str], said: str) -> None:
    make_cohort("One")
    assert said in post(page, **fields)
    assert not Tag.objects.exists()


def test_only_who_may_change_cohorts_tags_them(client: Client) -> None:
    make_cohort("One")
    client.force_login(make_user("Creator"))
    assert client.post("/cohorts/tags/", {"cohort": "one", "tag": "core"}).status_code == 403
    assert 'name="cohort"' not in client.get("/cohorts/").content.decode()
