from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from cohorts.models import Cohort
from integrations.models import Connection, ImportRun, ImportSchedule
from tests.factories import NOW, make_cohort, make_connection, make_run, make_schedule, make_user
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db


def url_of(cohort: Cohort) -> str:
    return reverse("integrations:import", args=[cohort.slug])


def filled_in(**changes: Any) -> dict[str, Any]:
    fields = {
        "name": "Dormant Users",
        "description": "No song in the last 30 days",
        "kind": "scheduled",
        "recipients": "crm@sing.example, mika@sing.example",
        "every": "2",
        "unit": "week",
        "weekdays": ["1", "4"],
        "month_day": "1",
        "at": "08:00",
        "timezone": "Asia/Tokyo",
        "connection": Connection.objects.get(name="Production").pk,
        "seen": "0",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def test_it_has_the_originals_title_and_labels(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    shown = text(page.get(url_of(cohort), headers=PART))
    assert shown.startswith("Cohort ")
    for label in (
        "Name",
        "Description",
        "One-Time Import",
        "Scheduled Import",
        "Recipient(s)",
        "Import Recurrence",
        "Every",
        "Execution Time",
        "Time Zone",
        "Cancel",
    ):
        assert label in shown
    assert "S M T W TH F SA" in shown


def test_it_offers_half_hours_and_the_odd_time_that_is_set(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, at=time(8, 17))
    html = page.get(url_of(cohort)).content.decode()
    assert '<option value="08:17" selected>08:17 AM</option>' in html
    assert '<option value="23:30">11:30 PM</option>' in html
    assert len(re.findall(r'<option value="\d\d:\d\d"', html)) == 49


def test_it_shows_the_schedule_that_stands(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, every=45, unit="month", month_day="last", weekdays=[])
    html = page.get(url_of(cohort)).content.decode()
    assert '<option value="45" selected>' in html
    assert '<option value="month" selected>' in html
    assert '<option value="last" selected>' in html
    assert 'value="scheduled" checked' in html
    assert "Update replaces the current one." in html


def test_it_schedules(page: Client, cohort: Cohort, connection: Connection) -> None:
    response = page.post(url_of(cohort), filled_in(), follow=True)
    schedule = ImportSchedule.objects.get()
    assert (schedule.every, schedule.unit, schedule.weekdays) == (2, "week", [1, 4])
    assert (schedule.at, schedule.timezone) == (time(8, 0), "Asia/Tokyo")
    assert schedule.recipients == ["crm@sing.example", "mika@sing.example"]
    assert schedule.next_due_at is not None
    assert "The import of Dormant Users is scheduled." in text(response)
    assert ImportRun.objects.count() == 0


def test_it_updates_the_one_live_schedule(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort)
    page.post(url_of(cohort), filled_in(unit="month", month_day="31", every="1"))
    schedule = ImportSchedule.objects.get(deleted_at=None)
    assert (schedule.unit, schedule.month_day, schedule.weekdays) == ("month", "31", [])


def test_it_keeps_the_rhythm_when_only_the_hour_is_changed(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, every=2)
    page.post(url_of(cohort), filled_in(every="2", at="09:30"))
    assert ImportSchedule.objects.get().starts_on == NOW.date()


def test_it_imports_once(page: Client, cohort: Cohort, connection: Connection) -> None:
    response = page.post(url_of(cohort), filled_in(kind="once"), follow=True)
    run = ImportRun.objects.get()
    assert (run.trigger, run.state) == ("one-time", "queued")
    assert run.recipients == ["crm@sing.example", "mika@sing.example"]
    assert run.requested_by == response.wsgi_request.user
    assert f"Import {run.pk} of Dormant Users has started." in text(response)
    assert ImportSchedule.objects.count() == 0


def test_it_does_not_look_at_the_recurrence_of_a_one_time_import(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    page.post(url_of(cohort), filled_in(kind="once", every="", at="", timezone="", weekdays=[]))
    assert ImportRun.objects.count() == 1


def test_it_starts_one_import_when_the_form_is_sent_twice(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    form = filled_in(kind="once")
    page.post(url_of(cohort), form)
    # Even when the first is over before the second arrives.
    ImportRun.objects.update(state="canceled", finished_at=NOW)
    response = page.post(url_of(cohort), form, follow=True)
    assert "has started" in text(response)
    assert ImportRun.objects.count() == 1


def test_it_says_what_stands_in_the_way_and_keeps_what_was_typed(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    open_run = make_run(cohort, "sending")
    form = filled_in(kind="once", name="Sleepers", seen=str(open_run.pk))
    response = page.post(url_of(cohort), form, headers=PART)
    assert response.status_code == 422
    assert f"Import {open_run.pk} of “Sleepers” is still open." in text(response)
    assert open_run.get_absolute_url() in response.content.decode()
    assert 'value="Sleepers"' in response.content.decode()
    cohort.refresh_from_db()
    assert cohort.name == "Dormant Users"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "  ", "This field is required."),
        ("name", "Whales", "Another cohort has this name."),
        ("name", "whales", "Another cohort has this name."),
        ("recipients", "crm@sing.example, nobody", "“nobody” is not an e-mail address."),
        ("weekdays", [], "Choose at least one day of the week."),
        ("every", "0", "greater than or equal to 1"),
        ("every", "366", "less than or equal to 365"),
        ("at", "25:00", "Enter a valid time."),
        ("timezone", "Mars/Olympus", "Mars/Olympus is no time zone."),
        ("unit", "fortnight", "Select a valid choice."),
        ("connection", "999", "Select a valid choice."),
        ("kind", None, "This field is required."),
    ],
)
def test_it_shows_an_error_at_its_field_and_loses_nothing(
    page: Client, cohort: Cohort, connection: Connection, field: str, value: Any, message: str
) -> None:
    make_cohort("Whales")
    make_connection("Second")
    response = page.post(url_of(cohort), filled_in(**{field: value}), headers=PART)
    assert response.status_code == 422
    assert message in text(response)
    if field != "recipients":
        assert "crm@sing.example, mika@sing.example" in response.content.decode()
    assert not ImportSchedule.objects.exists()
    assert not ImportRun.objects.exists()


def test_it_renames_the_cohort(page: Client, cohort: Cohort, connection: Connection) -> None:
    page.post(url_of(cohort), filled_in(name=" Sleepers ", description="New words"))
    cohort.refresh_from_db()
    assert (cohort.name, cohort.description) == ("Sleepers", "New words")
    assert cohort.slug == "dormant-users"


def test_it_does_not_let_someone_rename_who_may_only_import(
    client: Client, cohort: Cohort, connection: Connection
) -> None:
    creator = make_user("Creator")
    creator.user_permissions.add(Permission.objects.get(codename="add_importrun"))
    client.force_login(creator)
    client.post(url_of(cohort), filled_in(kind="once", name="Mine now"))
    cohort.refresh_from_db()
    assert cohort.name == "Dormant Users"
    assert ImportRun.objects.count() == 1
    response = client.post(url_of(cohort), filled_in())
    assert response.status_code == 422
    assert "Scheduling needs the Governor or Admin role." in text(response)


@pytest.mark.parametrize(
    ("role", "advice"),
    [("Governor", "Ask an administrator to add one."), ("Admin", "Add a connection")],
)
def test_it_says_what_to_do_without_a_connection(
    client: Client, cohort: Cohort, role: str, advice: str
) -> None:
    client.force_login(make_user(role))
    response = client.get(url_of(cohort), headers=PART)
    assert "No Braze connection yet" in text(response)
    assert advice in text(response)


def test_it_asks_which_connection_only_when_there_are_several(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    assert (
        '<select class="sel" id="import-connection"'
        not in page.get(url_of(cohort)).content.decode()
    )
    second = make_connection("Second")
    assert '<select class="sel" id="import-connection"' in page.get(url_of(cohort)).content.decode()
    page.post(url_of(cohort), filled_in(kind="once", connection=second.pk))
    assert ImportRun.objects.get().connection == second


def test_it_has_no_dialog_for_a_deleted_cohort(page: Client) -> None:
    assert page.get(url_of(make_cohort("Gone", disabled_at=NOW))).status_code == 404


def test_it_shows_the_next_five_times(page: Client, connection: Connection) -> None:
    url = reverse("integrations:next_times")
    shown = text(page.get(url, filled_in(every="1")))
    assert len(re.findall(r"\b(?:T|F) \d+/\d+/20\d\d 8:00 AM", shown)) == 5


def test_it_says_what_is_wrong_with_a_recurrence_instead(
    page: Client, connection: Connection
) -> None:
    url = reverse("integrations:next_times")
    assert "Choose at least one day of the week." in text(page.get(url, filled_in(weekdays=[])))
    assert page.get(url).status_code == 200


def test_it_takes_limits_and_the_choice_of_mails(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    shown = text(page.get(url_of(cohort)))
    assert "Safety limits" in shown
    assert "Only when something is wrong" in shown
    limits = {"hold_percent": "15", "hold_least": "200", "hold_factor": "5"}
    page.post(url_of(cohort), filled_in(notify="problems", **limits))
    schedule = ImportSchedule.objects.get()
    assert schedule.notify == "problems"
    assert (schedule.hold_percent, schedule.hold_least, schedule.hold_factor) == (15, 200, 5)
    html = page.get(url_of(cohort)).content.decode()
    assert 'name="hold_percent" value="15"' in html
    assert '<option value="problems" selected>' in html
    # What is not sent stays as it is.
    page.post(url_of(cohort), filled_in(at="09:00"))
    schedule.refresh_from_db()
    assert (schedule.notify, schedule.hold_percent, schedule.hold_least) == ("problems", 15, 200)
    card = text(page.get(cohort.get_absolute_url()))
    assert "Held when more than 15% and at least 200 users would be removed" in card


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"hold_percent": "101"}, "Choose a share from 1 to 100 percent."),
        ({"hold_percent": "-1"}, "Choose a share from 1 to 100 percent."),
        ({"hold_least": "-5"}, "Choose a number of users from 1 on."),
        ({"hold_factor": "1"}, "Choose a factor from 2 to 1,000."),
        ({"hold_factor": "often"}, "Enter a whole number."),
        ({"notify": "never"}, "never is not one of the available choices."),
    ],
)
def test_it_refuses_limits_that_make_no_sense(
    page: Client, cohort: Cohort, connection: Connection, limits: dict[str, str], said: str
) -> None:
    response = page.post(url_of(cohort), filled_in(**limits))
    assert response.status_code == 422
    assert said in text(response)
    assert not ImportSchedule.objects.exists()


