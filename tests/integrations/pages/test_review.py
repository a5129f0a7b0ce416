"""The page on which a held import is looked at before it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse

from cohorts import membership
from cohorts.models import Cohort
from integrations.models import ImportRun, Ledger
from tests.factories import NOW, make_run, make_schedule, make_user
from tests.integrations.pages.reading import text

pytestmark = pytest.mark.django_db
FACTS = {"rule": "removes", "removed": 1214, "held": 1462, "most": 30}


def hold(cohort: Cohort, rows: Sequence[tuple[str, bool]], **changes: Any) -> ImportRun:
    table = pa.table(
        {
            "batch": pa.array([1 for _row in rows], pa.int32()),
            "remove": [remove for _id, remove in rows],
            "id": [id for id, _remove in rows],
        }
    )
    plan = membership.write_file("plans/held.parquet", lambda draft: pq.write_table(table, draft))
    fields = {"held_facts": FACTS, "held_reason": "Too many.", "as_of": NOW, "batches": 2}
    fields |= {"added": 12, "removed": 1214, "unchanged": 248}
    run = make_run(cohort, "held", plan_file=plan.name, plan_sha256=plan.sha256, **fields | changes)
    Ledger.objects.create(
        cohort=cohort, connection=run.connection, braze_cohort_id="coh_1", confirmed_count=1462
    )
    return run


@pytest.fixture
def run(cohort: Cohort, tmp_path: Path, settings: Any) -> ImportRun:
    settings.MEMBERSHIP_STORE = str(tmp_path)
    gone = [(f"gone{number}", True) for number in range(30)]
    come = [("<b>new</b>", False), ("\x1falias\x1fcrm\x1fc7", False)]
    return hold(cohort, [*gone, *come])


def url_of(run: ImportRun) -> str:
    return reverse("integrations:run_review", args=[run.pk])


def test_it_shows_the_reason_the_counts_and_some_of_the_users(page: Client, run: ImportRun) -> None:
    make_schedule(run.cohort, hold_percent=15)
    answer = page.get(url_of(run))
    shown = text(answer)
    assert "1,214 of 1,462 users would be removed (83%). The limit is 30%." in shown
    assert "In Braze now 1,462" in shown
    assert "Would be removed \N{MINUS SIGN}1,214 83% of those in Braze" in shown
    assert "In Braze afterwards 260 2 requests" in shown
    assert "days old" in shown or "h " in shown
    assert shown.count("gone") == 20
    assert "and 1,194 more" in shown
    assert "crm: c7" in shown
    assert "more than 15%" in shown
    html = answer.content.decode()
    assert "<b>new</b>" not in html
    assert reverse("integrations:run_ids", args=[run.pk, "removed"]) in html
    assert 'name="note"' in html


def test_those_who_may_not_have_ids_see_none(client: Client, run: ImportRun) -> None:
    client.force_login(make_user("Viewer"))
    shown = text(client.get(url_of(run)))
    assert "gone" not in shown
    assert "All as CSV" not in shown
    assert "Approve and send" not in shown
    assert "Who they are is shown to the Governor or Admin role." in shown


def test_it_leads_to_the_import_once_that_is_decided(page: Client, run: ImportRun) -> None:
    page.post(reverse("integrations:run_approve", args=[run.pk]), {"note": "as agreed"})
    run.refresh_from_db()
    assert (run.state, run.decided_note) == ("sending", "as agreed")
    assert page.get(url_of(run)).headers["Location"] == run.get_absolute_url()


def test_a_lost_plan_leaves_the_rest_of_the_page(page: Client, run: ImportRun) -> None:
    ImportRun.objects.update(plan_sha256="0" * 64)
    assert "The ids are not kept any longer." in text(page.get(url_of(run)))
