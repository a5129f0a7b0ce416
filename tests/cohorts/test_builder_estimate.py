"""The estimate that stands in until the exact count is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cohorts.builder_estimate import Estimate, read_sample
from cohorts.models import Dataset
from cohorts.warehouse import load as loading
from kubit_app.roles import make_roles
from tests.cohorts.loaded import all_of, load, performed


@pytest.mark.parametrize(
    ("found", "estimate"),
    [
        (0, Estimate(2600, None)),
        (39, Estimate(2600, None)),
        (40, Estimate(2560, 790)),
        (194, Estimate(12400, 1800)),
        (1_000_000, Estimate(64_000_000, 130_000)),
    ],
)
def test_it_keeps_the_digits_that_mean_something(found: int, estimate: Estimate) -> None:
    assert read_sample(found, 64) == estimate


@pytest.fixture
def client() -> Client:
    make_roles()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def ask(client: Client, dataset: Dataset, condition: dict[str, Any]) -> Any:
    body = {
        "dataset": dataset.name,
        "definition": all_of(condition),
        "preview_id": "tab",
        "sequence": 1,
        "estimate": True,
    }
    answer = client.post(
        reverse("cohorts:preview"), json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 200
    return answer.json()["estimate"]


def big(folder: Path) -> Dataset:
    rows = [f"user{n},{'SING' if n % 2 else 'SHARE'},2026-01-10T10:00:00Z," for n in range(4000)]
    return load(folder, events="user_id,event,time,amount\n" + "\n".join(rows) + "\n")


@pytest.mark.django_db
def test_the_sample_tells_about_how_many(
    client: Client, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATASETS_DIR = tmp_path
    monkeypatch.setattr(loading, "_LEAST_SAMPLED", 1000)
    monkeypatch.setattr(loading, "_SAMPLE_OF", 8)
    estimate = ask(client, big(tmp_path), performed("SING"))
    assert abs(estimate["count"] - 2000) <= estimate["bound"] < 500
    few = ask(client, Dataset.objects.get(), performed("SING", times={"op": ">", "value": 1}))
    assert few == {"count": 300, "bound": None}


@pytest.mark.django_db
def test_a_small_dataset_is_counted_exactly_only(
    client: Client, tmp_path: Path, settings: Any
) -> None:
    settings.DATASETS_DIR = tmp_path
    assert ask(client, load(tmp_path), performed("SING")) is None
