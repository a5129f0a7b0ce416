from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort, Favorite
from integrations.activity import sum_up
from integrations.models import WorkerSeen
from integrations.past_runs import PastRun
from tests.factories import (
    make_cohort,
    make_connection,
    make_run,
    make_schedule,
    make_snapshot,
    make_user,
)
from tests.integrations.pages.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> WorkerSeen:
    return WorkerSeen.objects.create(keeper="one", seen_at=timezone.now())


def attention(page: Client) -> str:
    return text(page.get("/")).split("Needs attention")[1].split("Next imports")[0]


def test_it_helps_a_new_installation_along(page: Client) -> None:
    shown = text(page.get("/"))
    assert "Three steps to the first import" in shown
    assert "No worker has ever been seen" in shown
    assert "Nothing is scheduled" in shown
    assert "No favorites yet" in shown
    assert "No import yet" in shown


def test_it_says_so_when_all_is_well(page: Client, worker: WorkerSeen, cohort: Cohort) -> None:
    make_run(cohort)
    assert "All is well" in attention(page)
    assert "Three steps" not in text(page.get("/"))


def test_it_shows_the_days_of_what_is_scheduled(page: Client, worker: WorkerSeen) -> None:
    make_schedule(make_cohort("Whales"), unit="day", weekdays=[])
    html = page.get("/").content.decode()
    assert "Nothing is scheduled" not in html
    assert 'class="cal cal--next"' in html


def test_it_names_what_needs_attention(page: Client, worker: WorkerSeen) -> None:
    make_run(make_cohort("Whales"), "held", held_reason="Too many would be removed.")
    make_run(make_cohort("Dropouts"), "failed", error_message="Braze refused the key.")
    late = make_schedule(make_cohort("Late one"))
    late.next_due_at = timezone.now() - timedelta(minutes=9)
    late.save()
    make_connection("Stopped", paused_at=timezone.now(), paused_reason="The key is refused.")
    make_schedule(make_cohort("Astray"), timezone="Mars/Olympus", paused_at=timezone.now())
    paused = make_schedule(make_cohort("Resting"), paused_at=timezone.now())
    paused.paused_by = make_user()
    paused.save()
    shown = attention(page)
    assert shown.strip().startswith("5 ")
    for said in (
        "Whales: import held before sending Too many would be removed.",
        "Dropouts: import failed",
        "Late one: import is late",
        "Stopped: connection paused The key is refused.",
        "Astray: the schedule cannot run Mars/Olympus is no time zone.",
    ):
        assert said in shown
    assert "Resting" not in shown


def test_a_failure_that_a_later_import_made_good_is_no_news(
    page: Client, worker: WorkerSeen, cohort: Cohort
) -> None:
    now = timezone.now()
    make_run(cohort, "failed", queued_at=now - timedelta(days=1))
    make_run(cohort, queued_at=now)
    make_run(make_cohort("Gone", disabled_at=now), "failed")
    assert "All is well" in attention(page)


def test_it_does_not_offer_to_a_viewer_what_is_refused(client: Client, cohort: Cohort) -> None:
    make_run(cohort, "held")
    client.force_login(make_user("Viewer"))
    shown = text(client.get("/"))
    assert "import held before sending" in shown
    assert "Approve and send" not in shown


def test_it_opens_for_who_may_see_nothing(client: Client, cohort: Cohort) -> None:
    make_run(cohort, "held")
    client.force_login(make_user(None))
    response = client.get("/")
    assert response.status_code == 200
    assert cohort.name not in text(response)


def test_it_draws_the_sizes_of_favorites_with_a_table(client: Client, cohort: Cohort) -> None:
    user = make_user()
    client.force_login(user)
    Favorite.objects.create(user=user, cohort=cohort)
    for days, size in ((2, 0), (1, 12_345_678)):
        make_snapshot(cohort, size=size, as_of=timezone.now() - timedelta(days=days))
    html = client.get("/").content.decode()
    assert "Sizes of favorite cohorts, last 30 days: Dormant Users 12,345,678" in html
    assert html.count('<path class="ln s1"') == 2
    assert '<td class="num">12,345,678</td>' in html
    assert '<td class="num">0</td>' in html


def test_it_keeps_markup_in_names_inert(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    cohort = make_cohort("<img src=x onerror=alert(1)> 歌 🎤 مرحبا", slug="odd", owner=user)
    Favorite.objects.create(user=user, cohort=cohort)
    make_snapshot(cohort, as_of=timezone.now())
    make_run(cohort, "failed", error_message="<script>alert(1)</script>")
    for url in ("/", "/cohorts/", "/notices/", "/search/?q=歌", "/schedule/calendar/"):
        html = client.get(url).content.decode()
        assert "<img" not in html
        assert "<script>alert" not in html


def test_it_sums_up_the_last_day() -> None:
    since = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    rows = [
        (since, "succeeded", since + timedelta(seconds=4), since),
        (since + timedelta(hours=1), "failed", None, None),
        (since + timedelta(hours=1), "succeeded", since + timedelta(hours=1), None),
        (since + timedelta(hours=2), "held", None, None),
        (since + timedelta(hours=23, minutes=59), "sending", None, None),
        (since + timedelta(hours=23, minutes=59), "queued", None, None),
        (since + timedelta(hours=3), "canceled", None, None),
        (since - timedelta(seconds=1), "failed", None, None),
    ]
    runs = [PastRun(1, state, at, began, "Whales", due) for at, state, began, due in rows]
    found = sum_up(runs, since)
    assert (found.sent, found.held, found.failed) == (2, 1, 1)
    assert (found.running, found.waiting) == (1, 1)
    assert found.latest_start == timedelta(seconds=4)
    tones = [bar.tone for bar in found.bars]
    assert (tones[0], tones[1], tones[2], tones[3], tones[23]) == ("s", "b", "w", "none", "r")


def test_it_shows_times_in_the_readers_zone(page: Client) -> None:
    page.cookies["timezone"] = "Asia/Kathmandu"
    assert "Asia/Kathmandu" in text(page.get("/"))
