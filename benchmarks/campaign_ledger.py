"""Do the books of an import stay right whatever is lost? Random histories in memory.

First proves that the twin in memory plans and settles exactly as the product does with its
files, on random states. Then runs histories on the twin, and on three ways that are known to
be wrong, which must go wrong here: a campaign that cannot see them fail sees nothing.

python3 run.py check --campaign ledger [--histories 100000] [--states 300]
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.campaigns.histories import (
    Books,
    Change,
    Doubt,
    LastGoodRun,
    PerBatch,
    Told,
    Twin,
    is_right_in_the_end,
)
from benchmarks.campaigns.report import Report
from benchmarks.campaigns.world import open_world

if TYPE_CHECKING:
    from integrations.ledger import Settled
    from integrations.planning import Holdings

USERS = [f"u{number:02}" for number in range(16)]
BATCH_IDS = 3
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=100_000)
    parser.add_argument("--states", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    report = Report("Ledger: random histories of imports")
    with open_world() as world:
        differing = compare_with_product(world.folder, options.states, options.seed)
    report.promise(
        "the twin plans and settles as the product does",
        not differing,
        told=f"{options.states:,} random states,",
    )
    report.note_broken(differing[:10])
    for name, (_, must_be_right) in DESIGNS.items():
        wrong = count_wrong(name, options.histories, options.seed)
        share = (
            f"{wrong:,} of {options.histories:,} wrong ({100 * wrong / options.histories:.2f} %)"
        )
        if must_be_right:
            report.promise(name, wrong == 0, told=f"{share},")
        else:
            report.promise(f"{name}: goes wrong, as it must", wrong > 0, told=f"{share},")
    return report.end()


DESIGNS: dict[str, tuple[Callable[[], Books], bool]] = {
    "the ledger": (lambda: Twin(BATCH_IDS), True),
    "the ledger without its quiet period": (lambda: Twin(BATCH_IDS, quiet=0.0), False),
    "a baseline per acknowledged batch": (lambda: PerBatch(BATCH_IDS), False),
    "a delta against the last good run": (lambda: LastGoodRun(BATCH_IDS), False),
}


def count_wrong(name: str, histories: int, seed: int) -> int:
    parts = [range(start, min(start + 2000, histories)) for start in range(0, histories, 2000)]
    with ProcessPoolExecutor(2) as pool:
        return sum(pool.map(_count_wrong, [name] * len(parts), parts, [seed] * len(parts)))


def _count_wrong(name: str, numbers: range, seed: int) -> int:
    make, _ = DESIGNS[name]
    return sum(not is_right_in_the_end(make(), seed + number, USERS) for number in numbers)


# -- the twin and the product, side by side -------------------------------------------------


def compare_with_product(folder: Path, states: int, seed: int) -> list[str]:
    """What differs between the twin and the product, state by state."""
    differing = []
    for number in range(states):
        place = folder / f"state-{number}"
        place.mkdir()
        words = _compare(place, random.Random(seed * 1_000_003 + number))
        differing += [f"state {number}: {words}"] if words else []
    return differing


def _compare(folder: Path, chance: random.Random) -> str:
    """Empty when both plan the same, and settle the same answers in the same way."""
    from integrations.ledger import Outcome, settle_files
    from integrations.plan_batches import PlanReader
    from integrations.planning import draw_plan

    now = 100_000.0
    twin = random_twin(chance, now)
    cohort = set(chance.sample(USERS, chance.randrange(len(USERS))))
    repair = chance.random() < 0.2
    expected = twin.plan(cohort, now, repair=repair)
    holdings = write_holdings(folder, twin, cohort)
    _, batches = draw_plan(
        holdings, folder / "plan", now=_moment(now), repair=repair, most_ids=BATCH_IDS
    )
    with PlanReader(folder / "plan") as reader:
        found = [
            Change(batch.number, *reader.read(batch.number), _seconds(batch.not_before))
            for batch in batches
        ]
    if found != expected:
        return "the plans differ"
    told = [
        Told(change.number, acknowledged, acknowledged and chance.random() < 0.3, sent_at)
        for change in expected
        if chance.random() < 0.8
        for acknowledged in [chance.random() < 0.6]
        for sent_at in [now + chance.choice((0, 1, 100))]
    ]
    later = now + chance.choice((100, 299, 300, 301, 500))
    outcomes = [Outcome(*each[:3], _moment(each.sent_at).replace(tzinfo=None)) for each in told]
    settled = settle_files(
        holdings, folder / "plan", outcomes, now=_moment(later), prefix=str(folder / "ledger")
    )
    twin.settle(expected, told, cohort, later)
    return "" if read_twin(settled) == twin else "the ledgers differ"


def random_twin(chance: random.Random, now: float) -> Twin:
    confirmed, doubted, ever = (
        chance.sample(USERS, chance.randrange(len(USERS))) for _ in range(3)
    )
    doubts = {
        id: Doubt(
            chance.random() < 0.5,
            now - chance.choice((0, 1, 60, 299, 300, 301, 4000)),
            chance.random() < 0.4,
        )
        for id in doubted
    }
    return Twin(
        BATCH_IDS, confirmed=set(confirmed), doubts=doubts, ever_sent={*confirmed, *doubted, *ever}
    )


def write_holdings(folder: Path, twin: Twin, cohort: set[str]) -> Holdings:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from integrations.planning import Holdings

    def write(name: str, columns: dict[str, pa.Array]) -> Path:
        pq.write_table(pa.table(columns), folder / name)
        return folder / name

    def ids(given: set[str]) -> dict[str, pa.Array]:
        return {"id": pa.array(sorted(given), pa.string())}

    doubts = sorted(twin.doubts.items())
    return Holdings(
        members=write("members", ids(cohort)),
        confirmed=write("confirmed", ids(twin.confirmed)),
        in_doubt=write(
            "in-doubt",
            {
                "id": pa.array([id for id, _ in doubts], pa.string()),
                "remove": pa.array([doubt.remove for _, doubt in doubts], pa.bool_()),
                "sent_at": pa.array(
                    [_moment(doubt.sent_at).replace(tzinfo=None) for _, doubt in doubts],
                    pa.timestamp("us"),
                ),
                "echo": pa.array([doubt.echo for _, doubt in doubts], pa.bool_()),
            },
        ),
        ever_sent=write("ever-sent", ids(twin.ever_sent)),
    )


def read_twin(settled: Settled) -> Twin:
    import pyarrow.parquet as pq

    from cohorts import membership

    def rows(stored: membership.StoredFile) -> list[dict]:
        return pq.read_table(membership.path_of(stored.name)).to_pylist()

    return Twin(
        BATCH_IDS,
        confirmed={row["id"] for row in rows(settled.confirmed)},
        doubts={
            row["id"]: Doubt(row["remove"], _seconds(row["sent_at"]) or 0.0, row["echo"])
            for row in rows(settled.in_doubt)
        },
        ever_sent={row["id"] for row in rows(settled.ever_sent)},
    )


def _moment(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else (moment.replace(tzinfo=UTC) - EPOCH).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
