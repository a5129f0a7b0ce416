from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cohorts.models import Cohort
from integrations.models import ImportRun, Ledger, ScheduleSlot
from tests.factories import NOW, make_cohort, make_run, make_schedule, make_user
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db
URL = "/schedule/"


def test_it_lists_live_schedules_with_their_next_import_in_their_zone(
    page: Client, cohort: Cohort
) -> None:
    make_schedule(cohort, timezone="America/New_York")
    make_schedule(make_cohort("Whales"), deleted_at=NOW, next_due_at=None)
    shown = text(page.get(URL))
    assert "Name Description Recipient(s) Import Recurrence Last Execution Time Next" in shown
    assert "Every 1 week, T, F" in shown
    assert "11/23/2026 6:00 PM" in shown
    assert "Times in America/New_York" in shown
    assert "Whales" not in shown


def test_it_shows_the_originals_icons_and_then_pause(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort)
    controls = page.get(URL).content.decode().split('class="ctl"')[1].split("</tr>")[0]
    assert re.findall(r"sprite\.svg#([\w-]+)", controls) == [
        "f-info-circle",
        "f-trash",
        "k-braze",
        "i-history",
        "i-edit",
        "f-player-pause",
    ]


def test_it_pauses_and_resumes(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    response = page.post(reverse("integrations:schedule_pause", args=[schedule.pk]), follow=True)
    assert "The schedule of Dormant Users is paused." in text(response)
    assert "Resume" in response.content.decode()
    schedule.refresh_from_db()
    assert schedule.is_paused
    assert schedule.paused_by == response.wsgi_request.user
    page.post(reverse("integrations:schedule_resume", args=[schedule.pk]))
    schedule.refresh_from_db()
    assert not schedule.is_paused
    assert schedule.next_due_at is not None


def test_it_asks_before_it_deletes_and_keeps_the_row(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    url = reverse("integrations:schedule_delete", args=[schedule.pk])
    assert "no further import starts" in text(page.get(url, headers=PART))
    schedule.refresh_from_db()
    assert schedule.deleted_at is None
    page.post(url)
    schedule.refresh_from_db()
    assert schedule.deleted_at is not None
    assert page.post(url).status_code == 404


def test_its_braze_icon_imports_at_once_to_where_the_schedule_goes(
    page: Client, cohort: Cohort
) -> None:
    schedule = make_schedule(cohort)
    url = reverse("integrations:import_now", args=[cohort.slug])
    response = page.post(url, {"seen": "0"}, follow=True)
    run = ImportRun.objects.get()
    assert (run.trigger, run.connection) == ("manual", schedule.connection)
    assert run.recipients == ["crm@sing.example"]
    assert f"Import {run.pk} of Dormant Users has started." in text(response)
    # The same press again, as a double click sends it.
    page.post(url, {"seen": "0"})
    assert ImportRun.objects.count() == 1


def test_it_says_which_import_is_still_open(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort)
    run = make_run(cohort, "sending")
    url = reverse("integrations:import_now", args=[cohort.slug])
    response = page.post(url, {"seen": str(run.pk)}, follow=True)
    assert f"Import {run.pk} of “Dormant Users” is still open." in text(response)
    assert ImportRun.objects.count() == 1


def test_it_shows_what_is_held_and_lets_a_governor_decide(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort)
    run = make_run(cohort, "held", held_reason="1,214 of 1,462 users would be removed (83%).")
    response = page.get(URL)
    assert "Dormant Users: import held before sending" in text(response)
    assert "1,214 of 1,462 users would be removed (83%)." in text(response)
    page.post(reverse("integrations:run_approve", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "sending"
    assert run.decided_by is not None


def test_it_lets_a_viewer_see_what_is_held_but_not_decide(client: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "held", held_reason="Too many.")
    client.force_login(make_user("Viewer"))
    html = client.get(URL).content.decode()
    assert "Too many." in html
    assert reverse("integrations:run_approve", args=[run.pk]) not in html


def test_it_shows_the_last_failure_with_what_to_do(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    make_run(cohort, "failed", schedule=schedule, error_message="Copy the key again from Braze.")
    assert "Dormant Users: import failed Copy the key again" in text(page.get(URL))
    make_run(cohort, schedule=schedule, queued_at=NOW + timedelta(days=1))
    assert "import failed" not in text(page.get(URL))


def test_it_survives_a_schedule_whose_zone_is_gone(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, weekdays=[])
    assert "Choose at least one day of the week." in text(page.get(URL))


def test_it_asks_the_database_no_more_often_for_many_schedules(
    page: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        cohort = make_cohort(f"Bulk {number}")
        make_run(cohort, schedule=make_schedule(cohort))
    with django_assert_max_num_queries(12):
        page.get(URL)


def test_its_history_shows_the_newest_five_with_result_and_users(
    page: Client, cohort: Cohort
) -> None:
    make_schedule(cohort)
    for day in range(7):
        state = "failed" if day == 6 else "succeeded"
        make_run(cohort, state, queued_at=NOW + timedelta(days=day))
    shown = text(page.get(reverse("integrations:history", args=[cohort.slug])))
    assert shown.startswith("Import Time Result Users Imported 11/29/2026 2:00:38 PM Failed 0")
    assert "11/28/2026 2:00:38 PM Success 12,431" in shown
    assert shown.count("PM") == 5
    assert shown.endswith("All 7 imports Asia/Tokyo")


def test_its_history_says_when_there_was_no_import(page: Client, cohort: Cohort) -> None:
    url = reverse("integrations:history", args=[cohort.slug])
    assert "No import yet" in text(page.get(url))


def test_deleting_asks_whether_people_leave_braze(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    Ledger.objects.create(
        cohort=cohort,
        connection=schedule.connection,
        braze_cohort_id="coh_1",
        confirmed_count=12_431,
    )
    url = reverse("integrations:schedule_delete", args=[schedule.pk])
    shown = text(page.get(url, headers=PART))
    assert "Leave them in Braze, as the last import left them" in shown
    assert "Remove all 12,431 users from Braze now" in shown
    open_run = make_run(cohort, "sending")
    refused = page.post(url, {"members": "remove"}, headers=PART)
    assert refused.status_code == 422
    assert f"Import {open_run.pk} of “Dormant Users” is still open." in text(refused)
    open_run.delete()
    page.post(url, {"members": "remove"})
    run = ImportRun.objects.get()
    assert (run.trigger, run.recipients) == ("removal", ["crm@sing.example"])
    schedule.refresh_from_db()
    assert schedule.deleted_at is not None


def test_pausing_asks_whether_people_leave_braze(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    url = reverse("integrations:schedule_pause", args=[schedule.pk])
    assert "The users in Braze" not in text(page.get(url, headers=PART))
    Ledger.objects.create(
        cohort=cohort, connection=schedule.connection, braze_cohort_id="coh_1", confirmed_count=9
    )
    assert "Remove all 9 users from Braze now" in text(page.get(url, headers=PART))
    schedule.refresh_from_db()
    assert not schedule.is_paused
    open_run = make_run(cohort, "sending")
    assert page.post(url, {"members": "remove"}, headers=PART).status_code == 422
    schedule.refresh_from_db()
    assert not schedule.is_paused
    open_run.delete()
    response = page.post(url, {"members": "remove"}, follow=True)
    assert "is paused. Its users are being removed from Braze." in text(response)
    assert ImportRun.objects.get().trigger == "removal"
    schedule.refresh_from_db()
    assert schedule.is_paused


def test_leaving_people_in_braze_starts_nothing(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    page.post(reverse("integrations:schedule_delete", args=[schedule.pk]), {"members": "keep"})
    assert not ImportRun.objects.exists()


def test_people_can_be_removed_from_the_page_of_the_cohort(page: Client, cohort: Cohort) -> None:
    url = reverse("integrations:import_remove", args=[cohort.slug])
    assert "there is nobody to remove" in text(page.get(url))
    connection = make_run(cohort).connection
    Ledger.objects.create(
        cohort=cohort, connection=connection, braze_cohort_id="coh_1", confirmed_count=7
    )
    assert "Remove everyone from Braze" in text(page.get(cohort.get_absolute_url()))
    assert "Production 7 users" in text(page.get(url, headers=PART))
    assert page.post(url, {"connection": "4711"}).status_code == 404
    response = page.post(url, {"connection": str(connection.pk)}, follow=True)
    assert ImportRun.objects.filter(trigger="removal").count() == 1
    assert "Removal, " in text(response)


def test_a_decision_is_kept_with_its_note_and_shown(page: Client, cohort: Cohort) -> None:
    facts = {"rule": "removes", "removed": 4000, "held": 9000, "most": 30}
    run = make_run(cohort, "held", held_facts=facts, held_reason="Too many.", as_of=NOW)
    shown = text(page.get(run.get_absolute_url()))
    assert "4,000 of 9,000 users would be removed (44%). The limit is 30%." in shown
    assert "old. Approving sends exactly the plan shown" in shown
    assert "discarded on 11/30/2026 2:00 PM" in shown
    page.post(reverse("integrations:run_cancel", args=[run.pk]), {"note": "Not today"})
    shown = text(page.get(run.get_absolute_url()))
    assert "Note Not today" in shown
    assert "Was held 4,000 of 9,000" in shown


def test_a_repair_starts_from_the_page_of_an_import(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort)
    assert "Repair" in text(page.get(run.get_absolute_url()))
    url = reverse("integrations:import_now", args=[cohort.slug])
    page.post(url, {"seen": str(run.pk), "repair": "1"})
    assert ImportRun.objects.latest("pk").trigger == "repair"


def test_times_that_did_not_go_as_planned_are_shown_as_such(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)

    def due(hours: int, outcome: str, note: str = "") -> ScheduleSlot:
        at = NOW + timedelta(hours=hours)
        return ScheduleSlot.objects.create(schedule=schedule, due_at=at, outcome=outcome, note=note)

    late = due(0, "late", "late by 2 h 5 min")
    make_run(cohort, schedule=schedule, slot=late)
    assert "Run late late by 2 h 5 min" in text(page.get(URL))
    due(1, "missed", "no worker was running")
    due(2, "skipped", "import 3 still working")
    assert "Skipped 11/23/2026 4:00 PM" in text(page.get(URL))
    history = text(page.get(reverse("integrations:history", args=[cohort.slug])))
    assert "11/23/2026 4:00:00 PM Skipped import 3 still working" in history
    assert "11/23/2026 3:00:00 PM Missed no worker was running" in history
    assert "11/23/2026 2:00:38 PM Success late by 2 h 5 min 12,431" in history
    assert "1 import" in history
    due(3, "run")
    assert "Skipped" not in text(page.get(URL))
