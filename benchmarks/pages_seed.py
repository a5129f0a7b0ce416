"""Rows of a large installation for `benchmarks.pages`: no engine, no Braze, only the database."""

from __future__ import annotations

import random
from datetime import time, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models.functions import Lower
from django.utils import timezone

from cohorts.models import Cohort, CohortVersion, Dataset, Favorite, Preferences, Snapshot, Tag
from integrations.models import Connection, ImportRun, ImportSchedule, WorkerSeen

COHORTS, SCHEDULES, RUNS, EVENTS = 2_000, 500, 50_000, 500
TAGS = ["lifecycle", "core", "acquisition", "revenue", "onboarding", "retention", "test", "vip"]
DEFINITION = {
    "version": 1,
    "match": "all",
    "conditions": [{"type": "performed", "event": "EVENT_1", "window": {"last": 7, "unit": "day"}}],
}


def seed(*, scale: int = 1) -> User:
    """`scale` 10 gives a tenth. Answers a Governor who owns every tenth cohort."""
    random.seed(1)
    now = timezone.now()
    user = User.objects.create_user("bench", "bench@sing.example", first_name="Mika")
    user.groups.add(Group.objects.get(name="Governor"))
    dataset = Dataset.objects.create(
        name="encore", timezone="Asia/Tokyo", file="encore.duckdb", loaded_at=now, catalog=catalog()
    )
    Preferences.objects.create(user=user, timezone="Asia/Tokyo")
    WorkerSeen.objects.create(keeper="bench", seen_at=now)
    connection = Connection.objects.create(name="Production", endpoint="US-01", key_hint="5f1d")
    cohorts = make_cohorts(COHORTS // scale, dataset, user)
    make_sizes(cohorts, now)
    schedules = make_schedules(cohorts[: SCHEDULES // scale], connection, user, now)
    make_runs(RUNS // scale, schedules, connection, now)
    return user


def catalog() -> dict[str, Any]:
    top = [[f"value {number}", 1000 - number] for number in range(50)]
    return {
        "timezone": "Asia/Tokyo",
        "events": [
            {"name": f"EVENT_{number}", "count": 10 * number, "first_at": None, "last_at": None}
            for number in range(EVENTS)
        ],
        "event_properties": [
            {"name": f"field_{n}", "column": f"field_{n}", "type": "string", "top_values": top}
            for n in range(60)
        ],
        "user_properties": [
            {"name": f"trait_{n}", "column": f"trait_{n}", "type": "number", "top_values": []}
            for n in range(40)
        ],
    }


def make_cohorts(count: int, dataset: Dataset, user: User) -> list[Cohort]:
    cohorts = Cohort.objects.bulk_create(
        Cohort(
            slug=f"users-{number}",
            name=f"Users of group {number:04}",
            description="Did something at least three times in the last thirty days",
            dataset=dataset,
            owner=user if number % 10 == 0 else None,
        )
        for number in range(count)
    )
    versions = CohortVersion.objects.bulk_create(
        CohortVersion(cohort=cohort, number=1, definition=DEFINITION) for cohort in cohorts
    )
    for cohort, version in zip(cohorts, versions, strict=True):
        cohort.current_version = version
    Cohort.objects.bulk_update(cohorts, ["current_version"], batch_size=500)
    tags = Tag.objects.bulk_create(Tag(name=name) for name in TAGS)
    Cohort.tags.through.objects.bulk_create(
        Cohort.tags.through(cohort=cohort, tag=tag)
        for cohort in cohorts
        for tag in random.sample(tags, 2)
    )
    Favorite.objects.bulk_create(Favorite(user=user, cohort=cohort) for cohort in cohorts[:12])
    return list(Cohort.objects.select_related("current_version").order_by(Lower("name")))


def make_sizes(cohorts: list[Cohort], now: Any) -> None:
    """Thirty of each cohort, one a day."""
    Snapshot.objects.bulk_create(
        (
            Snapshot(
                version=cohort.current_version,
                as_of=now - timedelta(days=day),
                size=random.randrange(10_000),
                duration_ms=40,
            )
            for cohort in cohorts
            for day in range(30)
        ),
        batch_size=5000,
    )


def make_schedules(
    cohorts: list[Cohort], connection: Connection, user: User, now: Any
) -> list[ImportSchedule]:
    return ImportSchedule.objects.bulk_create(
        ImportSchedule(
            cohort=cohort,
            connection=connection,
            unit="day",
            every=1 + number % 3,
            at=time(number % 24, number % 60),
            timezone=("Asia/Tokyo", "Europe/London", "America/New_York")[number % 3],
            starts_on=(now - timedelta(days=60)).date(),
            recipients=["crm@sing.example", f"team{number}@sing.example"],
            created_by=user if number % 10 == 0 else None,
            looked_until=now,
            next_due_at=now + timedelta(minutes=number + 1),
        )
        for number, cohort in enumerate(cohorts)
    )


def make_runs(
    count: int, schedules: list[ImportSchedule], connection: Connection, now: Any
) -> None:
    """A hundred of each schedule, hours apart; every twentieth failed, five are held."""

    def rows() -> Any:
        for number in range(count):
            schedule = schedules[number % len(schedules)]
            age = number // len(schedules)
            held = age == 0 and number % 100 == 0
            state = "held" if held else "failed" if number % 20 == 7 else "succeeded"
            queued_at = now - timedelta(hours=7 * age, minutes=1 + number % 60)
            yield ImportRun(
                cohort=schedule.cohort,
                connection=connection,
                version=schedule.cohort.current_version,
                schedule=schedule,
                trigger="scheduled",
                recipients=schedule.recipients,
                state=state,
                queued_at=queued_at,
                started_at=queued_at + timedelta(seconds=3),
                finished_at=None if held else queued_at + timedelta(seconds=9),
                size=4_305,
                added=612,
                removed=301,
                unchanged=3_693,
                held_reason="Too many would be removed." if held else "",
                error_message="Braze did not answer." if state == "failed" else "",
            )

    ImportRun.objects.bulk_create(rows(), batch_size=2000)
