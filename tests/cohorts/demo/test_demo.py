"""The demo is believable, the same every time, and safe to make again."""

from __future__ import annotations

import datetime as dt
import json
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.contrib.auth import authenticate, get_user_model

from cohorts.demo import seed
from cohorts.demo.definitions import DEMO_COHORTS
from cohorts.demo.karaoke import write_demo_files
from cohorts.demo.seed import NotOurs, seed_demo
from cohorts.models import Cohort, Dataset, Favorite, Snapshot, Tag
from cohorts.saving import save_cohort
from tests.cohorts.loaded import all_of, performed

TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def data_dir(db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    # A month of sizes of twelve cohorts takes seconds, and only one test looks at it.
    monkeypatch.setattr(seed, "NIGHTS_COUNTED", 1)
    settings.DATA_DIR = tmp_path
    settings.DATASETS_DIR = tmp_path / "datasets"
    return tmp_path


def rows_of(folder: Path, *, seed: int, today: dt.date = TODAY) -> list[tuple[Any, ...]]:
    folder.mkdir()
    files = write_demo_files(folder, events=4000, seed=seed, today=today)
    return [
        row
        for path in (files.events, files.users)
        for row in duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    ]


def test_the_same_seed_and_day_give_the_same_rows(tmp_path: Path) -> None:
    first = rows_of(tmp_path / "1", seed=7)
    assert rows_of(tmp_path / "2", seed=7) == first
    assert rows_of(tmp_path / "3", seed=8) != first
    assert rows_of(tmp_path / "4", seed=7, today=TODAY + dt.timedelta(days=1)) != first


def test_events_lie_in_the_180_days_before_today(tmp_path: Path) -> None:
    files = write_demo_files(tmp_path, events=50_000, seed=1, today=TODAY)
    ((count, first, last),) = duckdb.sql(
        f"SELECT count(*), min(time), max(time) FROM '{files.events}'"
    ).fetchall()
    assert 40_000 < count < 60_000
    assert first.date() >= TODAY - dt.timedelta(days=180)
    assert last.date() == TODAY - dt.timedelta(days=1)
    ((users, ids),) = duckdb.sql(
        f"SELECT count(*), count(DISTINCT user_id) FROM '{files.users}'"
    ).fetchall()
    assert users == ids == 2500
    ((strangers,),) = duckdb.sql(
        f"SELECT count(*) FROM '{files.events}' WHERE user_id NOT IN "
        f"(SELECT user_id FROM '{files.users}')"
    ).fetchall()
    assert strangers == 0


def test_nobody_does_anything_before_installing(tmp_path: Path) -> None:
    files = write_demo_files(tmp_path, events=50_000, seed=1, today=TODAY)
    ((early,),) = duckdb.sql(
        f"SELECT count(*) FROM '{files.events}' JOIN '{files.users}' USING (user_id) "
        "WHERE time < installed_at"
    ).fetchall()
    assert early == 0


def test_it_makes_cohorts_of_which_none_is_empty(data_dir: Path) -> None:
    seeded = seed_demo(events=20_000, seed=1)
    assert set(seeded.sizes) == {demo.name for demo in DEMO_COHORTS}
    assert min(seeded.sizes.values()) > 0
    assert max(seeded.sizes.values()) < seeded.dataset.user_count


def test_its_cohorts_have_a_past_that_tells_something(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seed, "NIGHTS_COUNTED", 30)
    seed_demo(events=20_000, seed=1)
    for demo in DEMO_COHORTS:
        sizes = Snapshot.objects.filter(version__cohort__slug=demo.slug).values_list("as_of")
        days = {as_of.date() for (as_of,) in sizes}
        assert len(days) == 31, demo.slug
    dormant = Snapshot.objects.filter(version__cohort__slug="dormant-users").order_by("as_of")
    assert len(set(dormant.values_list("size", flat=True))) > 10


def test_making_it_again_counts_only_anew(data_dir: Path) -> None:
    seed_demo(events=4000, seed=1)
    counted = Snapshot.objects.count()
    seed_demo(events=4000, seed=1)
    assert Snapshot.objects.count() == counted + len(DEMO_COHORTS)


def test_its_people_have_favorites_and_the_cohorts_tags(data_dir: Path) -> None:
    seed_demo(events=4000, seed=1)
    for person in get_user_model().objects.all():
        starred = {each.cohort.slug for each in Favorite.objects.filter(user=person)}
        assert starred == {demo.slug for demo in DEMO_COHORTS if demo.is_favorite}
    tagged = {tag.name: tag.cohorts.count() for tag in Tag.objects.all()}
    assert tagged["lifecycle"] == 3


def test_its_people_can_log_in_and_have_their_roles(data_dir: Path) -> None:
    seed_demo(events=4000, seed=1)
    path = data_dir / "demo-logins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    logins = json.loads(path.read_text())
    assert [login["role"] for login in logins] == ["Admin", "Governor", "Creator", "Viewer"]
    for login in logins:
        assert len(login["password"]) >= 12
        person = authenticate(username=login["username"], password=login["password"])
        assert person is not None
        assert [group.name for group in person.groups.all()] == [login["role"]]
        assert person.is_staff == (login["role"] == "Admin")


def test_making_it_again_keeps_people_and_edited_cohorts(data_dir: Path) -> None:
    first = seed_demo(events=4000, seed=1)
    edited = all_of(performed("SING"))
    save_cohort(slug="whales", dataset=first.dataset, data=edited, name="Edited")
    second = seed_demo(events=4000, seed=2)
    assert (first.was_there, second.was_there) == (False, True)
    assert second.logins == first.logins
    assert get_user_model().objects.count() == 4
    assert Cohort.objects.count() == len(DEMO_COHORTS)
    assert Dataset.objects.count() == 1
    whales = Cohort.objects.get(slug="whales")
    assert whales.name == "Edited"
    assert whales.current_version is not None
    assert whales.current_version.definition == edited


def test_it_never_writes_over_a_dataset_that_is_not_its_own(data_dir: Path) -> None:
    seed_demo(events=4000, seed=1)
    (data_dir / "demo-logins.json").unlink()
    with pytest.raises(NotOurs, match="encore-ios"):
        seed_demo(events=4000, seed=1)