def with_properties(cohort: Cohort) -> None:
    properties = [
        {"name": "crm", "type": "string", "column": "crm"},
        {"name": "number", "type": "number", "column": "number"},
        {"name": "joined", "type": "date", "column": "joined"},
    ]
    cohort.dataset.catalog = {
        "timezone": "Asia/Tokyo",
        "events": [],
        "user_properties": properties,
    }
    cohort.dataset.save()


def test_it_offers_the_identifiers_and_what_can_hold_one(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    with_properties(cohort)
    html = page.get(url_of(cohort), headers=PART).content.decode()
    assert '<option value="external_id" selected>External id</option>' in html
    assert '<option value="" selected>the user id</option>' in html
    assert '<option value="crm">crm</option>' in html
    assert 'value="joined"' not in html


def test_it_schedules_and_imports_by_the_chosen_identifier(
    page: Client, cohort: Cohort, connection: Connection
) -> None:
    with_properties(cohort)
    by_alias = {"identifier": "alias", "id_column": "crm", "alias_label": " crm_id "}
    kept = {"kind": "alias", "column": "crm", "label": "crm_id"}
    page.post(url_of(cohort), filled_in(**by_alias))
    assert ImportSchedule.objects.get().identifier == kept
    html = page.get(url_of(cohort)).content.decode()
    assert '<option value="alias" selected>' in html
    assert 'value="crm_id"' in html
    # A label that was typed before is no part of another choice.
    by_number = {"identifier": "external_id", "id_column": "number", "alias_label": "crm_id"}
    page.post(url_of(cohort), filled_in(kind="once", **by_number))
    assert ImportRun.objects.get().identifier == {"kind": "external_id", "column": "number"}
    assert ImportSchedule.objects.get().identifier == kept


@pytest.mark.parametrize(
    ("changes", "mode", "message"),
    [
        ({"identifier": "alias"}, "partner", "An alias needs a label, as it stands in Braze."),
        ({"identifier": "device_id"}, "track", "external id or alias only."),
        ({"id_column": "joined"}, "partner", "“joined” is no text or number property"),
        ({"identifier": "braze_id"}, "partner", "Select a valid choice."),
    ],
)
def test_it_says_which_identifier_does_not_work(
    page: Client, cohort: Cohort, changes: dict[str, str], mode: str, message: str
) -> None:
    make_connection(mode=mode)
    with_properties(cohort)
    response = page.post(url_of(cohort), filled_in(**changes), headers=PART)
    assert response.status_code == 422
    assert message in text(response)
    assert ImportSchedule.objects.count() == 0


def test_a_form_without_an_identifier_keeps_the_one_that_is(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, identifier={"kind": "device_id"})
    page.post(url_of(cohort), filled_in())
    assert ImportSchedule.objects.get().identifier == {"kind": "device_id"}


def test_recipients_are_drawn_as_chips_before_a_script_does(page: Client, cohort: Cohort) -> None:
    make_schedule(cohort, recipients=["a@sing.example", "b@sing.example"])
    html = page.get(f"/cohorts/{cohort.slug}/import/").content.decode()
    assert html.count('<span class="chip soft">') == 2
    assert 'value="a@sing.example, b@sing.example"' in html


def test_it_offers_a_connection_over_which_it_can_go(page: Client, cohort: Cohort) -> None:
    make_connection("A", paused_at=NOW)
    second, third = make_connection("B"), make_connection("C")
    url = f"/cohorts/{cohort.slug}/import/"
    assert f'value="{second.pk}" selected' in page.get(url).content.decode()
    make_run(cohort, connection=third)
    assert f'value="{third.pk}" selected' in page.get(url).content.decode()
