"""Members known by alias, device id or another external id, imported into a real sandbox."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cohorts.datasets import add_dataset
from cohorts.warehouse.load import FileSet
from integrations.braze.identifiers import read_identifier, write_identifier
from integrations.identification import BadIdentifier, IdentifierChoice, check_identifier
from integrations.models import ImportBatch, ImportRun, Ledger, RefusedMember
from integrations.plan_batches import QUIET_PERIOD
from integrations.preview import preview_import
from tests.cohorts.kept_loads import loads_kept
from tests.factories import make_user
from tests.integrations.runs.conftest import FIXTURE, members_in, work

pytestmark = pytest.mark.django_db

CRM = {"kind": "alias", "column": "crm", "label": "crm_id"}
DEVICE = {"kind": "device_id", "column": "device"}
NUMBER = {"column": "number"}


@pytest.fixture
def dataset(tmp_path, settings):
    """Eight buyers. Of the fifth the CRM id is blank, of the sixth too long, of the seventh that
    of the first."""
    settings.DATASETS_DIR = tmp_path / "datasets"
    settings.MEMBERSHIP_STORE = str(tmp_path / "membership")
    crm = ["c0", "c1", "c2", "c3", "", "x" * 237, "c0", "c7"]
    users = ["user,crm,device,number,joined"]
    users += [f"u{n},{crm[n]},d{n},{n + 100},2026-01-01" for n in range(8)]
    events = ["user,event,time"] + [f"u{n},Buy,2026-01-01T00:00:00Z" for n in range(8)]
    for name, lines in {"users": users, "events": events}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    files = FileSet(
        events=[str(tmp_path / "events.csv")],
        users=[str(tmp_path / "users.csv")],
        user_id="user",
        event="event",
        time="time",
    )
    with loads_kept():
        dataset, _ = add_dataset("shop", files)
    return dataset


@pytest.fixture
def people(sandbox):
    """Braze knows the buyers by user id and by alias; devices belong to others."""
    users = [
        {"external_id": f"u{n}", "aliases": [{"alias_label": "crm_id", "alias_name": f"c{n}"}]}
        for n in range(8)
    ]
    users += [{"device_ids": [f"d{n}"]} for n in range(8)]
    sandbox.control("PUT", "fixture", {**FIXTURE, "users": users})
    return sandbox


def left_out(client, run):
    client.force_login(make_user("Admin"))
    page = client.get(reverse("integrations:run_left_out", args=[run.pk]))
    text = b"".join(page.streaming_content).decode()
    return list(csv.DictReader(text.splitlines()))


def go_on(run):
    ImportRun.objects.filter(pk=run.pk).update(wait_until=timezone.now() - timedelta(seconds=1))
    return work(run)


def test_aliases_reach_the_profiles_and_whoever_has_none_is_listed(
    people, define, run_import, connection, client
):
    preview = preview_import(define(1), connection, identifier=CRM)
    run = run_import(define(1), identifier=CRM)
    assert run.state == "succeeded"
    assert (run.size, run.added, run.blank, run.invalid, run.duplicate) == (8, 5, 1, 1, 1)
    assert (preview.add, preview.blank, preview.duplicate) == (5, 1, 1)
    assert members_in(people) == {"u0", "u1", "u2", "u3", "u7"}
    assert [(row["member"], row["problem"]) for row in left_out(client, run)] == [
        ("u4", "blank"),
        ("u5", "invalid"),
        ("u6", "duplicate"),
    ]
    # The next import keeps to it, unless told otherwise.
    again = run_import(define(1))
    assert (again.identifier, again.added, again.removed, again.unchanged) == (CRM, 0, 0, 5)


def test_another_identifier_leaves_nobody_behind(people, define, run_import):
    run_import(define(1))
    assert members_in(people) == {f"u{n}" for n in range(8)}
    run = run_import(define(1), identifier=CRM)
    assert (run.state, run.added, run.removed, run.batches) == ("succeeded", 5, 8, 2)
    # By user id everybody was taken out first, so that nobody is missing who is known by alias.
    assert members_in(people) == {"u0", "u1", "u2", "u3", "u7"}
    run = run_import(define(1), identifier=DEVICE)
    assert members_in(people) == {f"device:d{n}" for n in range(8)}
    run = run_import(define(1), identifier={})
    assert (run.state, run.removed) == ("succeeded", 8)
    assert members_in(people) == {f"u{n}" for n in range(8)}


def test_a_removal_that_may_arrive_late_is_waited_for(people, define, run_import):
    """It would take out the profile that the alias has just brought in."""
    run_import(define(1))
    people.fault(path="/cohorts/users", drop="after")
    run = go_on(run_import(define(1), identifier=CRM))
    assert (run.state, run.wait_reason[:11]) == ("sending", "Waiting for")
    assert run.wait_until > timezone.now() + QUIET_PERIOD / 2
    assert members_in(people) == set()
    past = timezone.now() - QUIET_PERIOD
    ImportBatch.objects.filter(run=run, removed__gt=0).update(last_sent_at=past)
    assert go_on(run).state == "succeeded"
    assert members_in(people) == {"u0", "u1", "u2", "u3", "u7"}


def test_a_number_is_an_id_without_a_point(sandbox, define, run_import):
    assert run_import(define(1), identifier=NUMBER).state == "succeeded"
    assert members_in(sandbox) == {str(n + 100) for n in range(8)}


def test_whom_braze_refused_is_listed(sandbox, define, run_import, client):
    run = run_import(define(1))
    batch = run.batch_set.get()
    RefusedMember.objects.create(batch=batch, identifier="u3", remove=False, reason="not valid")
    ImportRun.objects.filter(pk=run.pk).update(refused=1)
    (row,) = left_out(client, run)
    assert (row["member"], row["identifier"], row["detail"]) == ("u3", "u3", "not valid")


def test_a_column_that_is_gone_fails_the_import_in_words(sandbox, define, run_import):
    run = run_import(define(1), identifier={"column": "gone"})
    assert (run.state, run.error_kind) == ("failed", "identifier")
    assert "gone" in run.error_message
    assert not Ledger.objects.filter(confirmed_count__gt=0).exists()


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        ({"kind": "name"}, "kind"),
        ({"kind": "alias"}, "label"),
        ({"kind": "alias", "label": "x" * 237}, "label"),
        ({"label": "crm"}, "label"),
        ({"column": "joined"}, "column"),
        ({"column": "nope"}, "column"),
    ],
)
def test_what_cannot_be_an_identifier_is_refused(dataset, connection, choice, field):
    with pytest.raises(BadIdentifier) as bad:
        check_identifier(IdentifierChoice(**choice), dataset, connection)
    assert bad.value.field == field


def test_device_ids_are_not_for_the_array_attribute(dataset, connection):
    connection.mode = "track"
    with pytest.raises(BadIdentifier):
        check_identifier(IdentifierChoice("device_id", "device"), dataset, connection)


@pytest.mark.parametrize("written", ["u1", "\x1falias\x1fcrm_id\x1fc 1", "\x1fdevice\x1fd1"])
def test_identifiers_are_read_as_they_were_written(written):
    assert write_identifier(read_identifier(written)) == written
