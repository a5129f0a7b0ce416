"""The questions of the engine benchmark for Polars, lazily on Parquet in the order of the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# Polars reads it when it is imported first.
_THREADS = "POLARS_MAX_THREADS"


class Polars:
    def __init__(self, folder: Path, as_of: str, threads: int) -> None:
        os.environ[_THREADS] = str(threads)
        import polars as pl

        self._questions = _Questions(pl, folder, datetime.fromisoformat(as_of))

    def count(self, case: str) -> int:
        return int(QUESTIONS[case](self._questions).collect().item())


class _Questions:
    def __init__(self, pl: Any, folder: Path, as_of: datetime) -> None:
        self.pl, self.as_of = pl, as_of
        self.events = pl.scan_parquet(folder / "events.parquet")
        self.users = pl.scan_parquet(folder / "users.parquet")
        self.time, self.event, self.uid = pl.col("time"), pl.col("event"), pl.col("uid")

    def ago(self, days: int) -> datetime:
        return self.as_of - timedelta(days=days)

    def between(self, first: int, last: int = 0) -> Any:
        return self.events.filter(self.time >= self.ago(first), self.time < self.ago(last))

    def since(self, days: int, event: str) -> Any:
        return self.between(days).filter(self.event == event).select("uid", "time")

    def spent(self) -> Any:
        rows = self.between(60).filter(
            self.event == "Purchase", self.pl.col("amount").is_not_null()
        )
        totals = rows.group_by("uid").agg(self.pl.col("amount").sum())
        return totals.filter(self.pl.col("amount") > 50).select("uid")

    def japan(self) -> Any:
        rows = self.between(30).filter(self.event == "Purchase")
        return rows.filter(self.pl.col("country") == "JP")

    def count(self, rows: Any) -> Any:
        return rows.select(self.pl.len())

    def different(self, rows: Any) -> Any:
        return rows.select(self.uid.n_unique())

    def follow(self, rows: Any, before: Any) -> Any:
        """Each row with the latest row before it; both are sorted by time."""
        return rows.set_sorted("time").join_asof(
            before.set_sorted("time"),
            on="time",
            by="uid",
            allow_exact_matches=False,
            check_sortedness=False,
        )


def _three_purchases(q: _Questions) -> Any:
    return q.count(q.japan().group_by("uid").len().filter(q.pl.col("len") >= 3))


def _not_performed(q: _Questions) -> Any:
    did = q.since(90, "Refund").select("uid")
    return q.count(q.users.join(did, on="uid", how="anti"))


def _two_steps(q: _Questions) -> Any:
    began = q.since(90, "Signup").with_columns(began=q.time)
    rows = q.follow(q.since(90, "Purchase"), began)
    return q.different(rows.filter(q.time <= q.pl.col("began") + timedelta(days=7)))


def _three_steps(q: _Questions) -> Any:
    began = q.since(90, "Signup").with_columns(began=q.time)
    second = q.follow(q.since(90, "Add To Cart"), began)
    second = second.filter(q.time <= q.pl.col("began") + timedelta(days=7))
    rows = q.follow(q.since(90, "Purchase"), second)
    return q.different(rows.filter(q.time <= q.pl.col("began") + timedelta(days=7)))


def _first_time(q: _Questions) -> Any:
    rows = q.events.filter(q.event == "Purchase", q.time < q.as_of)
    return q.count(rows.group_by("uid").agg(q.time.min()).filter(q.time >= q.ago(30)))


def _property(q: _Questions) -> Any:
    return q.count(q.users.filter(q.pl.col("plan").is_in(["pro", "team"]), q.pl.col("age") > 30))


def _five(q: _Questions) -> Any:
    either = q.pl.concat([q.japan().select("uid"), q.spent()]).unique()
    people = q.users.filter(q.pl.col("plan").is_in(["pro", "team"])).select("uid")
    people = people.join(either, on="uid", how="semi")
    people = people.join(q.since(14, "App Open"), on="uid", how="semi")
    return q.count(people.join(q.since(90, "Refund"), on="uid", how="anti"))


def _dormant(q: _Questions) -> Any:
    last = q.between(60).group_by("uid").agg(q.time.max())
    return q.count(last.filter(q.time < q.ago(30)))


def _retention(q: _Questions) -> Any:
    began = q.since(90, "Signup").group_by("uid").agg(week=q.time.min().dt.truncate("1w"))
    week = q.pl.col("week")
    rows = q.since(90, "App Open").join(began, on="uid")
    inside = (q.time >= week + timedelta(days=7), q.time < week + timedelta(days=14))
    return q.different(rows.filter(*inside))


QUESTIONS: dict[str, Callable[[_Questions], Any]] = {
    "three purchases in a window": _three_purchases,
    "not performed": _not_performed,
    "sum over a threshold": lambda q: q.count(q.spent()),
    "two-step funnel": _two_steps,
    "three-step funnel": _three_steps,
    "first-time event": _first_time,
    "property only": _property,
    "five with AND and OR": _five,
    "dormant": _dormant,
    "retention": _retention,
}
