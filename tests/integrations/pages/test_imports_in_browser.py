"""An import from the dialog to its result, in a real browser under the strict security policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cohorts.models import Cohort
from integrations.models import ImportBatch, ImportRun, ImportSchedule, WorkerSeen
from tests.factories import NOW, make_batch, make_connection, make_run, make_schedule, make_user

pytestmark = pytest.mark.django_db(transaction=True)
AXE = Path(__file__).parents[2] / "browser" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WATCH = """
window.problems = [];
window.shift = 0;
const note = (event) => window.problems.push(event.violatedDirective + event.blockedURI);
document.addEventListener("securitypolicyviolation", note);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# What the focus is on, as it is called: by itself, by its label, by its text.
FOCUSED = """() => {
  const on = document.activeElement;
  return on.getAttribute("aria-label") || on.labels?.[0]?.innerText.trim() || on.innerText.trim();
}"""
EVIL = '<img src=x onerror="window.problems.push(1)"><b>Dormant</b>'


@pytest.fixture
def page(browser: Any, live_server: Any, client: Any, cohort: Cohort) -> Iterator[Any]:
    """A governor's page."""
    client.force_login(make_user("Governor", first_name="Mika", last_name="Tanaka"))
    now = timezone.now()
    WorkerSeen.objects.create(keeper="a:1", seen_at=now, ticked_at=now, pool_answered_at=now)
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="en-US",
        base_url=live_server.url,
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(30_000)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    context.add_init_script(WATCH)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
    assert page.evaluate("window.problems") == []
    context.close()


def tab_to(page: Any, name: str) -> None:
    for _press in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"no tab leads to {name}")


def faults(page: Any) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run({runOnly: rules}).then(r => r.violations)", RULES)
    return [f"{each['id']} {each['nodes'][0]['html']}" for each in found]


def test_a_schedule_is_made_with_the_keyboard_alone(page: Any, cohort: Cohort) -> None:
    make_connection()
    page.goto("/cohorts/")
    opener = f"Import {cohort.name} to Braze"
    tab_to(page, opener)
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Name").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert page.evaluate(FOCUSED) == opener

    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Name").wait_for()
    tab_to(page, "One-Time Import")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Recipient(s)")
    page.keyboard.type("crm@sing.example")
    page.keyboard.press("Enter")
    tab_to(page, "Unit")
    page.keyboard.type("Weeks")
    tab_to(page, "Tuesday")
    page.keyboard.press("Space")
    page.locator(".next-times li").first.wait_for()
    tab_to(page, "Identifier")
    page.keyboard.type("Alias")
    tab_to(page, "Alias label")
    page.keyboard.type("crm_id")
    assert faults(page) == []
    tab_to(page, "Create")
    page.keyboard.press("Enter")
    page.get_by_text(f"The import of {cohort.name} is scheduled.").wait_for()
    schedule = ImportSchedule.objects.get()
    assert (schedule.unit, schedule.weekdays) == ("week", [1])
    assert schedule.recipients == ["crm@sing.example"]
    assert schedule.identifier == {"kind": "alias", "label": "crm_id"}


def test_nothing_moves_while_an_import_is_watched(page: Any, cohort: Cohort) -> None:
    Cohort.objects.update(name=EVIL)
    run = make_run(cohort, "queued", started_at=None)
    page.goto(run.get_absolute_url())
    page.get_by_text("Waiting for a worker").wait_for()
    run_row = ImportRun.objects.filter(pk=run.pk)
    run_row.update(state="computing", started_at=NOW, as_of=NOW)
    page.get_by_text("Counting the cohort and comparing").wait_for()
    batches = [
        make_batch(run, number, state="planned", tries=0, first_sent_at=None, last_sent_at=None)
        for number in (1, 2)
    ]
    counts = {"size": 1826, "added": 1224, "removed": 602, "unchanged": 602, "blank": 3}
    run_row.update(state="sending", planned_at=NOW, **counts)
    ImportBatch.objects.filter(pk=batches[0].pk).update(
        state="acknowledged", tries=1, first_sent_at=NOW, last_sent_at=NOW
    )
    page.get_by_text("913 of 1,826 changes acknowledged").wait_for()
    assert faults(page) == []
    ImportBatch.objects.update(state="acknowledged", first_sent_at=NOW, last_sent_at=NOW, tries=1)
    run_row.update(state="succeeded", finished_at=NOW + timedelta(seconds=9))
    page.get_by_text("1,826 of 1,826 changes acknowledged").wait_for()
    assert page.evaluate("window.shift") < 0.05

    page.get_by_role("button", name="Copy value").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == EVIL
    page.get_by_role("button", name="Copy filter").click()
    page.get_by_role("button", name="Copied").nth(1).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"Kubit Cohorts includes {EVIL}"


def test_nothing_moves_when_a_watched_import_fails(page: Any, cohort: Cohort) -> None:
    run = make_run(cohort, "sending", planned_at=NOW)
    make_batch(run, state="planned", tries=0, last_sent_at=None)
    page.goto(run.get_absolute_url())
    page.get_by_text("0 of 913 changes acknowledged").wait_for()
    run_row = ImportRun.objects.filter(pk=run.pk)
    run_row.update(wait_reason="Braze asks us to slow down.", wait_until=NOW)
    page.get_by_text("Braze asks us to slow down.").wait_for()
    assert page.evaluate("window.shift") < 0.05
    error = {"error_kind": "key_refused", "error_message": "Braze refused the key (401)."}
    run_row.update(state="failed", finished_at=NOW, wait_reason="", wait_until=None, **error)
    page.get_by_text("The import failed").wait_for()
    assert page.evaluate("window.shift") < 0.05
    assert faults(page) == []


def test_a_held_import_is_reviewed_and_approved(page: Any, cohort: Cohort) -> None:
    make_schedule(cohort)
    facts = {"rule": "removes", "removed": 4000, "held": 9000, "most": 30}
    fields = {"held_facts": facts, "held_reason": "Too many.", "as_of": NOW, "batches": 4}
    run = make_run(cohort, "held", **fields)
    page.goto("/schedule/")
    page.get_by_role("link", name="Review users").click()
    page.get_by_role("heading", name="Review users").wait_for()
    assert faults(page) == []
    page.get_by_label("Note for the history").fill("As agreed")
    page.get_by_role("button", name="Approve and send").click()
    page.get_by_text("Approved").first.wait_for()
    run.refresh_from_db()
    assert (run.state, run.decided_note) == ("sending", "As agreed")
