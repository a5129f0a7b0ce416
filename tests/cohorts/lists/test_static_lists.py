"""Static cohorts: what is uploaded is who is in them, as far as the dataset knows them."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts import evaluation, membership, static_lists
from cohorts.definitions.problems import DefinitionError
from cohorts.list_reading import ListError
from cohorts.models import Cohort, CohortVersion, Dataset, StoredList
from cohorts.saving import NameTaken, SaveConflict, save_cohort
from cohorts.snapshots import record_count, take_snapshot
from cohorts.static_lists import Action, SavedList, Upload, find_stored_list, save_list
from cohorts.stored_lists import list_definition, stored_list_of
from cohorts.warehouse.errors import WarehouseError
from tests.cohorts.loaded import all_of, in_cohort, performed

pytestmark = pytest.mark.django_db
AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
EVERYONE = ["ann", "bob", "cas", "eve"]
ACTIONS = [Action.APPENDED, Action.REPLACED, Action.REMOVED]


def given_ids(*ids: str, **options: Any) -> Upload:
    return Upload(file=io.BytesIO("\n".join(ids).encode()), **options)


def save(dataset: Dataset, *ids: str, action: Action = Action.CREATED, **options: Any) -> SavedList:
    options = {"slug": "vip"} | options
    return save_list(dataset=dataset, upload=given_ids(*ids), action=action, **options)


def members(dataset: Dataset, data: object) -> list[str]:
    prepared = evaluation.prepare(dataset, data)
    batches = evaluation.stream_members(prepared, as_of=AS_OF)
    return [each for batch in batches for each in batch.column("id").to_pylist()]


def version_of(slug: str = "vip") -> CohortVersion:
    version = Cohort.objects.get(slug=slug).current_version
    assert version is not None
    return version


def listed(version: CohortVersion) -> list[str]:
    stored = find_stored_list(version)
    assert stored is not None
    path = membership.verify(stored.file, stored.sha256)
    ids = pq.read_table(path).column("id").to_pylist()
    assert len(ids) == stored.size
    return ids


def test_its_members_are_the_listed_ids_of_the_population(dataset: Dataset) -> None:
    saved = save(dataset, "bob", "zoe", "ann", "", "bob", name="VIP")
    assert listed(version_of()) == ["ann", "bob", "zoe"]
    assert members(dataset, version_of().definition) == ["ann", "bob"]
    made = saved.made
    assert (made.rows, made.accepted, made.blank, made.duplicate) == (5, 3, 1, 1)
    assert (made.unknown, made.added, made.removed, made.refused) == (1, 3, 0, 0)


def test_an_unknown_id_becomes_a_member_when_the_dataset_knows_it(dataset: Dataset) -> None:
    save(dataset, "cas", "eve")
    before = evaluation.prepare(dataset, version_of().definition)
    early = dt.datetime(2026, 1, 12, 10, tzinfo=dt.UTC)
    assert evaluation.count_members(before, as_of=early) == 1
    assert evaluation.count_members(before, as_of=AS_OF) == 2


def test_every_change_is_a_version_and_none_is_lost(dataset: Dataset) -> None:
    save(dataset, "ann", "zoe")
    save(dataset, "bob", "ann", action=Action.APPENDED)
    save(dataset, "zoe", "dan", action=Action.REMOVED)
    save(dataset, "cas", action=Action.REPLACED)
    versions = CohortVersion.objects.order_by("number")
    assert [listed(each) for each in versions] == [
        ["ann", "zoe"],
        ["ann", "bob", "zoe"],
        ["ann", "bob"],
        ["cas"],
    ]
    notes = [find_stored_list(each) for each in versions]
    assert [(n.action, n.added, n.removed) for n in notes if n] == [
        ("created", 2, 0),
        ("appended", 1, 0),
        ("removed", 0, 1),
        ("replaced", 1, 2),
    ]


@pytest.mark.parametrize(
    ("action", "ids"),
    [(Action.APPENDED, ["ann"]), (Action.REMOVED, ["bob"]), (Action.REPLACED, ["ann", "zoe"])],
)
def test_a_change_that_changes_nothing_is_no_version(
    dataset: Dataset, action: Action, ids: list[str]
) -> None:
    save(dataset, "ann", "zoe")
    saved = save(dataset, *ids, action=action)
    assert (saved.is_changed, version_of().number, StoredList.objects.count()) == (False, 1, 1)


def test_a_list_can_become_empty(dataset: Dataset) -> None:
    save(dataset, "ann")
    save(dataset, "ann", action=Action.REMOVED)
    assert listed(version_of()) == []
    assert members(dataset, version_of().definition) == []


def test_conditions_may_refer_to_it(dataset: Dataset) -> None:
    save(dataset, "ann", "cas", "zoe")
    save_cohort(
        slug="vip-singers", dataset=dataset, data=all_of(in_cohort("vip"), performed("SING"))
    )
    assert members(dataset, all_of(in_cohort("vip-singers"))) == ["ann"]
    assert members(dataset, all_of(in_cohort("vip", negate=True))) == ["bob", "eve"]
    prepared = evaluation.prepare(dataset, all_of(in_cohort("vip"), performed("SING")))
    assert evaluation.count_conditions(prepared, as_of=AS_OF) == {
        "": 1,
        "conditions[0]": 2,
        "conditions[1]": 2,
    }
    sample = evaluation.sample_members(prepared, as_of=AS_OF)
    assert [row[0] for row in sample.rows] == ["ann"]


def test_it_is_counted_and_kept_as_any_cohort(dataset: Dataset) -> None:
    save(dataset, "ann", "zoe")
    old = version_of()
    save(dataset, "bob", action=Action.APPENDED)
    assert record_count(version_of(), as_of=AS_OF).size == 2
    snapshot = take_snapshot(old, as_of=AS_OF)
    path = membership.verify(snapshot.file, snapshot.sha256)
    assert pq.read_table(path).to_pydict() == {"id": ["ann"]}


def test_it_is_told_in_words(dataset: Dataset) -> None:
    save(dataset, *(f"user-{n}" for n in range(1200)))
    prepared = evaluation.prepare(dataset, version_of().definition)
    assert "who are in a list of 1,200 users" in evaluation.sentence(prepared)


def test_a_definition_may_only_name_a_list_of_its_dataset(
    dataset: Dataset, other_dataset: Dataset
) -> None:
    save(dataset, "ann")
    data = version_of().definition
    stored = stored_list_of(data)
    assert stored is not None
    wrong = [(other_dataset, data), (dataset, list_definition(stored, 2))]
    wrong += [(dataset, list_definition(name, 1)) for name in ("/etc/passwd", f"../{stored}")]
    for where, definition in wrong:
        with pytest.raises(DefinitionError, match=r"conditions\[0\]\.stored"):
            evaluation.prepare(where, definition)


def test_a_changed_file_is_never_used(dataset: Dataset) -> None:
    save(dataset, "ann")
    stored = find_stored_list(version_of())
    assert stored is not None
    membership.path_of(stored.file).write_bytes(b"")
    with pytest.raises(DefinitionError, match="has changed since it was written"):
        evaluation.prepare(dataset, all_of(in_cohort("vip")))
    with pytest.raises(ListError, match="cannot be changed"):
        save(dataset, "bob", action=Action.APPENDED)


def test_it_refuses_what_makes_no_sense(dataset: Dataset) -> None:
    save_cohort(slug="singers", dataset=dataset, data=all_of(performed("SING")))
    save(dataset, "ann", name="VIP")
    for options, says in [
        ({}, "There is a cohort “vip” already"),
        ({"slug": "none", "action": Action.APPENDED}, "There is no cohort “none”"),
        ({"slug": "singers", "action": Action.REPLACED}, "made of conditions"),
    ]:
        with pytest.raises(ListError, match=says):
            save(dataset, "bob", **options)
    with pytest.raises(ListError, match="There is no id in it"):
        save(dataset, "", "  ", slug="blank")


def test_what_fails_to_save_leaves_no_file(dataset: Dataset) -> None:
    save(dataset, "ann", name="VIP")
    folder = membership.path_of("lists")
    before = sorted(folder.iterdir())
    with pytest.raises(NameTaken):
        save(dataset, "bob", slug="other", name="vip")
    with pytest.raises(SaveConflict):
        save(dataset, "bob", action=Action.APPENDED, expected_version=7)
    assert sorted(folder.iterdir()) == before
    assert StoredList.objects.count() == 1


def test_a_dataset_that_does_not_answer_keeps_no_list_from_being_saved(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> int:
        raise WarehouseError("timeout", "too slow")

    monkeypatch.setattr(static_lists, "count_members", fails)
    assert save(dataset, "ann").made.unknown is None


def test_only_an_own_list_makes_a_cohort_static() -> None:
    own = list_definition("lists/a.parquet", 3)
    assert stored_list_of(own) == "lists/a.parquet"
    condition = own["conditions"][0]
    for other in (
        own | {"match": "any"},
        own | {"conditions": [condition | {"negate": True}]},
        own | {"conditions": [condition, condition]},
        own | {"global_filter": []},
        all_of(performed("SING")),
        None,
    ):
        assert stored_list_of(other) is None


ids = st.text(st.sampled_from("ab é漢\t,\"';%"), min_size=0, max_size=4)
uploads = st.lists(st.one_of(ids, st.sampled_from(EVERYONE)), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=uploads, steps=st.lists(st.tuples(st.sampled_from(ACTIONS), uploads), max_size=3))
def test_it_is_what_plain_sets_say(
    dataset: Dataset, first: list[str], steps: list[tuple[Action, list[str]]]
) -> None:
    slug = f"list-{Cohort.objects.count()}"
    expected: set[str] = set()
    for action, rows in [(Action.CREATED, first), *steps]:
        clean = {row.strip() for row in rows} - {""}
        exists = Cohort.objects.filter(slug=slug).exists()
        if not clean or (action != Action.CREATED and not exists):
            with pytest.raises(ListError):
                save(dataset, *rows, slug=slug, action=action)
            continue
        made = save(dataset, *rows, slug=slug, action=action).made
        old = expected
        match action:
            case Action.APPENDED:
                expected = old | clean
            case Action.REMOVED:
                expected = old - clean
            case _:
                expected = clean
        assert (made.added, made.removed) == (len(expected - old), len(old - expected))
        assert (made.accepted, made.unknown) == (len(clean), len(clean - set(EVERYONE)))
        assert listed(version_of(slug)) == sorted(expected)
        assert members(dataset, version_of(slug).definition) == sorted(expected & set(EVERYONE))
