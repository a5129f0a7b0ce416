"""Makes of a fresh demo an installation that is in use, with names as bad as they come.

Runs as a process of its own, in the environment of the product, and prints what the walk over the
screens needs to know as JSON:

python -m benchmarks.campaigns.used_product [--fine-names]
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import django

from benchmarks.campaigns.bad_names import FINE_NAMES, FINE_OTHERS, MANY, NAMES, OTHERS
from benchmarks.campaigns.used_imports import (
    PATIENCE,
    make_connections,
    make_runs,
    make_schedules,
    some_users,
)

ADMIN = "admin"


def main(arguments: Sequence[str]) -> None:
    if "--fine-names" in arguments:
        NAMES.update(FINE_NAMES)
        OTHERS.update(FINE_OTHERS)
    django.setup()
    print(json.dumps(make()))


def make() -> dict[str, Any]:
    from django.contrib.auth.models import User

    admin = User.objects.get(username=ADMIN)
    cohorts = _make_cohorts(admin)
    data = _make_data(admin)
    person = _make_people()
    connections = make_connections()
    runs = make_runs(admin, cohorts, connections)
    schedules = make_schedules(admin, cohorts, connections)
    return {
        "cohorts": {name: cohort.slug for name, cohort in cohorts.items()},
        "connections": {name: each.pk for name, each in connections.items()},
        "runs": runs,
        "schedules": schedules,
        "person": person.pk,
        "set_password": _password_address(person),
        **data,
        "setup": _setup_path(),
        "messages": _messages(),
        "access": _access(),
        "errors": {code: _error_page(code) for code in ("400", "500", "503")},
    }


def _make_cohorts(admin: Any) -> dict[str, Any]:
    from django.utils import timezone

    from cohorts.disabling import disable
    from cohorts.models import Cohort, Dataset, Favorite, Snapshot
    from cohorts.saving import save_cohort, slug_for
    from cohorts.static_lists import Upload, save_list
    from cohorts.tags import add_tag

    dataset = Dataset.objects.get(name="encore-ios")
    new_users = Cohort.objects.get(slug="new-users")
    made = {"plain": Cohort.objects.get(slug="whales"), "new": new_users}
    for key, name in NAMES.items():
        data = _performed(over=0, song=name if key == "markup" else "")
        cohort = save_cohort(
            slug=slug_for(name), dataset=dataset, data=data, name=name, description=name, by=admin
        )
        add_tag(name[:40].replace(",", ""), [cohort, new_users])
        Favorite.objects.create(user=admin, cohort=cohort)
        made[key] = cohort
    # Of the size that no demo has.
    for days in range(60):
        Snapshot.objects.create(
            version=made["long"].current_version,
            as_of=timezone.now() - timedelta(days=60 - days),
            size=MANY - (59 - days) * 41_000,
            dataset_file=dataset.file,
            duration_ms=41,
        )
    ids = "\n".join(some_users(dataset))
    made["list"] = save_list(
        slug="winners",
        dataset=dataset,
        upload=Upload(file=io.BytesIO(f"{ids}\n{NAMES['markup']}\n{NAMES['rtl']}".encode())),
        name="Winners of the autumn",
        by=admin,
    ).cohort
    gone = save_cohort(
        slug="gone", dataset=dataset, data=_performed(over=1), name="No longer used", by=admin
    )
    disable(gone, by=admin)
    made["disabled"] = gone
    # A second version, to compare and to go back to.
    save_cohort(slug=new_users.slug, dataset=dataset, data=_performed(over=3), by=admin)
    return made


def _performed(*, over: int, song: str = "") -> dict[str, Any]:
    condition: dict[str, Any] = {
        "type": "performed",
        "event": "SING",
        "times": {"op": ">", "value": over},
        "window": {"last": 7, "unit": "day"},
    }
    if song:
        condition["where"] = [{"property": "song.name", "op": "=", "value": song}]
    return {"version": 1, "match": "all", "conditions": [condition]}


def _make_data(admin: Any) -> dict[str, Any]:
    """A schema whose every name is a bad one, and uploads in each state."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from cohorts.datasets import add_dataset
    from cohorts.models import Cohort, DataLabel, Dataset, DataUpload
    from cohorts.saving import save_cohort
    from cohorts.uploads import receive
    from cohorts.warehouse.load import FileSet

    name = OTHERS["dataset"]
    rows = [f"user-{i},{key},2026-10-0{i + 1}T10:00:00Z,{i}" for i, key in enumerate(NAMES)]
    quoted = {key: '"' + text.replace('"', '""') + '"' for key, text in NAMES.items()}
    rows = [
        row.replace(f",{key},", f",{quoted[key]},") for row, key in zip(rows, NAMES, strict=True)
    ]
    header = f"uid,event,time,{quoted['markup']}"
    content = "\n".join([header, *rows]) + "\n"
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        file = Path(folder) / "events.csv"
        file.write_text(content)
        files = FileSet(
            events=(str(file),), users=(), user_id="uid", event="event", time="time", users_id=None
        )
        dataset, _loaded = add_dataset(name, files)
    for key in ("markup", "long"):
        DataLabel.objects.create(
            dataset=dataset,
            kind="event",
            name=NAMES[key],
            display_name=NAMES[key][:100],
            description=NAMES[key],
            category=NAMES[key][:40],
        )
    data = {
        "version": 1,
        "match": "all",
        "conditions": [{"type": "performed", "event": NAMES["markup"]}],
    }
    save_cohort(slug="of-markup", dataset=dataset, data=data, name="Of markup", by=admin)
    assert Cohort.objects.filter(dataset=dataset).exists()
    assert Dataset.objects.count() == 2

    def upload(state: str, **changes: Any) -> int:
        events = SimpleUploadedFile(OTHERS["file"], content.encode())
        kept = receive(
            name=f"{state} schema", replaces=False, zone="UTC", events=events, users=None, by=admin
        )
        DataUpload.objects.filter(pk=kept.pk).update(state=state, **changes)
        return kept.pk

    uploads = {
        "new": upload("new"),
        "failed": upload("failed", problem=f"Line 3 has no time: {NAMES['markup']}"),
        "done": upload("done", dataset=dataset, notes=[f"2 rows were left out: {NAMES['long']}"]),
    }
    return {"uploads": uploads, "schemas": [_data_address(dataset)], "entries": _entries(dataset)}


