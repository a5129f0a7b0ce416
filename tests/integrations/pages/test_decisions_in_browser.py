"""What people decide about imports, in a real browser under the strict security policy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from cohorts.models import Cohort
from integrations.models import ImportRun, ImportSchedule, Ledger, WorkerSeen
from tests.factories import NOW, make_run, make_schedule, make_user

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = {"rule": "removes", "removed": 4000, "held": 9000, "most": 30}


@pytest.fixture
def signed_in(browser: Any, live_server: Any, client: Any) -> Iterator[Any]:
    """A governor's page that collects what its security policy blocks, and scripts' errors."""
    client.force_login(make_user("Governor", first_name="Mika", last_name="Tanaka"))
    cookie = client.cookies["sessionid"].value
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    context.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', "
        "(event) => window.violations.push(event.violatedDirective + event.blockedURI));"
    )
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    context.close()


def look(page: Any, name: str) -> None:
    """No violation, no error; a picture where SHOTS names a folder."""
    assert page.evaluate("window.violations") == []
    assert page.problems == []
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_people_decide_with_a_note_and_set_limits_and_remove(
    signed_in: Any, live_server: Any, cohort: Cohort
) -> None:
    page, home = signed_in, live_server.url
    schedule = make_schedule(cohort)
    run = make_run(cohort, "held", held_facts=FACTS, held_reason="Too many.", as_of=NOW)
    Ledger.objects.create(
        cohort=cohort,
        connection=schedule.connection,
        braze_cohort_id="coh_1",
        confirmed_count=9000,
    )
    page.goto(f"{home}/imports/{run.pk}/")
    page.get_by_text("The limit is 30%.").wait_for()
    page.get_by_label("Note for the history").fill("The event was renamed")
    look(page, "held")
    page.get_by_role("button", name="Discard").click()
    page.get_by_text("The event was renamed").wait_for()
    page.get_by_text("Mika Tanaka,").first.wait_for()
    look(page, "discarded")

    page.goto(f"{home}/schedule/")
    page.get_by_label("Edit the schedule of Dormant Users").click()
    page.get_by_text("Safety limits").click()
    page.get_by_label("Share removed").fill("200")
    page.get_by_label("E-mail", exact=True).select_option("problems")
    page.get_by_role("button", name="Update").click()
    page.get_by_text("Choose a share from 1 to 100 percent.").wait_for()
    look(page, "limits")
    page.get_by_label("Share removed").fill("15")
    page.get_by_role("button", name="Update").click()
    page.get_by_text("The import of Dormant Users is scheduled.").wait_for()
    schedule.refresh_from_db()
    assert (schedule.hold_percent, schedule.notify) == (15, "problems")

    page.get_by_label("Delete the schedule of Dormant Users").click()
    page.get_by_label("Remove all 9,000 users from Braze now").check()
    look(page, "delete")
    page.get_by_role("button", name="Delete schedule").last.click()
    page.get_by_text("Its users are being removed from Braze.").wait_for()
    assert ImportRun.objects.latest("pk").trigger == "removal"
    assert ImportSchedule.objects.get().deleted_at is not None


def test_the_status_page_shows_what_needs_attention(
    signed_in: Any, live_server: Any, cohort: Cohort
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/imports/")
    page.get_by_role("link", name="Status").click()
    page.get_by_text("Something needs attention").wait_for()
    look(page, "status")
    now = timezone.now()
    WorkerSeen.objects.create(keeper="a:1", seen_at=now, ticked_at=now, pool_answered_at=now)
    page.reload()
    page.get_by_text("Everything works").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    look(page, "status-390")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
