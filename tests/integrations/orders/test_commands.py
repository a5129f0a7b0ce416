from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.utils import timezone

from cohorts.models import Cohort
from integrations.management.commands import import_cohort
from integrations.models import Connection, ImportRun, ImportSchedule, Ledger, WorkerSeen
from integrations.preview import Preview
from tests.integrations.orders.conftest import Ended

pytestmark = pytest.mark.django_db

RunCommand = Callable[..., Ended]
MakeRun = Callable[..., ImportRun]


@pytest.fixture
def key_variable(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BRAZE_KEY", " key-canary-0123 \n")
    return "BRAZE_KEY"


def test_it_adds_a_connection_with_the_key_from_the_environment(
    run_command: RunCommand, key_variable: str
) -> None:
    ended = run_command(
        "add_connection", "Main", "--endpoint", "dashboard-01.braze.eu", "--key-env", key_variable
    )
    assert (ended.code, ended.errors) == (0, [])
    assert "canary" not in ended.out
    added = Connection.objects.get()
    assert (added.name, added.endpoint, added.key_hint) == ("Main", "EU-01", "0123")
    assert added.data_import_key == "key-canary-0123"


def test_it_adds_a_connection_with_a_rest_key(run_command: RunCommand, key_variable: str) -> None:
    track = ["Attr", "--endpoint", "US-01", "--key-env", key_variable, "--mode", "track"]
    assert run_command("add_connection", *track).code == 0
    added = Connection.objects.get()
    assert (added.mode, added.attribute) == ("track", "Kubit Cohorts")
    assert run_command("add_connection", *track, "--attribute", "Cohorts").code == 0
    assert Connection.objects.get().attribute == "Cohorts"
    for attribute in ("email", "_x", " "):
        ended = run_command("add_connection", *track, "--attribute", attribute)
        assert (ended.code, ended.errors[0][:10]) == (2, "attribute:")


def test_the_delivery_is_fixed_once_members_were_sent(
    run_command: RunCommand, key_variable: str, connection: Connection, cohort: Cohort
) -> None:
    Ledger.objects.create(cohort=cohort, connection=connection, braze_cohort_id="coh_1")
    arguments = ["Main", "--endpoint", "US-01", "--key-env", key_variable]
    ended = run_command("add_connection", *arguments, "--mode", "track")
    assert (ended.code, ended.errors[0][:5]) == (2, "mode:")
    assert run_command("add_connection", *arguments).code == 0


def test_adding_it_again_replaces_key_and_endpoint_and_ends_the_pause(
    run_command: RunCommand, key_variable: str, connection: Connection
) -> None:
    Connection.objects.update(paused_at=timezone.now(), paused_reason="401")
    ended = run_command("add_connection", "Main", "--endpoint", "EU-02", "--key-env", key_variable)
    assert ended.code == 0
    assert "updated" in ended.out
    updated = Connection.objects.get()
    assert (updated.endpoint, updated.data_import_key) == ("EU-02", "key-canary-0123")
    assert updated.paused_at is None


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["Main", "--endpoint", "US-01", "--key-env", "NO_SUCH"], "key-env: the environment"),
        (["Main", "--endpoint", "US-01", "--key-env", "EMPTY"], "key-env: The data import key"),
        (["Main", "--endpoint", "US-09", "--key-env", "BRAZE_KEY"], "endpoint: “US-09”"),
        (["Main", "--endpoint", "http://10.0.0.1", "--key-env", "BRAZE_KEY"], "endpoint: "),
        ([" ", "--endpoint", "US-01", "--key-env", "BRAZE_KEY"], "name: "),
        (["Main", "--key-env", "BRAZE_KEY"], "arguments: "),
    ],
)
def test_it_refuses_a_connection_that_cannot_work(
    run_command: RunCommand,
    key_variable: str,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    start: str,
) -> None:
    monkeypatch.setenv("EMPTY", "  ")
    monkeypatch.delenv("NO_SUCH", raising=False)
    ended = run_command("add_connection", *arguments)
    assert ended.code == 2
    assert len(ended.errors) == 1
    assert ended.errors[0].startswith(start)
    assert not Connection.objects.exists()


