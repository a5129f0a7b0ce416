"""From a definition to counts, samples and ids."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts import evaluation
from cohorts.definitions.problems import DefinitionError
from cohorts.models import Dataset
from cohorts.saving import disable_cohort, save_cohort
from cohorts.warehouse.errors import WarehouseError
from cohorts.warehouse.protocol import Warehouse
from tests.cohorts.loaded import all_of, in_cohort, load, performed

pytestmark = pytest.mark.django_db
AS_OF = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
SINGERS = all_of(performed("SING"))
GOLD = {"type": "property", "property": "plan", "op": "=", "value": "gold"}


def members(dataset: Dataset, data: object, as_of: dt.datetime = AS_OF) -> list[str]:
    prepared = evaluation.prepare(dataset, data)
    batches = evaluation.stream_members(prepared, as_of=as_of)
    return [each for batch in batches for each in batch.column("id").to_pylist()]


def refusal(dataset: Dataset, data: object, **options: Any) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        evaluation.prepare(dataset, data, **options)
    return [str(problem) for problem in refused.value.problems]


def test_it_streams_ids_sorted_each_once(dataset: Dataset) -> None:
    assert members(dataset, SINGERS) == ["ann", "bob"]
    assert members(dataset, all_of(performed("SING", negate=True))) == ["cas", "eve"]


def test_events_at_or_after_as_of_do_not_exist(dataset: Dataset) -> None:
    as_of = dt.datetime(2026, 1, 11, 11, tzinfo=dt.UTC)
    assert members(dataset, SINGERS, as_of) == ["ann"]


def test_it_counts_in_all_and_by_condition(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, all_of(performed("SING"), GOLD))
    assert evaluation.count_members(prepared, as_of=AS_OF) == 1
    assert evaluation.count_conditions(prepared, as_of=AS_OF) == {
        "": 1,
        "conditions[0]": 2,
        "conditions[1]": 2,
    }


def test_it_samples_with_what_was_measured(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    sample = evaluation.sample_members(prepared, as_of=AS_OF, limit=1)
    assert sample.columns[0] == "id"
    assert sample.rows == (("ann", 2),)
    assert sample.total == 2


def test_it_inlines_saved_cohorts_at_the_same_instant(dataset: Dataset) -> None:
    save_cohort(slug="singers", dataset=dataset, data=SINGERS)
    save_cohort(slug="gold-singers", dataset=dataset, data=all_of(in_cohort("singers"), GOLD))
    data = all_of(in_cohort("singers"), in_cohort("gold-singers", negate=True))
    assert members(dataset, data) == ["bob"]
    assert members(dataset, data, dt.datetime(2026, 1, 11, tzinfo=dt.UTC)) == []


def test_it_refuses_cohorts_it_cannot_use(dataset: Dataset, other_dataset: Dataset) -> None:
    off = save_cohort(slug="off", name="Off", dataset=dataset, data=SINGERS)
    disable_cohort(off)
    save_cohort(slug="elsewhere", name="Elsewhere", dataset=other_dataset, data=SINGERS)
    save_cohort(slug="singers", dataset=dataset, data=SINGERS)
    data = all_of(
        in_cohort("off"),
        {"match": "any", "conditions": [in_cohort("elsewhere"), in_cohort("singer")]},
    )
    inner = ["conditions[1].conditions[0]", "conditions[1].conditions[1]"]
    assert refusal(dataset, data) == [
        "conditions[0].cohort: The cohort “Off” is disabled. Choose another one.",
        f"{inner[0]}.cohort: The cohort “Elsewhere” is built on another dataset, “other”.",
        f"{inner[1]}.cohort: There is no cohort “singer”. Did you mean “singers”?",
    ]


def test_it_refuses_a_cohort_that_no_longer_fits(dataset: Dataset) -> None:
    save_cohort(slug="gold", name="Gold", dataset=dataset, data=all_of(GOLD))
    dataset.catalog["user_properties"] = []
    dataset.save()
    (problem,) = refusal(dataset, all_of(in_cohort("gold")))
    assert problem.startswith("conditions[0].cohort: The cohort “Gold” no longer fits its dataset:")


def test_it_warns_of_events_it_has_not_seen(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, all_of(performed("SNIG")))
    assert [warning.path for warning in prepared.warnings] == ["conditions[0].event"]
    assert evaluation.count_members(prepared, as_of=AS_OF) == 0


def test_a_caller_can_interrupt(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    with pytest.raises(WarehouseError) as stopped:
        evaluation.count_members(prepared, as_of=AS_OF, on_connection=lambda file: file.interrupt())
    assert stopped.value.kind == "canceled"


def test_many_threads_evaluate_at_once(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    counts: list[int] = []

    def count() -> None:
        for _ in range(5):
            counts.append(evaluation.count_members(prepared, as_of=AS_OF))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 40


def test_sql_and_sentence_are_text(dataset: Dataset) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    assert "'SING'" in evaluation.compiled_sql(prepared, as_of=AS_OF)
    assert "SING" in evaluation.sentence(prepared)


KEYS = st.sampled_from(
    [
        "version",
        "match",
        "conditions",
        "type",
        "event",
        "times",
        "window",
        "op",
        "value",
        "property",
        "scope",
        "where",
        "negate",
        "last",
        "unit",
        "cohort",
        "steps",
        "outcome",
        "function",
        "global_filter",
        "date_range",
        "any",
        "from",
        "to",
    ]
)
WORDS = st.sampled_from(["all", "any", "performed", "property", "cohort", "SING", "*", "=", "day"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=VALUES | st.builds(lambda each: all_of(*each), st.lists(VALUES, max_size=3)))
def test_any_json_is_prepared_or_refused(dataset: Dataset, data: Any) -> None:
    problems: tuple[object, ...] | None = None
    try:
        prepared = evaluation.prepare(dataset, json.loads(json.dumps(data)))
        evaluation.count_members(prepared, as_of=AS_OF)
    except DefinitionError as refused:
        problems = refused.problems
    assert problems is None or len(problems) > 0


@pytest.mark.parametrize("words", [("value", "n", "key", "t"), ("at", "select", "map", "full")])
def test_a_property_may_be_called_like_a_word_of_sql(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    rows = [f"user_id,event,time,{','.join(words)}", "ann,SING,2026-01-10,1,1,1,1"]
    rows += ["bob,SING,2026-01-10,x,x,x,x"]
    dataset = load(tmp_path, events="".join(f"{row}\n" for row in rows))
    where = [{"property": word, "op": "=", "value": "1"} for word in words]
    assert members(dataset, all_of(performed("SING", where=where))) == ["ann"]


def test_ids_are_sorted_in_little_memory_and_in_more_where_that_is_too_little(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = evaluation.prepare(dataset, SINGERS)
    given: list[str] = []

    def look(warehouse: Warehouse) -> None:
        given.append(warehouse.rows("SELECT current_setting('memory_limit')")[0][0])

    def ask() -> list[str]:
        given.clear()
        batches = evaluation.stream_members(prepared, as_of=AS_OF, on_connection=look)
        return [each for batch in batches for each in batch.column("id").to_pylist()]

    assert ask() == ["ann", "bob"]
    assert given == ["366.2 MiB"]
    monkeypatch.setattr(evaluation, "FRUGAL", 300_000)
    assert ask() == ["ann", "bob"]
    assert given == ["292.9 KiB", "1.8 GiB"]
