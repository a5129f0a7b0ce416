"""The imports of an installation in use: connections, runs in each state, schedules.

For `used_product`, after Django was set up.
"""

from __future__ import annotations

import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.campaigns.bad_names import MANY, NAMES, OTHERS

FAR = timedelta(days=30)
RECIPIENT = "crm@sing.example"
PATIENCE = 90.0
HELD_LIST = 1500


def make_connections() -> dict[str, Any]:
    from integrations.connections import set_key
    from integrations.models import Connection

    sandbox = Connection.objects.get()
    refused = Connection(name=OTHERS["refused"], endpoint=sandbox.endpoint)
    set_key(refused, "a-key-that-braze-does-not-know")
    refused.save()
    track = Connection(name=OTHERS["track"], endpoint="US-01", mode="track")
    set_key(track, "rest-api-key-canary-77aa")
    track.save()
    return {"sandbox": sandbox, "refused": refused, "track": track}


def make_runs(admin: Any, cohorts: dict[str, Any], connections: dict[str, Any]) -> dict[str, int]:
    from cohorts.static_lists import StoredList, Upload, save_list
    from integrations.runs import request_import

    def ask(name: str, connection: str = "sandbox") -> Any:
        cohorts[name].refresh_from_db()
        return request_import(
            cohorts[name],
            connection=connections[connection],
            trigger="manual",
            by=admin,
            recipients=[RECIPIENT],
        )

    first = ask("list")
    # Names reach the sandbox and its pages too.
    others = [ask(name) for name in ("markup", "long", "rtl", "emoji")]
    _wait_for([first, *others], "succeeded")
    few = "\n".join(some_users(cohorts["list"].dataset)[-20:])
    save_list(
        slug="winners",
        dataset=cohorts["list"].dataset,
        upload=Upload(file=io.BytesIO(few.encode())),
        action=StoredList.Action.REPLACED,
        by=admin,
    )
    held, failed = ask("list"), ask("plain", "refused")
    _wait_for([held], "held")
    _wait_for([failed], "failed")
    made = {"held": held.pk, "failed": failed.pk, "succeeded": others[0].pk}
    return made | _make_stored_runs(admin, cohorts, connections["sandbox"])


def _make_stored_runs(admin: Any, cohorts: dict[str, Any], connection: Any) -> dict[str, int]:
    """What takes hours or an outage to come about."""
    from django.utils import timezone

    from integrations.models import ImportBatch, ImportRun

    now = timezone.now()
    counts = {"size": MANY, "added": MANY, "removed": 0, "unchanged": 0, "batches": 12_346}
    shared = {"connection": connection, "trigger": "manual", "requested_by": admin}
    shared |= {"recipients": [RECIPIENT], "as_of": now, "planned_at": now}

    def run(name: str, state: str, **changes: Any) -> Any:
        cohort = cohorts[name]
        began = now - timedelta(minutes=4)
        times = {"queued_at": began, "started_at": began}
        fields = {"version": cohort.current_version, **times, **shared, **counts, **changes}
        return ImportRun.objects.create(cohort=cohort, state=state, **fields)

    # Leased, so that no worker takes it for one that was left behind.
    sending = run("japanese", "sending", lease_until=now + FAR, lease_epoch=1)
    message = f"Braze answered 400: {NAMES['unbroken']} {NAMES['markup']}"
    partial = run(
        "unbroken",
        "partial",
        finished_at=now,
        refused=1,
        blank=0,
        invalid=MANY,
        duplicate=2,
        in_doubt=1000,
        error_kind="batches_unanswered",
        error_message=message,
    )
    canceled = run(
        "new",
        "canceled",
        finished_at=now,
        decided_by=admin,
        decided_at=now,
        decided_note=NAMES["markup"],
    )
    rows = [
        (sending, 1, "acknowledged", 201, ""),
        (sending, 2, "unknown", None, message[:255]),
        (sending, 3, "refused", 400, message[:255]),
        (sending, 4, "sending", None, ""),
        (partial, 1, "acknowledged", 201, ""),
        (partial, 2, "unknown", 502, message[:255]),
    ]
    for of, number, state, code, note in rows:
        ImportBatch.objects.create(
            run=of,
            number=number,
            added=1000,
            removed=0,
            state=state,
            tries=3,
            first_sent_at=now,
            last_sent_at=now,
            answered_at=now if state != "sending" else None,
            status_code=code,
            note=note,
        )
    return {"sending": sending.pk, "partial": partial.pk, "canceled": canceled.pk}


def make_schedules(
    admin: Any, cohorts: dict[str, Any], connections: dict[str, Any]
) -> dict[str, int]:
    from datetime import time as clock

    from django.utils import timezone

    from integrations.cadence import Cadence
    from integrations.models import ScheduleSlot
    from integrations.schedules import pause_schedule, save_schedule

    recipients = [RECIPIENT, *(f"somebody.with.a.long.name.{n}@sing.example" for n in range(12))]
    today = timezone.localdate()
    rules: dict[str, dict[str, Any]] = {
        "markup": {"unit": "week", "every": 2, "weekdays": (0, 1, 2, 3, 4, 5, 6)},
        "long": {"unit": "day", "every": 1},
        "rtl": {"unit": "month", "every": 1, "month_day": "last"},
        "plain": {"unit": "day", "every": 7},
        "list": {"unit": "week", "every": 1, "weekdays": (2,)},
    }
    made = {}
    for name, rule in rules.items():
        rule = {"weekdays": (), "month_day": "", **rule}
        cadence = Cadence(**rule, at=clock(8, 0), timezone="Asia/Tokyo", starts_on=today)
        schedule = save_schedule(
            cohorts[name],
            connection=connections["refused" if name == "plain" else "sandbox"],
            cadence=cadence,
            recipients=recipients,
            by=admin,
        )
        made[name] = schedule
    pause_schedule(made["rtl"], by=admin)
    for days, outcome in ((1, "missed"), (2, "skipped"), (3, "late")):
        ScheduleSlot.objects.create(
            schedule=made["long"],
            due_at=timezone.now() - timedelta(days=days),
            outcome=outcome,
            note=NAMES["markup"],
        )
    return {name: schedule.pk for name, schedule in made.items()}


def _wait_for(runs: list[Any], state: str) -> None:
    deadline = time.monotonic() + PATIENCE
    for run in runs:
        while run.state != state:
            if time.monotonic() > deadline or run.is_final:
                raise SystemExit(
                    f"import {run.pk} is {run.state}, not {state}: {run.error_message}"
                )
            time.sleep(0.3)
            run.refresh_from_db()


def some_users(dataset: Any) -> list[str]:
    import duckdb
    from django.conf import settings

    file = str(Path(settings.DATASETS_DIR) / dataset.file)
    with duckdb.connect(file, read_only=True) as engine:
        rows = engine.execute("SELECT id FROM users ORDER BY id LIMIT ?", [HELD_LIST]).fetchall()
    return [str(id) for (id,) in rows]
