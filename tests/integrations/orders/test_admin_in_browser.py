from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from integrations.models import Connection, ImportRun, Incident
from integrations.notifications import write_mails
from integrations.schedules import save_schedule
from tests.integrations.orders.conftest import FakeBraze, make_cadence

pytestmark = pytest.mark.django_db(transaction=True)

COLLECT = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


@pytest.fixture
def admin_page(page: Any, live_server: Any, client: Any) -> Any:
    """A page of a signed-in administrator that collects what its security policy blocks."""
    client.force_login(User.objects.create_superuser("root"))
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page.add_init_script(COLLECT)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: line.type == "error" and page.problems.append(line.text))
    return page


def test_the_admin_site_works_under_the_strict_security_policy(
    admin_page: Any, live_server: Any, make_run: Callable[..., ImportRun]
) -> None:
    run = make_run(recipients=["a@b.example"])
    write_mails(run)
    Incident.objects.create(kind="test", text="Something", at=timezone.now())
    save_schedule(run.cohort, connection=run.connection, cadence=make_cadence())
    group = Group.objects.first() or Group.objects.create(name="Some")
    user = User.objects.get()
    paths = [
        "",
        "integrations/",
        "integrations/connection/",
        "integrations/connection/add/",
        f"integrations/connection/{run.connection_id}/change/",
        f"integrations/connection/{run.connection_id}/history/",
        f"integrations/connection/{run.connection_id}/delete/",
        "integrations/importschedule/",
        f"integrations/importschedule/{run.cohort.schedules.get().pk}/change/",
        "integrations/importrun/",
        f"integrations/importrun/{run.pk}/change/",
        "integrations/importbatch/",
        "integrations/outboxmail/",
        f"integrations/outboxmail/{run.mails.get().pk}/change/",
        "integrations/incident/",
        "integrations/scheduleslot/",
        "auth/user/",
        "auth/user/add/",
        f"auth/user/{user.pk}/change/",
        f"auth/group/{group.pk}/change/",
        "password_change/",
    ]
    for path in paths:
        response = admin_page.goto(f"{live_server.url}/admin/{path}")
        assert response.status == 200, path
        assert "script-src 'self'" in response.headers["content-security-policy"]
        assert admin_page.evaluate("window.violations") == [], path
        assert admin_page.problems == [], path


def test_a_person_adds_a_connection_and_tests_it(
    admin_page: Any, live_server: Any, braze: FakeBraze
) -> None:
    page = admin_page
    page.goto(f"{live_server.url}/admin/integrations/connection/add/")
    page.get_by_label("Name").fill("Main")
    page.get_by_label("REST endpoint").select_option(braze.server.url)
    page.get_by_label("Key:", exact=True).fill("wrong-key-0123456789")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("did not accept the data import key").wait_for()
    assert page.get_by_label("Key:", exact=True).input_value() == ""

    page.get_by_label("Key:", exact=True).fill(braze.good_key)
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#result_list").get_by_role("link", name="Main").click()
    page.get_by_text(f"••••{braze.good_key[-4:]}").first.wait_for()
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Main: Connected. Braze accepted the keys.").wait_for()
    assert braze.good_key not in page.content()
    assert Connection.objects.get().data_import_key == braze.good_key
    assert page.evaluate("window.violations") == []


def test_a_person_pauses_and_resumes_a_schedule(
    admin_page: Any, live_server: Any, make_run: Callable[..., ImportRun]
) -> None:
    run = make_run()
    schedule = save_schedule(run.cohort, connection=run.connection, cadence=make_cadence())
    page = admin_page
    for action, is_paused in (("Pause", True), ("Resume", False)):
        page.goto(f"{live_server.url}/admin/integrations/importschedule/")
        page.get_by_role("checkbox").nth(1).check()
        page.get_by_label("Action:").select_option(action)
        page.get_by_role("button", name="Go").click()
        page.get_by_text("1 schedule").first.wait_for()
        schedule.refresh_from_db()
        assert schedule.is_paused is is_paused
