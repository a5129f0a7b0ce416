"""The commands as a shell meets them: exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
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
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
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
    yield shell


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


REFUSED: list[tuple[str | bytes, list[str]]] = [
    ("{}", ["version: ", "match: ", "conditions: "]),
    ('{"version": 1', ["definition: This is not JSON"]),
    ("", ["definition: This is not JSON"]),
    (b"\xff\xfe\x00", ["definition: "]),
    (b'{"version": "\xe9"}', ["definition: The definition is not UTF-8"]),
    ("[" * 100_000, ["definition: The definition is nested too deep"]),
    ("1" * 5000, ["definition: The definition holds a number of too many digits"]),
    ('{"version": 1, "\\ud800": 1}', ["match: "]),
    (json.dumps(all_of(in_cohort("nobody"))), ["conditions[0].cohort: There is no cohort"]),
]


@pytest.mark.parametrize(("definition", "starts"), REFUSED, ids=lambda value: str(value)[:30])
def test_a_refused_definition_is_exit_2_and_a_line_per_problem(
    shell: Shell, definition: str | bytes, starts: list[str]
) -> None:
    ended = shell.evaluate(definition)
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.splitlines()
    assert all(any(line.startswith(start) for line in lines) for start in starts), lines
    assert all(": " in line for line in lines)


BAD_ARGUMENTS = [
    ("evaluate_cohort - --dataset nowhere", "--dataset: there is no dataset “nowhere”"),
    ("evaluate_cohort missing.json --dataset small", "missing.json: there is no such file"),
    ("evaluate_cohort . --dataset small", "'.': cannot be read: Is a directory"),
    ("evaluate_cohort - --dataset small --as-of someday", "--as-of: “someday” is not an ISO"),
    ("evaluate_cohort - --dataset small --as-of 0001-01-01T00:00+14:00", "--as-of: "),
    ("evaluate_cohort - --dataset small --format xml", "arguments: argument --format: invalid"),
    ("evaluate_cohort", "arguments: the following arguments are required"),
    (
        "add_dataset small --events events.csv --user-id user_id --event event --time time",
        'NAME: there is a dataset "small" already',
    ),
    (
        "add_dataset new --events none*.csv --user-id user_id --event event --time time",
        "none*.csv: no file matches",
    ),
    (
        "add_dataset new --events events.csv --user-id user_id --event event --time tim",
        'events.csv: has no column "tim" (--time). Did you mean time?',
    ),
    (
        "add_dataset new --events events.csv --user-id user_id --event event --time time "
        "--timezone Mars/Base",
        "--timezone: there is no time zone 'Mars/Base'",
    ),
    ("seed_demo --events 5", "--events: use 1,000"),
]


@pytest.mark.parametrize(("line", "says"), BAD_ARGUMENTS, ids=[line for line, _ in BAD_ARGUMENTS])
def test_bad_arguments_are_exit_2_in_one_line(shell: Shell, line: str, says: str) -> None:
    ended = shell.run(*line.split(), given=SINGERS)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(says)
    assert ended.stderr.count("\n") == 1


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
