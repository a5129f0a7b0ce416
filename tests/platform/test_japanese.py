"""Pages in Japanese hold no English but names, codes and data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.models import Favorite
from cohorts.tags import add_tag
from integrations.models import ImportRun, Incident, WorkerSeen
from tests.factories import (
    make_batch,
    make_cohort,
    make_run,
    make_schedule,
    make_snapshot,
    make_user,
)

pytestmark = pytest.mark.django_db

# What is told to people besides the text: every one of these is read out or shown.
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-tip", "data-l", "data-text")
# Names of things, of roles and of what Braze shows in English; data of these tests.
KEPT = """
    Cohort Dashboard Kubit Braze Governor Admin Admins Creator Viewer Canvas Custom Attributes
    Encore iOS Production SING Bulk core user Asia Tokyo UTC REST API SQL CSV JSON JavaScript
    Settings APIs and Identifiers Partner Integrations Technology Partners Cohorts includes
    External Enter Esc Shift Ctrl Space Home End URL NUL UTF English python manage nothing
    worker sing example crm company name NAME FILE events tables add_dataset WORKER_PROCESSES
    seed_demo crm_id replace track rest iad braze com https dashboard
    Create Key Generate New Endpoint Data Import Using users www cluster
    external Berlin Europe Parquet Lines gzip
"""
CODE = ("script", "style", "code", "pre", "template")
# A path such as Asia/Tokyo is the name of a zone.
ZONE = re.compile(r"\b[A-Z]\w+(/[\w+-]+)+")
WORD = re.compile(r"[A-Za-z_]{3,}")


class Reader(HTMLParser):
    """Collects every text that a person meets, but for code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        # The tags of what is passed over.
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_code = tag in CODE or "mono" in (given.get("class") or "").split()
        if is_code or self.silent[-1:] == [tag]:
            self.silent.append(tag)
        self.found += [given[name] or "" for name in SPOKEN if name in given]

    def handle_endtag(self, tag: str) -> None:
        if self.silent[-1:] == [tag]:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def english_in(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    kept = set(KEPT.split())
    return [text.strip() for text in reader.found if set(WORD.findall(ZONE.sub("", text))) - kept]


@pytest.fixture
def japanese(client: Client) -> Client:
    """Signed in, with rows of every state around."""
    user, now = make_user("Admin"), timezone.now()
    WorkerSeen.objects.create(keeper="one", seen_at=now)
    Incident.objects.create(kind="pool_restarted", text="9 s")
    states = ["succeeded", "failed", "held", "partial", "sending", "canceled", "queued"]
    cohorts = [make_cohort(f"Bulk {number}", size=number, owner=user) for number in range(7)]
    for number, cohort in enumerate(cohorts):
        make_snapshot(cohort, as_of=now - timedelta(days=1))
        make_schedule(cohort, created_by=user, paused_at=now if number == 3 else None)
        run = make_run(cohort, states[number], requested_by=user, error_kind="key_refused")
        make_batch(run)
        Favorite.objects.create(user=user, cohort=cohort)
    add_tag("core", cohorts)
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


PAGES = [
    "/",
    "/cohorts/",
    "/cohorts/?q=nothing",
    "/cohorts/bulk-1/",
    "/cohorts/bulk-1/disable/",
    "/cohorts/bulk-1/import/",
    "/cohorts/new/",
    "/cohorts/new/list/",
    "/schedule/",
    "/schedule/calendar/",
    "/schedule/calendar/?view=week",
    "/imports/",
    "/notices/",
    "/search/?q=bulk",
    "/search/",
    "/data/",
    "/status/",
    "/password/",
    "/settings/profile/",
    "/settings/people/",
    "/settings/braze/",
    "/data/upload/",
    "/cohorts/bulk-1/members/",
    "/nothing/",
]


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_japanese(japanese: Client, url: str) -> None:
    page = japanese.get(url, follow=True).content.decode()
    assert '<html lang="ja"' in page
    assert english_in(page) == []


@pytest.mark.parametrize("number", range(7))
def test_a_run_in_every_state_is_japanese(japanese: Client, number: int) -> None:
    run = ImportRun.objects.get(cohort__slug=f"bulk-{number}")
    assert english_in(japanese.get(run.get_absolute_url()).content.decode()) == []


def test_the_words_of_the_builder_are_japanese(japanese: Client) -> None:
    page = japanese.get("/cohorts/new/").content.decode()
    found = re.search(r'<script id="builder-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    words = json.dumps([data["texts"], data["operators"], data["comparisons"], data["functions"]])
    told = list(texts_in(json.loads(words)))
    assert len(told) > 200
    filled = [re.sub(r"\{\w+\}", "", text) for text in told]
    assert [
        text for text in filled if set(WORD.findall(text)) - {*KEPT.split(), "false", "true"}
    ] == []


def texts_in(value: Any) -> Iterator[str]:
    """What is shown: the values of texts, and the labels of tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in ("key", "arity", "property"):
                yield from texts_in(each)