def _data_address(dataset: Any) -> str:
    return f"/data/?{urlencode({'schema': dataset.name})}"


def _entries(hostile: Any) -> list[str]:
    from cohorts.data_views import entry_address
    from cohorts.dictionary import find_entry
    from cohorts.models import Dataset

    demo = Dataset.objects.get(name="encore-ios")
    named = [
        (demo, "event", "SING"),
        (demo, "user_property", "age"),
        *((hostile, "event", NAMES[name]) for name in ("markup", "long", "rtl")),
        (hostile, "event_property", NAMES["markup"]),
    ]
    found = [(dataset, find_entry(dataset, kind, name)) for dataset, kind, name in named]
    return [entry_address(dataset, entry) for dataset, entry in found if entry]


def _make_people() -> Any:
    from django.contrib.auth.models import Group, User

    from kubit_app.people import add_person, set_active

    role = Group.objects.get(name="Viewer")
    person = add_person(
        **{name: OTHERS[name] for name in ("username", "email", "first_name", "last_name")},
        role=role,
    )
    away = add_person(
        username="away", email="", first_name=NAMES["japanese"][:40], last_name="", role=role
    )
    set_active(away, is_active=False)
    assert User.objects.count() >= 6
    return person


def _password_address(person: Any) -> str:
    from kubit_app.people import password_address

    return password_address(person)


def _setup_path() -> str:
    from kubit_app.first_run import setup_address

    return urlsplit(setup_address()).path


def _messages() -> list[str]:
    """Of the inbox; the worker sends them a moment after the imports."""
    from django.conf import settings

    from integrations.inbox.mailbox import Mailbox

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if ids := Mailbox(settings.DATA_DIR / "inbox").ids():
            return ids
        time.sleep(0.5)
    raise SystemExit("no mail has come")


def _access() -> dict[str, str]:
    from kubit_app.access import ACCESS

    return ACCESS


def _error_page(code: str) -> str:
    from django.template.loader import render_to_string

    return render_to_string(f"{code}.html")


if __name__ == "__main__":
    main(sys.argv[1:])
