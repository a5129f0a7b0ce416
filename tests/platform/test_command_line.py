from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import cli, product
from launcher.layout import ROOT, data_dir, read_dotenv
from launcher.ports import Ports


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "There is no verb 'frobnicate'."),
        (["setup", "--colour"], "--colour"),
        (["web", "--port", "high"], "invalid int value: 'high'"),
        (["bench", "nothing-of-the-kind"], "Name one of"),
        (["check", "--campaign", "nothing-of-the-kind"], "Name one of"),
    ],
)
def test_it_refuses_what_it_does_not_know(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_verb() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(f"  {verb} " in done.stdout for verb in cli.VERBS if verb != "all")


def test_a_taken_port_is_said_and_the_next_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        port = Ports().take(taken, what="the web server")
    assert port > taken
    assert f"Port {taken} is taken; the web server uses {port}." in capsys.readouterr().out


def test_no_port_is_given_twice() -> None:
    ports = Ports()
    assert len({ports.take(42000, what="a part") for _ in range(5)}) == 5


def test_what_the_user_has_set_wins_over_the_demo(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMAIL_URL=smtp://mail.example\nBRAZE_PARTNER_KEYS='US=mine'\n")
    environ = {"ENV_FILE": str(tmp_path / ".env"), "BASE_URL": "http://cohorts.example"}
    plan = product.make_plan(0, tmp_path, environ, Ports())
    assert plan.environ["BASE_URL"] == "http://cohorts.example"
    assert plan.environ["DEMO"] == "1"
    assert plan.environ["BRAZE_SANDBOX_URL"] == f"http://127.0.0.1:{plan.sandbox}"
    # Read from `.env` by the product itself; no inbox of ours beside their mail server.
    assert {"EMAIL_URL", "BRAZE_PARTNER_KEYS"}.isdisjoint(plan.environ)
    assert plan.smtp is None


def test_a_dotenv_file_is_read_as_people_write_it() -> None:
    text = "# note\n#OFF=1\nexport A=1\nB = 'two words'\nC=\"x=y\"\n\nnot a setting\n"
    assert read_dotenv(text) == {"A": "1", "B": "two words", "C": "x=y"}


def test_the_data_folder_is_the_option_then_the_setting_then_the_default(tmp_path: Path) -> None:
    assert data_dir(str(tmp_path), {"DATA_DIR": "/elsewhere"}) == tmp_path
    assert data_dir(None, {"DATA_DIR": "/elsewhere"}) == Path("/elsewhere")
    assert data_dir(None, {}) == ROOT / ".data"
