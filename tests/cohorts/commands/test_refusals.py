"""What commands refuse: exit 2, nothing on standard output, one line per problem."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import execute_from_command_line

from cohorts.models import Dataset
from tests.cohorts.loaded import EVENTS, all_of, in_cohort, performed

SINGERS = json.dumps(all_of(performed("SING")))
ADD = "add_dataset small --events events.csv --user-id user_id --event event --time time"

Run = Callable[[str, str | bytes], tuple[int | str | None, str, str]]


@pytest.fixture
def run(
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command line with standard input: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.csv").write_text(EVENTS)

    def run(line: str, given: str | bytes) -> tuple[int | str | None, str, str]:
        data = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        with pytest.raises(SystemExit) as ended:
            execute_from_command_line(["manage.py", *line.split()])
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run


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
    run: Run, definition: str | bytes, starts: list[str]
) -> None:
    code, output, errors = run("evaluate_cohort - --dataset small", definition)
    assert (code, output) == (2, "")
    lines = errors.splitlines()
    assert all(any(line.startswith(start) for line in lines) for start in starts), lines
    assert all(": " in line for line in lines)


BAD_ARGUMENTS = [
    ("evaluate_cohort - --dataset nowhere", "--dataset: there is no dataset “nowhere”"),
    ("evaluate_cohort missing.json --dataset small", "missing.json: there is no such file"),
    ("evaluate_cohort . --dataset small", "'.': cannot be read: Is a directory"),
    ("evaluate_cohort - --dataset small --as-of someday", "--as-of: “someday” is not an ISO"),
    ("evaluate_cohort - --dataset small --as-of 0001-01-01T00:00+14:00", "--as-of: "),
    ("evaluate_cohort - --dataset small --format xml", "arguments: argument --format: invalid"),
    (
        "evaluate_cohort - --dataset small --format sql --dialect oracle",
        "--dialect: there is no dialect “oracle”. Choose one of duckdb, postgresql,",
    ),
    ("evaluate_cohort - --dataset small --dialect trino", "--dialect: only --format sql takes"),
    ("evaluate_cohort", "arguments: the following arguments are required"),
    (ADD, 'NAME: there is a dataset "small" already'),
    (
        "add_dataset new --events none*.csv --user-id user_id --event event --time time",
        "none*.csv: no file matches",
    ),
    (
        "add_dataset new --events events.csv --user-id user_id --event event --time tim",
        'events.csv: has no column "tim" (--time). Did you mean time?',
    ),
    (f"{ADD.replace('small', 'new')} --timezone Mars/Base", "--timezone: there is no time zone"),
    ("seed_demo --events 5", "--events: use 1,000"),
]


@pytest.mark.parametrize(("line", "says"), BAD_ARGUMENTS, ids=[line for line, _ in BAD_ARGUMENTS])
def test_bad_arguments_are_exit_2_in_one_line(run: Run, line: str, says: str) -> None:
    code, output, errors = run(line, SINGERS)
    assert (code, output) == (2, "")
    assert errors.startswith(says)
    assert errors.count("\n") == 1
