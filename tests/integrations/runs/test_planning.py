"""The planner against plain set arithmetic."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.plan_batches import BATCH_IDS, QUIET_PERIOD, PlanReader
from integrations.planning import ID_BYTES, Holdings, count_changes, draw_plan

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IDS = st.sampled_from([f"u{i}" for i in range(8)] + ["é", "🙂", "a'b", 'a"b', "a\nb", " ", "\t"])


def _ids_file(path: Path, ids: set[str]) -> Path:
    pq.write_table(pa.table({"id": pa.array(sorted(ids), pa.string())}), path)
    return path


def _doubt_file(path: Path, doubts: dict[str, tuple[bool, timedelta, bool]]) -> Path:
    rows = sorted(doubts.items())
    table = pa.table(
        {
            "id": pa.array([id for id, _ in rows], pa.string()),
            "remove": pa.array([remove for _, (remove, _, _) in rows], pa.bool_()),
            "echo": pa.array([echo for _, (_, _, echo) in rows], pa.bool_()),
            "sent_at": pa.array(
                [(NOW - age).replace(tzinfo=None) for _, (_, age, _) in rows], pa.timestamp("us")
            ),
        }
    )
    pq.write_table(table, path)
    return path


def _read_all(plan: Path, batches: int) -> list[tuple[list[str], list[str]]]:
    with PlanReader(plan) as reader:
        return [reader.read(number) for number in range(1, batches + 1)]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    members=st.sets(IDS),
    confirmed=st.sets(IDS),
    doubts=st.dictionaries(
        IDS,
        st.tuples(
            st.booleans(),
            st.integers(0, 600).map(lambda seconds: timedelta(seconds=seconds)),
            st.booleans(),
        ),
    ),
    ever_sent=st.sets(IDS),
    repair=st.booleans(),
)
def test_it_plans_what_set_arithmetic_says(tmp_path, members, confirmed, doubts, ever_sent, repair):
    holdings = Holdings(
        members=_ids_file(tmp_path / "members", members),
        confirmed=_ids_file(tmp_path / "confirmed", confirmed),
        in_doubt=_doubt_file(tmp_path / "doubt", doubts),
        ever_sent=_ids_file(tmp_path / "ever", ever_sent),
    )
    sendable = {id for id in members if id.strip()}
    doubted = {id for id, (_, _, echo) in doubts.items() if not echo}
    held = confirmed | doubted | (ever_sent if repair else set())
    add = sendable if repair else (sendable - confirmed) | (sendable & doubted)
    remove = held - sendable

    counts, batches = draw_plan(holdings, tmp_path / "plan", now=NOW, repair=repair)
    read = _read_all(tmp_path / "plan", counts.batches)

    assert sorted(id for adds, _ in read for id in adds) == sorted(add)
    assert sorted(id for _, removes in read for id in removes) == sorted(remove)
    assert counts.size == counts.blank + counts.invalid + counts.unchanged + counts.added
    assert [(b.added, b.removed) for b in batches] == [(len(a), len(r)) for a, r in read]
    for batch, (adds, removes) in zip(batches, read, strict=True):
        for id, is_removal in [(i, False) for i in adds] + [(i, True) for i in removes]:
            was_removal, age, _ = doubts.get(id, (is_removal, QUIET_PERIOD, False))
            waits = was_removal != is_removal and age < QUIET_PERIOD
            assert (batch.not_before is not None) == waits
    assert count_changes(holdings, now=NOW, repair=repair) == counts


@pytest.mark.parametrize(
    ("members", "batches"), [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (25_000, 25)]
)
def test_a_batch_holds_at_most_a_thousand_ids(tmp_path, members, batches):
    ids = _ids_file(tmp_path / "members", {f"user-{i}" for i in range(members)})
    counts, planned = draw_plan(
        Holdings(members=ids, confirmed=None, in_doubt=None), tmp_path / "plan", now=NOW
    )
    assert counts.batches == batches
    assert sum(batch.added for batch in planned) == members
    assert all(batch.added <= BATCH_IDS for batch in planned)


@pytest.mark.parametrize("filler", ["x", "é", "\x01", '"', "\\"])
def test_a_request_stays_under_a_megabyte(tmp_path, filler):
    width = (ID_BYTES - 4) // len(filler.encode())
    ids = {f"{i:04}" + filler * width for i in range(2500)}
    counts, _ = draw_plan(
        Holdings(
            members=_ids_file(tmp_path / "members", ids),
            confirmed=_ids_file(tmp_path / "confirmed", {"gone"}),
            in_doubt=None,
        ),
        tmp_path / "plan",
        now=NOW,
    )
    sent: list[str] = []
    for adds, removes in _read_all(tmp_path / "plan", counts.batches):
        body = json.dumps([adds, removes], ensure_ascii=False, separators=(",", ":"))
        assert len(body.encode()) < 1_000_000 - 500
        sent += adds
    assert sorted(sent) == sorted(ids)


def test_ids_that_braze_cannot_take_are_counted_and_left_out(tmp_path):
    ids = {"ok", " ", "\t\n", "x" * ID_BYTES, "x" * (ID_BYTES + 1), "é" * 494}
    holdings = Holdings(members=_ids_file(tmp_path / "members", ids), confirmed=None, in_doubt=None)
    counts = count_changes(holdings, now=NOW)
    assert (counts.size, counts.blank, counts.invalid, counts.added) == (6, 2, 2, 2)


def test_the_same_number_always_holds_the_same_ids(tmp_path):
    ids = _ids_file(tmp_path / "members", {f"user-{i}" for i in range(3000)})
    counts, _ = draw_plan(
        Holdings(members=ids, confirmed=None, in_doubt=None), tmp_path / "plan", now=NOW
    )
    assert _read_all(tmp_path / "plan", counts.batches) == _read_all(
        tmp_path / "plan", counts.batches
    )
