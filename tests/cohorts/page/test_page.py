"""The page and its parts: for htmx, without it, for each role, and when something goes wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.models import Cohort, Dataset, KeptAnswer
from cohorts.tags import add_tag
from tests.cohorts.loaded import all_of, in_cohort, performed
from tests.factories import make_run, make_schedule, make_snapshot, make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
GROUP = {
    "match": "any",
    "conditions": [
        performed("PAY"),
        {"type": "property", "property": "country", "op": "=", "value": "JP"},
    ],
}
DATA = all_of(performed("SING", times={"op": ">=", "value": 3}), GROUP)
MINUS = "\N{MINUS SIGN}"
NASTY = "<b>漢字</b> 🎤 \u05e9\u05dc\u05d5\u05dd"


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def url(name: str, slug: str = "singers", **given: Any) -> str:
    return reverse(f"cohorts:{name}", kwargs={"slug": slug, **given})


@pytest.fixture
def singers(save: Any) -> Cohort:
    return save("singers", DATA, name="Singers", by=make_user("Governor", first_name="Ken"))


def test_it_shows_the_definition_as_rows_of_chips(singers: Cohort, governor: Client) -> None:
    shown = text(governor.get(singers.get_absolute_url()))
    assert "1 Performed SING ≥ 3 time(s) overall" in shown
    assert "ANY of this group 2 Performed PAY" in shown
    assert "OR 3 Property country is “JP”" in shown


def test_counts_come_as_a_part_and_are_kept(
    singers: Cohort, governor: Client, monkeypatch: Any
) -> None:
    page = governor.get(singers.get_absolute_url()).content.decode()
    assert f'hx-get="{url("counts")}" hx-trigger="load"' in page
    part = governor.get(url("counts"), headers=PART)
    shown = text(part)
    assert "<html" not in part.content.decode()
    # Of 123 people 7 in 10 of the 120 sing three times, and half of those pay or are Japanese.
    assert f"84 {MINUS}39" in shown
    assert "in group" in shown
    assert 'hx-trigger="load"' not in part.content.decode()
    assert KeptAnswer.objects.count() == 1
    monkeypatch.setattr("cohorts.page.counts.count_steps", None)
    assert text(governor.get(url("counts"), headers=PART)) == shown
    assert "<html" in governor.get(url("counts")).content.decode()


def test_counting_anew_asks_again(singers: Cohort, governor: Client, monkeypatch: Any) -> None:
    governor.get(url("counts"), headers=PART)
    KeptAnswer.objects.update(as_of=timezone.now() - timedelta(hours=2))
    governor.get(url("counts"), headers=PART)
    assert KeptAnswer.objects.get().as_of < timezone.now() - timedelta(hours=1)
    governor.get(url("counts") + "?anew", headers=PART)
    assert KeptAnswer.objects.get().as_of > timezone.now() - timedelta(hours=1)


@pytest.mark.parametrize("name", ["counts", "overlap", "breakdown", "members", "show_sql"])
def test_a_dataset_that_is_gone_is_told_in_the_place(
    name: str, singers: Cohort, save: Any, governor: Client, settings: Any, tmp_path: Any
) -> None:
    save("others", all_of(performed("PAY")))
    settings.DATASETS_DIR = tmp_path
    part = governor.get(url(name), headers=PART)
    whole = governor.get(url(name))
    if name == "show_sql":
        assert (part.status_code, whole.status_code) == (200, 200)
        return
    assert (part.status_code, whole.status_code) == (422, 503)
    assert 'role="alert"' in part.content.decode()
    assert "Traceback" not in part.content.decode()


@pytest.mark.parametrize(
    "name", ["detail", "counts", "sizes", "overlap", "breakdown", "changes", "activity"]
)
def test_a_definition_that_no_longer_fits_is_no_error(
    name: str, singers: Cohort, governor: Client, dataset: Dataset
) -> None:
    singers.versions.update(definition={"version": 1, "conditions": []})
    response = governor.get(url(name), headers=PART)
    assert response.status_code in (200, 422)


def test_stored_text_stays_inert(save: Any, governor: Client) -> None:
    cohort = save(
        "nasty",
        all_of(performed(NASTY) | {"event": "SING", "where": [filter_of(NASTY)]}),
        name=NASTY,
        description=NASTY,
    )
    add_tag("<i>tag</i>", [cohort])
    other = save("plain", all_of(in_cohort("nasty")))
    for address in (
        cohort.get_absolute_url(),
        other.get_absolute_url(),
        url("overlap", "plain"),
        url("changes", "nasty"),
        url("activity", "nasty"),
        url("members", "nasty"),
        url("show_sql", "nasty"),
    ):
        body = governor.get(address).content.decode()
        assert "<b>漢字" not in body
        assert "<i>tag" not in body
    assert "&lt;b&gt;漢字&lt;/b&gt; 🎤" in governor.get(cohort.get_absolute_url()).content.decode()


def filter_of(value: str) -> dict[str, Any]:
    return {"property": "country", "op": "=", "value": value, "scope": "user"}


def test_the_chart_marks_imports_and_links_to_them(singers: Cohort, governor: Client) -> None:
    now = timezone.now()
    for days in (9, 2, 1):
        make_snapshot(singers, as_of=now - timedelta(days=days), size=100 - days)
    good = make_run(singers, queued_at=now - timedelta(days=2))
    bad = make_run(singers, "failed", queued_at=now - timedelta(days=1))
    page = governor.get(singers.get_absolute_url())
    body, shown = page.content.decode(), text(page)
    assert f'class="day" href="{good.get_absolute_url()}"' in body
    assert f'class="day" href="{bad.get_absolute_url()}"' in body
    assert body.count('class="mark bad"') == 2  # wide and slim
    assert "+8.8% in 7 days" in shown
    assert 'class="spark' in body
    week = text(governor.get(url("sizes") + "?days=7", headers=PART))
    assert " 91 " not in week
    assert " 98 " in week


def test_past_sizes_are_computed_on_demand_and_marked(singers: Cohort, governor: Client) -> None:
    first = governor.post(url("sizes"), {"days": "7"}, headers=PART)
    assert "computed back" in text(first)
    assert "No import used it." in text(first)
    assert "computed back" not in text(governor.get(url("sizes") + "?days=7", headers=PART))
    assert "computed back" in text(governor.get(url("sizes") + "?days=7&past=yes"))


def test_computing_back_goes_on_until_it_is_stopped(
    singers: Cohort, governor: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr("cohorts.page.past.SECONDS_AT_A_TIME", 0)
    part = governor.post(url("sizes"), {"days": "7"}, headers=PART)
    assert "1 of 7 days" in text(part)
    assert 'hx-trigger="load delay:100ms, submit"' in part.content.decode()
    stopped = governor.get(url("sizes") + "?days=7&past=yes", headers=PART).content.decode()
    assert "hx-trigger" not in stopped
    assert "Compute back" in stopped


def test_the_breakdown_shows_the_cohort_beside_everyone(singers: Cohort, governor: Client) -> None:
    shown = text(governor.get(url("breakdown") + "?property=country", headers=PART))
    assert "JP" in shown
    assert "No value" in shown
    assert "All users, 123" in shown
    assert governor.get(url("breakdown") + "?property=nothing").status_code == 200


def test_the_overlap_lists_others_and_looks_closely(
    singers: Cohort, save: Any, governor: Client
) -> None:
    save("payers", all_of(performed("PAY")), name="Payers")
    listed = text(governor.get(url("overlap"), headers=PART))
    assert "Payers" in listed
    assert "Share of Singers that are also in the other cohort." in listed
    close = text(governor.get(url("overlap") + "?with=payers&with=&with=singers", headers=PART))
    assert "who are in any of these cohorts" in close


def test_a_cohort_alone_has_nothing_to_overlap_with(singers: Cohort, governor: Client) -> None:
    shown = text(governor.get(url("overlap"), headers=PART))
    assert "There is no other cohort on this schema yet." in shown


def test_the_tabs_follow_the_rights(singers: Cohort, client: Client) -> None:
    client.force_login(make_user("Viewer"))
    body = client.get(singers.get_absolute_url()).content.decode()
    assert url("members") not in body
    assert url("show_sql") not in body
    assert url("duplicate") not in body
    assert url("export_members") not in body
    assert url("changes") in body
    client.force_login(make_user("Creator"))
    body = client.get(singers.get_absolute_url()).content.decode()
    assert url("members") in body
    assert url("export_members") not in body


def test_the_history_tab_comes_back_as_a_part(singers: Cohort, governor: Client) -> None:
    run = make_run(singers)
    part = governor.get(singers.get_absolute_url(), headers=PART).content.decode()
    assert "<html" not in part
    assert run.get_absolute_url() in part


def test_sql_names_its_dialect(singers: Cohort, governor: Client) -> None:
    shown = governor.get(url("show_sql") + "?dialect=snowflake", headers=PART).content.decode()
    assert 'value="snowflake" selected' in shown
    assert "SELECT" in shown


def test_the_activity_tells_why_an_import_failed(singers: Cohort, governor: Client) -> None:
    make_run(singers, "failed", error_kind="key_refused")
    assert "Manual, key refused" in text(governor.get(url("activity"), headers=PART))


def test_the_activity_is_one_line_of_all_floors(
    singers: Cohort, save: Any, governor: Client
) -> None:
    save("singers", all_of(performed("PAY")))
    make_run(singers, "failed")
    save("users", all_of(in_cohort("singers")), name="Uses it")
    shown = text(governor.get(url("activity"), headers=PART))
    assert "Created Ken" in shown
    assert "Version 2 saved" in shown
    assert "+ PAY ≥ 1 overall" in shown
    assert "Import: Failed Manual" in shown
    assert "Uses it" in shown


@pytest.mark.parametrize("shape", ["bare", "scheduled", "imported", "refers"])
def test_the_page_asks_at_most_twelve_times(
    shape: str, singers: Cohort, save: Any, governor: Client, django_assert_max_num_queries: Any
) -> None:
    add_tag("core", [singers])
    make_snapshot(singers)
    if shape == "refers":
        save("others", all_of(performed("PAY")))
        save("singers", all_of(in_cohort("others")))
    if shape in ("scheduled", "refers"):
        make_schedule(singers)
    if shape != "bare":
        for _ in range(12):
            make_run(singers)
    with django_assert_max_num_queries(12):
        assert governor.get(singers.get_absolute_url()).status_code == 200
