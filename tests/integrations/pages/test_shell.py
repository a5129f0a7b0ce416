from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cohorts.models import Cohort
from integrations.models import WorkerSeen
from integrations.times import elapsed, until
from kubit_app.components import moment, moment_seconds, number, percent_of
from tests.factories import make_run, make_user
from tests.integrations.pages.reading import text

AT = datetime(2026, 11, 23, 5, 0, 38, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ago", "is_warned"), [(None, True), (60, False), (95, True)], ids=["never", "just", "gone"]
)
def test_it_warns_when_no_worker_has_been_seen(
    page: Client, ago: int | None, is_warned: bool
) -> None:
    if ago is not None:
        WorkerSeen.objects.create(keeper="one", seen_at=timezone.now() - timedelta(seconds=ago))
    shown = text(page.get("/cohorts/"))
    assert ("Imports wait and start by themselves" in shown) == is_warned
    assert ("Worker healthy" in shown) != is_warned


@pytest.mark.django_db
def test_it_counts_what_needs_attention_in_the_navigation(page: Client, cohort: Cohort) -> None:
    make_run(cohort, "held")
    assert "Schedule, 1 import needs attention" in page.get("/cohorts/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/nothing/", "/cohorts/nothing/", "/imports/99/"])
def test_it_has_a_page_for_what_does_not_exist(page: Client, url: str) -> None:
    response = page.get(url)
    assert response.status_code == 404
    assert "There is nothing here" in text(response)


@pytest.mark.django_db
def test_it_has_a_page_for_what_is_refused(client: Client, cohort: Cohort) -> None:
    client.force_login(make_user("Viewer"))
    response = client.get(f"/cohorts/{cohort.slug}/disable/")
    assert response.status_code == 403
    assert "Your role does not include it." in text(response)


@pytest.mark.django_db
def test_it_has_a_page_for_a_form_without_its_token(cohort: Cohort) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_user())
    response = strict.post(f"/cohorts/{cohort.slug}/disable/")
    assert response.status_code == 403
    assert "This form was open too long" in text(response)


@pytest.mark.django_db
def test_it_has_a_page_for_a_fault_that_shows_no_traceback(
    client: Client, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("canary-in-a-traceback")

    monkeypatch.setattr("cohorts.views.read_listing", fail)
    client.force_login(make_user())
    client.raise_request_exception = False
    response = client.get("/cohorts/")
    assert response.status_code == 500
    assert "Something went wrong here" in text(response)
    assert "canary" not in response.content.decode()


@pytest.mark.django_db
def test_it_signs_in_and_out(client: Client) -> None:
    make_user(username="mika", password="a long demo password")
    wrong = client.post("/login/", {"username": "mika", "password": "wrong"})
    assert "correct username and password" in text(wrong)
    right = {"username": "mika", "password": "a long demo password", "next": "/schedule/"}
    assert client.post("/login/", right)["Location"] == "/schedule/"
    client.post("/logout/")
    assert client.get("/cohorts/")["Location"] == "/login/?next=/cohorts/"


@pytest.mark.django_db
def test_it_changes_a_password(client: Client) -> None:
    user = make_user(username="mika", password="a long demo password")
    client.force_login(user)
    new = {"new_password1": "quite another one 7", "new_password2": "quite another one 7"}
    client.post("/password/", new | {"old_password": "a long demo password"})
    user.refresh_from_db()
    assert user.check_password("quite another one 7")


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Asia/Tokyo", "11/23/2026 2:00 PM"),
        ("America/New_York", "11/23/2026 12:00 AM"),
        (None, "11/23/2026 5:00 AM"),
    ],
)
def test_it_writes_times_as_the_originals_do(zone: str | None, written: str) -> None:
    assert moment(AT, zone) == written
    assert moment(None, zone) == ""


def test_it_writes_seconds_numbers_and_shares() -> None:
    assert moment_seconds(AT, "Asia/Tokyo") == "11/23/2026 2:00:38 PM"
    assert (number(12431), number(0), number(None)) == ("12,431", "0", "")
    assert (percent_of(830, 10_000), percent_of(1, 0), percent_of(None, 5)) == ("8.3%", "", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (59, "now"),
        (720, "in 12 min"),
        (17 * 3600 + 54 * 60, "in 17 h 54 min"),
        (47 * 3600, "in 47 h 0 min"),
        (2 * 86400, "in 2 days"),
    ],
)
def test_it_says_how_long_until(seconds: int, words: str) -> None:
    assert until(AT + timedelta(seconds=seconds), AT) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.188, "188 ms"), (2.14, "2.1 s"), (185, "3:05"), (3727, "1:02:07"), (-1, "0 ms")],
)
def test_it_says_how_long_something_took(seconds: float, words: str) -> None:
    assert elapsed(AT, AT + timedelta(seconds=seconds)) == words
