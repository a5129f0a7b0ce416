from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.models import Cohort
from integrations.models import Ledger, OutboxMail, ScheduleSlot
from tests.factories import (
    NOW,
    make_batch,
    make_cohort,
    make_connection,
    make_run,
    make_schedule,
    make_user,
)
from tests.integrations.pages.reading import PART, text

pytestmark = pytest.mark.django_db


def test_it_shows_counts_and_the_request_log(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, as_of=NOW, requested_by=make_user(first_name="Mika", last_name="Tanaka"))
    make_batch(run)
    shown = text(page.get(run.get_absolute_url()))
    assert "Success" in shown
    assert "In cohort 12,431" in shown
    assert "Added 612 +612" in shown
    assert "Manual, Mika Tanaka" in shown
    assert "Members as of 11/23/2026 2:00:00 PM" in shown
    assert "1 2:00:00 PM /partners/kubit/cohorts/users 612 301 Acknowledged 201 1 2.0 s" in shown


def test_it_names_the_exact_segment_filter(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort)
    Ledger.objects.create(
        cohort=cohort, connection=run.connection, braze_cohort_id="coh_1", braze_name="Sleepers"
    )
    answer = page.get(run.get_absolute_url())
    assert "Kubit Cohorts includes Sleepers" in text(answer)
    html = answer.content.decode()
    assert 'data-copy="filter-value"' in html
    assert 'href="https://dashboard-01.braze.com/"' in html


def test_it_leads_to_the_cohort_in_the_sandbox(page: Client, cohort: Cohort, settings: Any) -> None:
    settings.BRAZE_SANDBOX_URL = "http://127.0.0.1:9999"
    run = make_run(cohort, connection=make_connection(endpoint="http://127.0.0.1:9999"))
    html = page.get(run.get_absolute_url()).content.decode()
    assert 'href="http://127.0.0.1:9999/cohorts?q=Dormant%20Users"' in html
    assert "Open the Braze sandbox" in html


def test_it_names_the_filter_of_an_array_attribute(page: Client, cohort: Cohort) -> None:
    connection = make_connection(mode="track", attribute="Groups")
    run = make_run(cohort, "partial", connection=connection, size=3, refused=1200)
    Ledger.objects.create(
        cohort=cohort, connection=connection, braze_cohort_id="coh_1", braze_name="Sleepers [0a]"
    )
    shown = text(page.get(run.get_absolute_url()))
    assert "Groups includes value Sleepers [0a]" in shown
    assert "Custom Attributes" in shown
    assert "Braze refused 1,200 members." in shown


def test_it_says_the_cause_and_the_remedy_of_a_failure(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "failed", error_kind="key_refused", error_message="Copy the key again.")
    shown = text(page.get(run.get_absolute_url()))
    assert "The import failed Copy the key again. No users were changed. What to do" in shown
    assert "Retry import" in shown
    assert "Kubit Cohorts includes" not in shown


def test_it_says_that_a_refused_key_was_replaced_since(page: Client, cohort: Cohort) -> None:
    fields = {"error_kind": "key_refused", "error_message": "Copy the key again."}
    run = make_run(cohort, "failed", **fields)
    shown = text(page.get(run.get_absolute_url()))
    assert "The connection “Production” was saved on" in shown
    assert "key ending 5f1d. Retry this import: it sends the difference as of now." in shown
    type(run.connection).objects.update(paused_at=NOW)
    assert "was saved on" not in text(page.get(run.get_absolute_url()))


def test_it_shows_every_request_that_was_repeated(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "sending")
    batch = make_batch(run, 1, tries=3, note="")
    for number, status, note in ((1, None, "The worker ended"), (2, 503, "Braze has a fault.")):
        sent = NOW - timedelta(minutes=9 - number)
        batch.earlier_tries.create(
            number=number,
            sent_at=sent,
            answered_at=sent + timedelta(seconds=4) if status else None,
            status_code=status,
            note=note,
        )
    shown = text(page.get(run.get_absolute_url()))
    path = "/partners/kubit/cohorts/users 612 301"
    assert f"1 2:00:00 PM {path} Acknowledged 201 3 2.0 s" in shown
    assert f"1 1:53:00 PM {path} Sent again 503 Braze has a fault. 2 4.0 s" in shown
    assert f"1 1:52:00 PM {path} Sent again The worker ended 1" in shown
    file = page.get(reverse("integrations:run_requests", args=[run.pk]))
    lines = b"".join(file.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[1] for line in lines] == ["try", "1", "2", "3"]
    assert lines[1].endswith("612,301,repeated,,The worker ended")
    assert lines[3].endswith("612,301,acknowledged,201,")


@pytest.mark.parametrize("mode", ["partner", "track"])
def test_it_sketches_a_request_without_its_keys(page: Client, cohort: Cohort, mode: str) -> None:
    run = make_run(
        cohort, connection=make_connection(mode=mode), identifier={"kind": "alias", "label": "crm"}
    )
    make_batch(run)
    shown = text(page.get(run.get_absolute_url()))
    assert "POST https://rest.iad-01.braze.com/" in shown
    assert "••••5f1d" in shown
    assert "import-key-canary" not in shown
    assert ("aliases" if mode == "partner" else "user_alias") in shown
    assert ("up to 1,000 ids" if mode == "partner" else "up to 75 ids") in shown