SCHEDULE = ["schedule_import", "dormant-users", "--connection", "Main", "--timezone", "Asia/Tokyo"]


def test_it_schedules_an_import(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    ended = run_command(
        *SCHEDULE, "--every", "2", "--unit", "week", "--weekdays", "thu,mon", "--at", "8:00"
    )
    assert (ended.code, ended.errors) == (0, [])
    assert ended.out.startswith("Every 2 weeks, M, TH at 08:00 AM Asia/Tokyo.\nNext import: ")
    saved = ImportSchedule.objects.get()
    assert (saved.unit, saved.every, saved.weekdays) == ("week", 2, [0, 3])


def test_scheduling_again_replaces_the_schedule_and_keeps_the_rhythm(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    monthly = [*SCHEDULE, "--unit", "month", "--day", "last"]
    run_command(*monthly, "--at", "08:00")
    ImportSchedule.objects.update(starts_on="2025-03-03")
    ended = run_command(*monthly, "--at", "09:30", "--recipient", "a@b.example")
    assert "Every 1 month, last day at 09:30 AM" in ended.out
    saved = ImportSchedule.objects.get()
    assert (str(saved.starts_on), saved.recipients) == ("2025-03-03", ["a@b.example"])


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["--unit", "week", "--at", "08:00"], "weekdays: "),
        (["--unit", "week", "--weekdays", "moon", "--at", "08:00"], "weekdays: “moon”"),
        (["--unit", "day", "--weekdays", "mon", "--at", "08:00"], "weekdays: only"),
        (["--unit", "month", "--at", "08:00"], "day: "),
        (["--unit", "month", "--day", "32", "--at", "08:00"], "day: "),
        (["--unit", "day", "--day", "1", "--at", "08:00"], "day: only"),
        (["--unit", "day", "--at", "25:00"], "at: “25:00”"),
        (["--unit", "day", "--at", "08:00", "--every", "0"], "every: "),
        (["--unit", "day", "--at", "08:00", "--every", "x"], "arguments: "),
        (["--unit", "day", "--at", "08:00", "--timezone", "Mars"], "timezone: Mars"),
        (["--unit", "day", "--at", "08:00", "--recipient", "a,b"], "recipient: "),
        (["--unit", "day", "--at", "08:00", "--connection", "Nope"], "connection: "),
        (["--unit", "year", "--at", "08:00"], "arguments: "),
        (["--unit", "day", "--at", "08:00", "--hold-percent", "0"], "hold-percent: "),
        (["--unit", "day", "--at", "08:00", "--hold-least", "0"], "hold-least: "),
        (["--unit", "day", "--at", "08:00", "--hold-factor", "1"], "hold-factor: "),
        (["--unit", "day", "--at", "08:00", "--notify", "never"], "arguments: "),
    ],
)
def test_it_refuses_a_schedule_that_makes_no_sense(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    arguments: list[str],
    start: str,
) -> None:
    ended = run_command(*SCHEDULE, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.errors) == 1
    assert ended.errors[0].startswith(start)
    assert not ImportSchedule.objects.exists()


