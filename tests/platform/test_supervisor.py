"""With real processes: what is started runs, comes back, and ends with its supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.layout import ROOT
from launcher.processes import descendants, end_all, find_process, is_alive
from launcher.reaper import leaders_left
from launcher.supervisor import Child, Supervisor

# Notes its own number, and that of a child in a session of its own that ignores SIGTERM.
FAMILY = """
import os, pathlib, signal, subprocess, sys, time
child = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
child += "time.sleep(600)"
started = subprocess.Popen([sys.executable, "-c", child], start_new_session=True,
                           stdout=subprocess.PIPE)
started.stdout.readline()
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(f"{os.getpid()} {started.pid}")
path.with_suffix(".new").rename(path)
time.sleep(600)
"""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def numbers_in(path: Path) -> list[int]:
    until(path.exists)
    return [int(number) for number in path.read_text().split()]


def child_running(code: str, *arguments: str, log: Path) -> Child:
    return Child("part", [sys.executable, "-c", code, *arguments], dict(os.environ), log)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(grace=0.2)
    supervisor.open()
    yield supervisor
    supervisor.close()


def test_it_ends_a_family_across_sessions(tmp_path: Path) -> None:
    child = child_running(FAMILY, str(tmp_path / "family"), log=tmp_path / "log")
    leader = child.start()
    everyone = [find_process(number) for number in numbers_in(tmp_path / "family")]
    assert None not in everyone
    assert {process.pid for process in everyone} <= {each.pid for each in descendants(leader)}
    end_all([leader], grace=0.2)
    child.process.wait()
    until(lambda: not any(map(is_alive, everyone)))


def test_a_part_that_ends_is_started_again_and_said_so(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    child = child_running("print('out of paper'); exit(7)", log=tmp_path / "part.log")
    supervisor.start(child)
    first = child.process.pid
    child.process.wait()
    supervisor.look_after(time.monotonic())
    assert child.process is None
    said = capsys.readouterr().out
    assert "part ended (exit code 7); again in 1 s." in said
    assert "out of paper" in said
    supervisor.look_after(child.due_at)
    assert child.process is not None
    assert child.process.pid != first


def test_the_pause_grows_while_it_ends_soon_and_is_forgotten_when_it_ran_long(
    tmp_path: Path,
) -> None:
    child = child_running("", log=tmp_path / "log")
    child.started_at = 1000.0
    pauses = [child.pause_after_end(1001.0) for _ in range(7)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert child.pause_after_end(2000.0) == 1


SUPERVISE = """
import os, sys
from pathlib import Path
from launcher.supervisor import Child, Supervisor
supervisor = Supervisor(grace=0.2)
supervisor.listen_for_signals()
supervisor.open()
command = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
supervisor.start(Child("part", command, dict(os.environ), Path(sys.argv[2] + ".log")))
supervisor.watch()
supervisor.close()
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 0), (signal.SIGKILL, -9)],
)
def test_nothing_outlives_the_supervisor(tmp_path: Path, number: signal.Signals, code: int) -> None:
    arguments = [SUPERVISE, FAMILY, str(tmp_path / "family")]
    supervising = subprocess.Popen(
        [sys.executable, "-c", *arguments], cwd=ROOT, start_new_session=True
    )
    everyone = [find_process(pid) for pid in numbers_in(tmp_path / "family")]
    assert None not in everyone
    supervising.send_signal(number)
    assert supervising.wait(60) == code
    until(lambda: not any(map(is_alive, everyone)))


def test_the_reaper_keeps_count_of_who_is_left() -> None:
    assert leaders_left(["start 1\n", "start 2\n", "end 1\n", "start 3\n"]) == {2, 3}


def test_a_number_given_to_another_process_is_not_taken_for_the_old_one() -> None:
    me = find_process(os.getpid())
    assert me is not None
    assert is_alive(me)
    assert not is_alive(type(me)(me.pid, born="another time"))
