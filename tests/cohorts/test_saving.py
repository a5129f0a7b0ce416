"""Saving: versions, names, circles, and two people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort, Dataset
from cohorts.saving import NameTaken, SaveConflict, disable_cohort, save_cohort, slug_for
from tests.cohorts.loaded import all_of, in_cohort, load, performed

SINGERS = all_of(performed("SING"))
BUYERS = all_of(performed("PURCHASE"))


def save(dataset: Dataset, slug: str, data: object = SINGERS, **options: Any) -> Cohort:
    return save_cohort(slug=slug, dataset=dataset, data=data, **options)


def version_numbers(cohort: Cohort) -> list[int]:
    return [version.number for version in cohort.versions.order_by("number")]


def test_every_other_definition_is_a_version(dataset: Dataset) -> None:
    cohort = save(dataset, "singers", SINGERS)
    again = save(dataset, "singers", dict(reversed(SINGERS.items())))
    assert version_numbers(again) == [1]
    changed = save(dataset, "singers", BUYERS)
    assert changed.pk == cohort.pk
    assert version_numbers(changed) == [1, 2]
    assert changed.current_version is not None
    assert changed.current_version.definition == BUYERS
    assert version_numbers(save(dataset, "singers", SINGERS)) == [1, 2, 3]


def test_one_and_true_are_different_values(dataset: Dataset) -> None:
    def times(value: object) -> dict[str, Any]:
        return all_of(performed("SING", times={"op": ">=", "value": value}))

    save(dataset, "singers", times(1))
    with pytest.raises(DefinitionError):
        save(dataset, "singers", times(True))


def test_name_and_description_stay_unless_given(dataset: Dataset) -> None:
    save(dataset, "singers", name=" Singers ", description=" They sing. ")
    cohort = save(dataset, "singers", BUYERS)
    assert (cohort.name, cohort.description) == ("Singers", "They sing.")
    cohort = save(dataset, "singers", BUYERS, name="Buyers", description="")
    assert (cohort.name, cohort.description) == ("Buyers", "")
    assert version_numbers(cohort) == [1, 2]


def test_a_cohort_without_a_name_is_called_by_its_slug(dataset: Dataset) -> None:
    assert save(dataset, "singers").name == "singers"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        *(("", "empty"), ("  ", "empty"), ("x" * 256, "256 characters")),
        *((f"a{char}b", "cannot be shown") for char in "\n\x7f\u2028\u202e\u2066\ufeff\ud800"),
    ],
)
def test_it_refuses_a_bad_name(dataset: Dataset, name: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says) as refused:
        save(dataset, "singers", name=name)
    assert refused.value.problems[0].path == "name"
    assert not Cohort.objects.exists()


def test_names_of_255_characters_and_any_script_are_fine(dataset: Dataset) -> None:
    assert save(dataset, "long", name="x" * 255).name == "x" * 255
    for name in (
        "歌う人 🎤",
        "新規　ユーザー",
        "👩‍👩‍👧‍👦 家族",
        "می‌خواهم",
        "🏴\U000e0067\U000e0062\U000e007f",
    ):
        assert save(dataset, "other", name=name).name == name


def test_a_live_name_is_taken_and_a_disabled_one_is_free(
    dataset: Dataset, other_dataset: Dataset
) -> None:
    first = save(dataset, "first", name="Singers")
    for place in (dataset, other_dataset):
        with pytest.raises(NameTaken):
            save(place, "second", name="singers ")
    disable_cohort(first)
    assert save(dataset, "second", name="Singers").name == "Singers"


@pytest.mark.parametrize("slug", ["", "a b", "a/b", "ü", "x" * 101, "a\n"])
def test_it_refuses_a_bad_slug(dataset: Dataset, slug: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        save(dataset, slug)
    assert refused.value.problems[0].path == "slug"


def test_it_refuses_what_others_changed_meanwhile(dataset: Dataset) -> None:
    save(dataset, "singers", expected_version=0)
    save(dataset, "singers", BUYERS, expected_version=1)
    for stale in (0, 1, 3):
        with pytest.raises(SaveConflict):
            save(dataset, "singers", SINGERS, expected_version=stale)
    assert version_numbers(Cohort.objects.get()) == [1, 2]


def test_a_disabled_cohort_and_another_datasets_slug_are_not_saved_over(
    dataset: Dataset, other_dataset: Dataset
) -> None:
    cohort = save(dataset, "singers")
    with pytest.raises(SaveConflict, match="built on the dataset “small”"):
        save(other_dataset, "singers")
    disable_cohort(cohort)
    with pytest.raises(SaveConflict, match="disabled"):
        save(dataset, "singers", BUYERS)


def test_circles_are_refused_and_named_in_full(dataset: Dataset) -> None:
    save(dataset, "a")
    save(dataset, "b", all_of(in_cohort("a")))
    save(dataset, "c", all_of(performed("SING"), in_cohort("b")))
    with pytest.raises(DefinitionError, match=r"a → c → b → a|c → b → a → c") as refused:
        save(dataset, "a", all_of(in_cohort("c")))
    assert refused.value.problems[0].path == "conditions[0].cohort"
    with pytest.raises(DefinitionError, match="self → self"):
        save(dataset, "self", all_of(in_cohort("self")))
    assert version_numbers(Cohort.objects.get(slug="a")) == [1]


@pytest.mark.database_both
@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_cannot_close_a_circle(tmp_path: Path, settings: Any) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    dataset = load(tmp_path)
    for round_ in range(5):
        left, right = f"left-{round_}", f"right-{round_}"
        save(dataset, left)
        save(dataset, right)
        refused = run_together(
            lambda left=left, right=right: save(dataset, left, all_of(in_cohort(right))),
            lambda left=left, right=right: save(dataset, right, all_of(in_cohort(left))),
        )
        assert [type(error) for error in refused] == [DefinitionError]


@pytest.mark.database_both
@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_make_two_versions(tmp_path: Path, settings: Any) -> None:
    settings.DATASETS_DIR = tmp_path / "datasets"
    dataset = load(tmp_path)
    refused = run_together(
        lambda: save(dataset, "singers", SINGERS), lambda: save(dataset, "singers", BUYERS)
    )
    assert refused == []
    assert version_numbers(Cohort.objects.get()) == [1, 2]


def run_together(*tasks: Callable[[], object]) -> list[Exception]:
    """What was raised by tasks that begin at one moment in threads of their own."""
    start = threading.Barrier(len(tasks))
    raised: list[Exception] = []

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except (DefinitionError, SaveConflict, NameTaken) as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_slugs_are_made_of_names(dataset: Dataset) -> None:
    assert slug_for("Frequent Singers!") == "frequent-singers"
    assert slug_for("歌う人") == "cohort"
    save(dataset, "frequent-singers")
    assert slug_for("Frequent  singers") == "frequent-singers-2"
    assert len(slug_for("x" * 300)) <= 100


def test_a_slug_never_hides_a_page_of_its_own(dataset: Dataset) -> None:
    assert slug_for("New") == "new-2"
    with pytest.raises(DefinitionError, match="taken by a page"):
        save(dataset, "new")