def test_it_takes_limits_and_the_choice_of_mails(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    daily = [*SCHEDULE, "--unit", "day", "--at", "08:00"]
    limits = ["--hold-percent", "15", "--hold-least", "200", "--hold-factor", "5"]
    ended = run_command(*daily, "--notify", "problems", *limits)
    assert "Held when more than 15% and at least 200 users would be removed" in ended.out
    # What is not named stays as it is.
    run_command(*daily, "--hold-least", "300")
    saved = ImportSchedule.objects.get()
    assert (saved.notify, saved.hold_percent) == ("problems", 15)
    assert (saved.hold_least, saved.hold_factor) == (300, 5)


def test_every_bad_recipient_has_its_own_line(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    ended = run_command(
        *SCHEDULE, "--unit", "day", "--at", "08:00", "--recipient", "x", "--recipient", "y"
    )
    assert [line.split(":")[0] for line in ended.errors] == ["recipient", "recipient"]


def test_an_unknown_cohort_is_refused(run_command: RunCommand, connection: Connection) -> None:
    for command in (["import_cohort", "nope"], ["import_history", "nope"]):
        ended = run_command(*command)
        assert ended.code == 2
        assert ended.errors[0].startswith("slug: ")


def test_it_queues_an_import_over_the_only_connection(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    ended = run_command("import_cohort", "dormant-users")
    run = ImportRun.objects.get()
    assert ended.code == 0
    assert ended.out == f"Import {run.pk} of “Dormant Users” is queued.\n"
    assert (run.connection, run.trigger, run.state) == (connection, "manual", "queued")


def test_it_queues_a_repair(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    assert run_command("import_cohort", "dormant-users", "--repair").code == 0
    assert ImportRun.objects.get().trigger == "repair"


def test_it_queues_a_removal(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    assert run_command("import_cohort", "dormant-users", "--remove", "--repair").code == 2
    assert run_command("import_cohort", "dormant-users", "--remove").code == 0
    assert ImportRun.objects.get().trigger == "removal"
    assert run_command("import_cohort", "dormant-users", "--remove").code == 1
    ImportRun.objects.all().delete()
    run_command(*SCHEDULE, "--unit", "day", "--at", "08:00")
    ended = run_command("import_cohort", "dormant-users", "--remove")
    assert (ended.code, ended.errors[0].split(":")[0]) == (2, "remove")


def test_of_several_connections_it_takes_the_one_of_the_schedule(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    other = Connection.objects.create(name="Other", endpoint="EU-01", data_import_key="k")
    ended = run_command("import_cohort", "dormant-users")
    assert ended.code == 2
    assert ended.errors == ["connection: name one with --connection. There is: Main, Other."]
    schedule = [*SCHEDULE, "--unit", "day", "--at", "08:00", "--recipient", "a@b.example"]
    run_command(*[each if each != "Main" else "Other" for each in schedule])
    assert run_command("import_cohort", "dormant-users").code == 0
    run = ImportRun.objects.get()
    assert (run.connection, run.recipients) == (other, ["a@b.example"])


def test_a_second_import_waits_for_the_first(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    run_command("import_cohort", "dormant-users")
    ended = run_command("import_cohort", "dormant-users")
    assert ended.code == 1
    assert len(ended.errors) == 1
    assert ImportRun.objects.count() == 1


def test_an_import_over_a_paused_connection_is_refused(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    Connection.objects.update(paused_at=timezone.now(), paused_reason="The key was replaced.")
    ended = run_command("import_cohort", "dormant-users")
    assert ended.code == 2
    assert "The key was replaced." in ended.errors[0]


@pytest.mark.parametrize("repair", [False, True])
def test_a_dry_run_prints_the_counts_alone(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    repair: bool,
) -> None:
    asked = []

    def preview(*args: object, **options: object) -> Preview:
        asked.append(options)
        counts = {"size": 9, "add": 1, "remove": 2, "unchanged": 3, "blank": 0, "invalid": 0}
        return Preview(**counts, requests=4, seconds=3, hold="")

    monkeypatch.setattr(import_cohort, "preview_import", preview)
    flags = ["--dry-run"] + ["--repair"] * repair
    ended = run_command("import_cohort", "dormant-users", *flags)
    assert json.loads(ended.out) == {"add": 1, "remove": 2, "unchanged": 3, "requests": 4}
    assert asked == [{"repair": repair}]
    assert not ImportRun.objects.exists()


def test_a_dry_run_says_that_the_record_is_damaged(
    run_command: RunCommand, cohort: Cohort, connection: Connection
) -> None:
    Ledger.objects.create(
        cohort=cohort,
        connection=connection,
        braze_cohort_id="coh_1",
        confirmed_file="ledgers/gone.parquet",
        confirmed_sha256="0" * 64,
    )
    ended = run_command("import_cohort", "dormant-users", "--dry-run")
    assert ended.code == 1
    assert "is damaged" in ended.errors[0]


def end_run_when_waited_for(
    monkeypatch: pytest.MonkeyPatch, state: str, after: int = 1, **fields: object
) -> None:
    """Stands for the worker: the run changes while the command sleeps."""
    sleeps = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) >= after:
            ImportRun.objects.update(state=state, **fields)

    monkeypatch.setattr(import_cohort.time, "sleep", sleep)


def test_waiting_prints_the_final_import_as_json(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = {"finished_at": timezone.now(), "size": 5, "added": 5, "removed": 0}
    end_run_when_waited_for(monkeypatch, "succeeded", **done)
    ended = run_command("import_cohort", "dormant-users", "--wait")
    assert (ended.code, ended.errors) == (0, [])
    printed = json.loads(ended.out)
    assert (printed["state"], printed["size"], printed["error"]) == ("succeeded", 5, None)


def test_waiting_for_an_import_that_fails_ends_with_1_and_the_reason(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    why = {"error_kind": "key_refused", "error_message": "The key was refused."}
    end_run_when_waited_for(monkeypatch, "failed", finished_at=timezone.now(), **why)
    ended = run_command("import_cohort", "dormant-users", "--wait")
    assert ended.code == 1
    assert json.loads(ended.out)["error"] == {
        "kind": "key_refused",
        "message": "The key was refused.",
    }
    assert ended.errors[0].endswith("The key was refused.")


def test_waiting_does_not_wait_for_a_persons_decision(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end_run_when_waited_for(monkeypatch, "held", held_reason="4,000 would go.")
    ended = run_command("import_cohort", "dormant-users", "--wait")
    assert ended.code == 1
    assert json.loads(ended.out)["state"] == "held"
    assert "4,000 would go." in ended.errors[0]


@pytest.mark.parametrize("has_worker", [True, False])
def test_waiting_says_once_when_no_worker_was_seen(
    run_command: RunCommand,
    cohort: Cohort,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    has_worker: bool,
) -> None:
    if has_worker:
        WorkerSeen.objects.create(keeper="k", seen_at=timezone.now())
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(import_cohort.time, "monotonic", lambda: float(next(clock)))
    done = {"finished_at": timezone.now(), "size": 5, "added": 5, "removed": 0}
    end_run_when_waited_for(monkeypatch, "succeeded", after=6, **done)
    ended = run_command("import_cohort", "dormant-users", "--wait")
    assert ended.code == 0
    expected = [] if has_worker else [import_cohort.NO_WORKER]
    assert ended.errors == expected


def test_the_history_lists_imports_newest_first(
    run_command: RunCommand, make_run: MakeRun, cohort: Cohort
) -> None:
    first, second = make_run(), make_run("failed", size=None, added=None, removed=None)
    lines = run_command("import_history").out.splitlines()
    assert lines[0].split()[:3] == ["Import", "Cohort", "Trigger"]
    assert [line.split()[0] for line in lines[1:]] == [str(second.pk), str(first.pk)]
    assert lines[2].split()[-4:] == ["succeeded", "12,431", "612", "301"]
    assert lines[1].split()[-4:] == ["failed", "-", "-", "-"]


def test_the_history_as_json_has_the_fields_of_a_run(
    run_command: RunCommand, make_run: MakeRun
) -> None:
    run = make_run()
    [listed] = json.loads(run_command("import_history", "dormant-users", "--format", "json").out)
    words = """
        id cohort connection trigger state as_of queued_at started_at finished_at size added
        removed unchanged blank invalid in_doubt batches error
    """
    assert set(listed) == set(words.split())
    assert (listed["id"], listed["cohort"], listed["connection"]) == (
        run.pk,
        "dormant-users",
        "Main",
    )


def test_an_empty_history_is_an_empty_list(run_command: RunCommand) -> None:
    assert json.loads(run_command("import_history", "--format", "json").out) == []
