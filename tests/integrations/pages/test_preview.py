from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cohorts.models import Cohort
from integrations.models import Ledger
from tests.cohorts.loaded import load
from tests.factories import make_cohort, make_connection
from tests.integrations.pages.reading import text

pytestmark = pytest.mark.django_db
SINGERS = {
    "version": 1,
    "match": "all",
    "conditions": [{"type": "performed", "event": "SING", "window": {"overall": True}}],
}


def preview(page: Client, cohort: Cohort) -> str:
    return text(page.get(reverse("integrations:import_preview", args=[cohort.slug])))


@pytest.fixture
def singers(tmp_path: Path, settings: Any, db: None) -> Cohort:
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    return make_cohort("Singers", definition=SINGERS, dataset=load(tmp_path))


def test_it_counts_what_an_import_would_change(page: Client, singers: Cohort) -> None:
    make_connection()
    shown = preview(page, singers)
    assert "+2 added \N{MINUS SIGN}0 removed =0 unchanged 1 request" in shown
    assert "Production" in shown
    assert re.search(r"1 request about \d+ s", shown)


def test_it_says_why_it_cannot_count(page: Client, singers: Cohort, settings: Any) -> None:
    make_connection()
    settings.DATASETS_DIR = settings.DATASETS_DIR / "elsewhere"
    shown = preview(page, singers)
    assert "added" not in shown
    assert len(shown) > len("Import preview, if it ran now Production")


def test_it_has_nothing_to_compare_with_without_a_connection(page: Client, singers: Cohort) -> None:
    assert "There is no Braze connection to compare with." in preview(page, singers)


def test_it_follows_the_identifier_in_the_dialog(page: Client, singers: Cohort) -> None:
    make_connection()
    url = reverse("integrations:import_preview", args=[singers.slug])
    shown = text(page.get(url, {"identifier": "alias", "id_column": "", "alias_label": ""}))
    assert "An alias needs a label, as it stands in Braze." in shown
    shown = text(page.get(url, {"identifier": "alias", "alias_label": "crm_id"}))
    assert "+2 added" in shown


def test_a_damaged_record_is_said_in_words(page: Client, singers: Cohort) -> None:
    ledger = Ledger(cohort=singers, connection=make_connection(), braze_cohort_id="coh_1")
    ledger.confirmed_file, ledger.confirmed_sha256 = "ledgers/gone.parquet", "0" * 64
    ledger.save()
    shown = preview(page, singers)
    assert "The record of what Braze holds of this cohort is damaged" in shown
    assert "added" not in shown
