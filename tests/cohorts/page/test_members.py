"""The list of members and its file."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.evaluation import prepare
from cohorts.models import Cohort
from cohorts.page.members import Entry, date_entries, read_page
from cohorts.snapshots import take_snapshot
from tests.cohorts.loaded import performed
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
URL = "cohorts:members"
EVERYONE = {
    "version": 1,
    "match": "any",
    "conditions": [performed("SING"), performed("SING", times={"op": "=", "value": 0})],
}
IDS = sorted([f"u{number:03}" for number in range(120)] + ["=cmd|calc", "+81 90", "日本"])


@pytest.fixture
def everyone(save: Any) -> Cohort:
    return save("everyone", EVERYONE)


def ids_in(response: Any) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi>", response.content.decode())


def test_pages_hold_each_id_once_in_order(everyone: Cohort, dataset: Any) -> None:
    prepared, now = prepare(dataset, EVERYONE), timezone.now()
    seen: list[str] = []
    page = read_page(everyone, prepared, now=now)
    assert page.total == 123
    while True:
        seen += [entry.id for entry in page.entries]
        if not page.has_next:
            break
        page = read_page(everyone, prepared, now=now, after=page.last_id)
    assert seen == IDS


@pytest.mark.parametrize(
    ("prefix", "found"), [("u00", 10), ("u000", 1), ("U000", 0), ("日", 1), ("%", 0), ("'", 0)]
)
def test_a_search_finds_by_the_beginning(
    prefix: str, found: int, everyone: Cohort, governor: Client
) -> None:
    response = governor.post(reverse(URL, args=["everyone"]), {"q": prefix}, headers=PART)
    assert len(ids_in(response)) == found


def test_ids_stand_in_no_address(everyone: Cohort, governor: Client) -> None:
    body = governor.get(reverse(URL, args=["everyone"])).content.decode()
    assert "u000" in body
    assert not re.search(r'(href|action|hx-get|hx-post)="[^"]*u0\d\d', body)
    following = governor.post(reverse(URL, args=["everyone"]), {"after": "u046"}, headers=PART)
    assert ids_in(following)[0] == "u047"


def test_it_tells_since_when_imports_find_somebody(everyone: Cohort, governor: Client) -> None:
    take_snapshot(everyone.current_version, as_of=datetime(2026, 1, 5, tzinfo=UTC))
    shown = governor.get(reverse(URL, args=["everyone"]), headers=PART).content.decode()
    assert "1/5/2026 9:00 AM or before" in shown


def test_since_is_the_first_of_those_without_a_gap() -> None:
    new, mid, old = (datetime(2026, 1, day, tzinfo=UTC) for day in (3, 2, 1))
    sets = [(new, {"a", "b", "c"}), (mid, {"a", "b"}), (old, {"a", "c"})]
    assert list(date_entries(["a", "b", "c", "d"], sets)) == [
        Entry("a", old, is_older=True),
        Entry("b", mid),
        Entry("c", new),
        Entry("d"),
    ]
    assert list(date_entries(["a"], [])) == [Entry("a")]


@pytest.mark.parametrize("raw", [False, True])
def test_the_file_holds_everyone(raw: bool, everyone: Cohort, governor: Client) -> None:
    url = reverse("cohorts:export_members", args=["everyone"])
    response = governor.get(url + ("?raw" if raw else ""))
    assert response.streaming
    body = b"".join(response.streaming_content).decode()
    rows = [row[0] for row in csv.reader(io.StringIO(body))]
    quoted = IDS if raw else [f"'{each}" if each[0] in "=+" else each for each in IDS]
    assert rows == ["user_id", *quoted]
    assert "u000" not in str(response.headers)
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (str(everyone.pk), "Exported the members.")


def test_a_file_that_cannot_be_had_is_told(
    everyone: Cohort, governor: Client, settings: Any, tmp_path: Any
) -> None:
    settings.DATASETS_DIR = tmp_path
    url = reverse("cohorts:export_members", args=["everyone"])
    response = governor.get(url)
    assert response.status_code == 302
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "listed", "exported"),
    [
        ("Viewer", 403, 403),
        ("Creator", 200, 403),
        ("Governor", 200, 200),
    ],
)
def test_who_may_see_and_take_them(
    role: str, listed: int, exported: int, everyone: Cohort, client: Client
) -> None:
    client.force_login(make_user(role))
    assert client.get(reverse(URL, args=["everyone"])).status_code == listed
    response = client.get(reverse("cohorts:export_members", args=["everyone"]))
    assert response.status_code == exported