def test_it_shows_where_it_is_in_five_steps(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "queued", started_at=None, recipients=["crm@sing.example"])
    shown = text(page.get(run.get_absolute_url()))
    assert "To come: Count cohort" in shown
    # The rows are there before they have numbers, so that nothing moves.
    assert "In cohort \N{EN DASH}" in shown
    type(run).objects.update(
        state="sending",
        started_at=NOW,
        planned_at=NOW + timedelta(seconds=3),
        size=9,
        added=9,
        removed=0,
        unchanged=0,
        blank=1,
        invalid=2,
    )
    make_batch(run, state="unknown", added=9, removed=0, first_sent_at=NOW + timedelta(seconds=4))
    shown = text(page.get(run.get_absolute_url()))
    assert "Done: Count cohort 2:00:03 PM" in shown
    assert "Done: Safety limits passed 2:00:03 PM" in shown
    assert "Under way: Sending since 2:00:04 PM" in shown
    assert "To come: Notify 1 recipient" in shown
    assert "Blank id 1 left out Invalid id 2 left out" in shown
    assert "In doubt 9 no answer Pending 0" in shown


def test_it_tells_how_long_it_still_takes(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "sending")
    now = timezone.now()
    make_batch(run, 1, first_sent_at=now - timedelta(seconds=30))
    for number in (2, 3):
        make_batch(run, number, state="planned", tries=0, last_sent_at=None, answered_at=None)
    assert re.search(
        r"33%, 1 of 3 requests, about 6\d s left", text(page.get(run.get_absolute_url()))
    )


def test_it_asks_again_only_while_the_run_is_open(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "sending")
    make_batch(run, 1)
    make_batch(run, 2, state="planned", answered_at=None, last_sent_at=None, tries=0)
    open_page = page.get(run.get_absolute_url(), headers=PART)
    assert 'hx-trigger="every 2s"' in open_page.content.decode()
    assert "913 of 1,826 changes acknowledged 50%, 1 of 2 requests" in text(open_page)
    type(run).objects.update(state="succeeded", finished_at=NOW)
    ended = page.get(run.get_absolute_url(), headers=PART)
    assert "hx-trigger" not in ended.content.decode()
    assert "<html" not in ended.content.decode()


def test_it_tells_what_a_waiting_run_waits_for(page: Client, cohort: Cohort) -> None:
    run = make_run(
        cohort,
        "sending",
        wait_until=NOW + timedelta(minutes=30),
        wait_reason="Braze asks us to slow down.",
    )
    shown = text(page.get(run.get_absolute_url()))
    assert "Waiting until 11/23/2026 2:30 PM Braze asks us to slow down." in shown


def test_it_cancels_a_queued_run(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "queued", started_at=None)
    assert "Cancel import" in text(page.get(run.get_absolute_url()))
    response = page.post(reverse("integrations:run_cancel", args=[run.pk]), follow=True)
    run.refresh_from_db()
    assert run.state == "canceled"
    assert "Canceled" in text(response)
    again = page.post(reverse("integrations:run_cancel", args=[run.pk]), follow=True)
    assert "has already ended" in text(again)


def test_it_stops_a_sending_run_after_the_current_request(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, "sending")
    page.post(reverse("integrations:run_cancel", args=[run.pk]))
    shown = text(page.get(run.get_absolute_url()))
    assert "Stopping after the current request" in shown
    assert "Stop after this request" not in shown


def test_it_explains_an_import_that_had_nothing_to_send(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort, added=0, removed=0, unchanged=12_431)
    assert "nothing had to be sent" in text(page.get(run.get_absolute_url()))


def test_it_lists_all_imports_by_state_and_cohort(page: Client, cohort: Cohort) -> None:
    make_run(cohort, "failed")
    make_run(make_cohort("Whales"))
    url = reverse("integrations:runs")
    # The table alone: the navigation speaks of states too.
    assert "2 imports" in text(page.get(url, headers=PART))
    failed = text(page.get(url, {"state": "failed"}, headers=PART))
    assert "Dormant Users" in failed
    assert "Whales" not in failed
    of_whales = text(page.get(url, {"cohort": "whales"}, headers=PART))
    assert "Dormant Users" not in of_whales
    assert "2 imports" in text(page.get(url, {"state": "x", "cohort": "x"}, headers=PART))
    assert "No such import" in text(page.get(url, {"state": "held"}, headers=PART))


def test_it_is_not_found_where_there_is_none(page: Client) -> None:
    assert page.get(reverse("integrations:run", args=[4711])).status_code == 404


def test_it_shows_scheduled_times_that_brought_no_import(page: Client, cohort: Cohort) -> None:
    schedule = make_schedule(cohort)
    outcomes = {"missed": "no worker was running", "skipped": "import 3 still working"}
    for hours, (outcome, note) in enumerate(outcomes.items()):
        ScheduleSlot.objects.create(
            schedule=schedule, due_at=NOW - timedelta(hours=hours), outcome=outcome, note=note
        )
    late = ScheduleSlot.objects.create(
        schedule=schedule,
        due_at=NOW - timedelta(hours=9),
        outcome="late",
        note="late by 2 h 5 min",
    )
    make_run(cohort, schedule=schedule, slot=late, in_doubt=7)
    shown = text(page.get(reverse("integrations:runs")))
    assert "Scheduled times without an import" in shown
    assert "Missed no worker was running" in shown
    assert "Skipped import 3 still working" in shown
    assert "late by 2 h 5 min" in shown
    assert "7 in doubt" in shown
    make_cohort("Whales")
    assert "no worker was running" not in text(
        page.get(reverse("integrations:runs"), {"cohort": "whales"})
    )


def test_it_shows_what_became_of_its_mails(page: Client, cohort: Cohort) -> None:
    run = make_run(cohort)
    OutboxMail.objects.create(
        run=run,
        kind="succeeded",
        recipient="crm@sing.example",
        message_id="<1@here>",
        subject="Imported to Braze",
        state="failed",
        error="550 No such user",
        next_try_at=NOW,
    )
    shown = text(page.get(run.get_absolute_url()))
    assert "crm@sing.example Imported to Braze Failed 550 No such user" in shown
