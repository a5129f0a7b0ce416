"""The commands as a shell meets them: exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cohorts.loaded import EVENTS, USERS, all_of, in_cohort, performed

ROOT = Path(__file__).parents[3]
SINGERS = json.dumps(all_of(performed("SING")))


@dataclass(frozen=True)
class Shell:
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        settings = {"DATA_DIR": str(self.folder / "data"), "ENV_FILE": os.devnull}
        return kept | settings | {"DJANGO_SETTINGS_MODULE": "kubit_app.settings"}

    def run(self, *arguments: str, given: str | bytes = "") -> subprocess.CompletedProcess[str]:
        """Ends with what the command printed; no command ever shows a traceback."""
        data = given.encode() if isinstance(given, str) else given
        ended = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            input=data,
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        output, errors = ended.stdout.decode(), ended.stderr.decode()
        assert "Traceback" not in output + errors
        return subprocess.CompletedProcess(arguments, ended.returncode, output, errors)

    def evaluate(self, definition: str | bytes, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("evaluate_cohort", "-", "--dataset", "small", *options, given=definition)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("shell"))
    (shell.folder / "events.csv").write_text(EVENTS)
    (shell.folder / "users.csv").write_text(USERS)
    assert shell.run("migrate", "--verbosity", "0").returncode == 0
    added = shell.run(
        *[
            "add_dataset",
            "small",
            "--events",
            "events.csv",
            "--users",
            "users.csv",
            "--user-id",
            "user_id",
        ],
        *["--event", "event", "--time", "time", "--timezone", "Europe/Berlin"],
    )
    assert added.stdout == "small: 5 events of 4 users, 2026-01-10 to 2026-01-12\n"
    assert (added.returncode, added.stderr) == (0, "")
    return shell


def test_ids_are_printed_sorted_one_a_line(shell: Shell) -> None:
    ended = shell.evaluate(SINGERS)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ann\nbob\n", "")


def test_as_of_without_an_offset_is_the_datasets_wall_time(shell: Shell) -> None:
    for as_of, ids in [
        ("2026-01-10T11:00:00", ""),
        ("2026-01-10T11:00:00.000001", "ann\n"),
        ("2026-01-10T10:00:00.000001Z", "ann\n"),
        ("2026-01-10", ""),
    ]:
        assert shell.evaluate(SINGERS, "--as-of", as_of).stdout == ids


def test_every_other_format_prints_its_form(shell: Shell) -> None:
    assert shell.evaluate(SINGERS, "--format", "count").stdout == "2\n"
    assert "SELECT" in shell.evaluate(SINGERS, "--format", "sql").stdout
    snowflake = shell.evaluate(SINGERS, "--format", "sql", "--dialect", "snowflake").stdout
    assert 'FROM "EVENTS" AS "t"' in snowflake
    assert "SING" in shell.evaluate(SINGERS, "--format", "sentence").stdout
    ended = shell.evaluate(SINGERS, "--format", "json", "--as-of", "2026-01-20T00:00:00Z")
    answer = json.loads(ended.stdout)
    assert answer.pop("sentence")
    assert answer == {
        "dataset": "small",
        "as_of": "2026-01-20T00:00:00Z",
        "warnings": [],
        "ids": ["ann", "bob"],
        "count": 2,
    }


def test_a_warning_goes_to_standard_error_with_exit_0(shell: Shell) -> None:
    ended = shell.evaluate(json.dumps(all_of(performed("SNIG"))), "--format", "count")
    assert (ended.returncode, ended.stdout) == (0, "0\n")
    assert ended.stderr.startswith("conditions[0].event: warning: ")


def test_saving_tells_the_version(shell: Shell) -> None:
    save = ["save_cohort", "singers", "-", "--dataset", "small", "--name", "Singers"]
    assert shell.run(*save, given=SINGERS).stdout == "singers: version 1\n"
    assert shell.run(*save, given=SINGERS).stdout == "singers: version 1\n"
    other = json.dumps(all_of(performed("PURCHASE")))
    assert shell.run(*save, given=other).stdout == "singers: version 2\n"
    taken = shell.run("save_cohort", "x", "-", *save[3:], given=SINGERS)
    assert (taken.returncode, taken.stdout) == (2, "")
    assert taken.stderr == "name: The cohort “singers” has this name already.\n"
    ended = shell.evaluate(json.dumps(all_of(in_cohort("singers"))))
    assert ended.stdout == "bob\n"


def test_a_reader_that_leaves_is_no_error(shell: Shell) -> None:
    rows = "".join(f"user-{n},SING,2026-01-01,\n" for n in range(300_000))
    (shell.folder / "many.csv").write_text(f"user_id,event,time,amount\n{rows}")
    added = shell.run(
        *[
            "add_dataset",
            "many",
            "--events",
            "many.csv",
            "--user-id",
            "user_id",
            "--event",
            "event",
            "--time",
            "time",
        ]
    )
    assert added.returncode == 0
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate_cohort", "-", "--dataset", "many"]
    process = subprocess.Popen(
        command,
        env=shell.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdin, process.stdout, process.stderr:
        process.stdin.write(SINGERS.encode())
        process.stdin.close()
        assert process.stdout.readline() == b"user-0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.wait() == 0


def test_without_a_database_it_says_what_to_run(shell: Shell, tmp_path: Path) -> None:
    ended = Shell(tmp_path).evaluate(SINGERS)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "The database is not set up: run `python manage.py migrate` first.\n"


def test_a_dataset_without_its_file_is_exit_1_in_one_line(shell: Shell) -> None:
    (shell.folder / "few.csv").write_text(EVENTS)
    columns = ["--user-id", "user_id", "--event", "event", "--time", "time"]
    shell.run("add_dataset", "gone", "--events", "few.csv", *columns)
    for path in (shell.folder / "data" / "datasets").glob("gone.*"):
        path.unlink()
    ended = shell.run("evaluate_cohort", "-", "--dataset", "gone", given=SINGERS)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("The file of this dataset is missing.")
