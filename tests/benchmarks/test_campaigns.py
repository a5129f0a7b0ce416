"""The campaigns in their short form; `run.py check --campaign NAME` runs them in full."""

from __future__ import annotations

import subprocess
import sys

import pytest

from launcher.layout import ROOT


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [
        ["ledger", "--histories", "1000", "--states", "10"],
        ["network", "--kinds", "1"],
        ["schedule", "--zones", "6"],
        ["mail", "--runs", "8"],
        ["crash", "--database", "sqlite", "--short", "--runs", "3", "--cohorts", "3"],
        ["size", "--members", "3000"],
        ["oracle", "--cases", "75", "--seed", "1"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_promise_is_kept(arguments: list[str]) -> None:
    command = [sys.executable, "-m", f"benchmarks.campaign_{arguments[0]}", *arguments[1:]]
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "every promise kept" in done.stdout
