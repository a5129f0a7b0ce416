"""The whole product on one machine: web, worker, Braze sandbox and mail inbox."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.console import Stop, say
from launcher.layout import ROOT, configured, write_whole
from launcher.ports import HOST, Ports
from launcher.preparation import Preparation
from launcher.processes import find_process
from launcher.supervisor import Child, Supervisor

WEB_PORT, SANDBOX_PORT, SMTP_PORT = 8000, 8001, 1025
# Made up: they open nothing but the sandbox.
SANDBOX_PARTNER_KEYS = "US=sandbox-partner-key-us,EU=sandbox-partner-key-eu"
START_LIMIT = 60.0


@dataclass(frozen=True)
class Plan:
    """Which parts run, where, and with what settings."""

    web: int
    sandbox: int | None
    smtp: int | None
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.web}"


def make_plan(port: int, folder: Path, environ: Mapping[str, str], ports: Ports) -> Plan:
    """Demo settings wherever the user has not set their own; their mail server or sandbox
    takes the place of ours."""
    own = configured(environ)
    web = ports.take(port, what="the web server")
    sandbox = smtp = None
    settings = {"DEMO": "1", "BASE_URL": f"http://{HOST}:{web}"}
    if "BRAZE_SANDBOX_URL" not in own:
        sandbox = ports.take(port and SANDBOX_PORT, what="the Braze sandbox")
        settings["BRAZE_SANDBOX_URL"] = f"http://{HOST}:{sandbox}"
    if "EMAIL_URL" not in own:
        smtp = ports.take(port and SMTP_PORT, what="the mail inbox")
        settings["EMAIL_URL"] = f"smtp://{HOST}:{smtp}"
    settings["BRAZE_PARTNER_KEYS"] = SANDBOX_PARTNER_KEYS
    missing = {name: value for name, value in settings.items() if name not in own}
    return Plan(web, sandbox, smtp, {**environ, **missing, "DATA_DIR": str(folder)})


def web_command(python: Path, port: int, *, host: str = HOST) -> list[str]:
    shared_memory = ["--worker-tmp-dir", "/dev/shm"] if os.access("/dev/shm", os.W_OK) else []  # noqa: S108
    return [
        *(str(python), "-m", "gunicorn", "kubit_app.wsgi", "--bind", f"{host}:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--graceful-timeout", "8", "--no-control-socket", *shared_memory),
    ]


def manage_command(python: Path, *arguments: str) -> list[str]:
    return [str(python), "manage.py", *arguments]


def run_product(python: Path, folder: Path, port: int, *, events: int | None = None) -> int:
    """Prepare, start, and stay until asked to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    environ = dict(os.environ)
    supervisor = Supervisor()
    supervisor.open(keep_open=[lock])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        plan = make_plan(port, folder, environ, Ports())
        preparation = Preparation(python, folder, plan.environ)
        preparation.run()
        preparation.seed(events)
        preparation.connect_sandbox()
        # Until here a signal breaks off what is being prepared; from here on it ends the parts.
        supervisor.listen_for_signals()
        _start(supervisor, plan, python, folder)
        supervisor.watch()
    finally:
        if supervisor.children:
            say("\n  Stopping …")
        supervisor.close()
        (folder / "run.json").unlink(missing_ok=True)
    say("  Stopped.")
    return 0


def _start(supervisor: Supervisor, plan: Plan, python: Path, folder: Path) -> None:
    web, *others = _children(plan, python, folder)
    # The pages first: the rest is needed a moment later, and two cores are few.
    supervisor.start(web)
    _wait_for_pages(supervisor, plan, web)
    if supervisor.stopping.is_set():
        return
    _greet(plan, python, folder)
    for child in others:
        supervisor.start(child)
    write_whole(folder / "run.json", json.dumps(_as_json(plan)))


def _children(plan: Plan, python: Path, folder: Path) -> list[Child]:
    commands = {"web": web_command(python, plan.web), "worker": manage_command(python, "worker")}
    if plan.sandbox:
        place = ("--port", str(plan.sandbox), "--state", str(folder / "sandbox.json"))
        commands["sandbox"] = manage_command(python, "braze_sandbox", *place)
    if plan.smtp:
        commands["inbox"] = manage_command(python, "inbox_server", "--port", str(plan.smtp))
    return [
        Child(name, command, plan.environ, folder / "logs" / f"{name}.log")
        for name, command in commands.items()
    ]


def _wait_for_pages(supervisor: Supervisor, plan: Plan, web: Child) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not answers(plan.web) and not supervisor.stopping.wait(0.05):
        ended = web.process is not None and web.process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise Stop(f"The web server did not start.\n{web.last_words()}\n  See {web.log}")


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(plan: Plan, python: Path, folder: Path) -> None:
    base_url = plan.environ.get("BASE_URL") or configured()["BASE_URL"]
    say(f"\n  Ready: {base_url}")
    logins = read_logins(folder)
    for login in logins:
        say(f"    {login['role']:<10} {login['username']:<12} {login['password']}")
    if not logins:
        say(f"    {_ask(manage_command(python, 'setup_link'), plan.environ)}")
    if plan.sandbox:
        say(f"  Braze sandbox: http://{HOST}:{plan.sandbox}")
    if plan.smtp:
        say(f"  Mail inbox: {base_url}/inbox/")
    say(f"  Data and logs: {folder}")
    say("  Ctrl-C ends everything.")


def _ask(command: list[str], environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environ), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "Make the first account: .venv/bin/python manage.py setup_link"


def read_logins(folder: Path) -> list[dict[str, str]]:
    """The demo users that `seed_demo` made, as it wrote them down."""
    try:
        logins: list[dict[str, str]] = json.loads((folder / "demo-logins.json").read_text())
    except FileNotFoundError:
        return []
    return logins


def _as_json(plan: Plan) -> dict[str, object]:
    sandbox = f"http://{HOST}:{plan.sandbox}" if plan.sandbox else None
    # With these, commands in another shell meet the same product. No secret is among them.
    shared = ["DATA_DIR", "BASE_URL", "BRAZE_SANDBOX_URL", "EMAIL_URL", "DEMO"]
    if plan.environ.get("BRAZE_PARTNER_KEYS") == SANDBOX_PARTNER_KEYS:
        shared.append("BRAZE_PARTNER_KEYS")
    return {
        "pid": os.getpid(),
        "url": plan.url,
        "sandbox_url": sandbox,
        "smtp_port": plan.smtp,
        "environ": {name: plan.environ[name] for name in shared if name in plan.environ},
    }


def _lock(folder: Path) -> int:
    """One product a data folder. Held by the reaper too, until the last process is gone."""
    lock = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + 15
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Killed, it leaves its note; the lock is then free as soon as its parts have ended.
            pid = _read_note(folder).get("pid")
            if (isinstance(pid, int) and find_process(pid)) or time.monotonic() > deadline:
                raise Stop(_already_running(folder)) from None
            time.sleep(0.2)
        else:
            return lock


def _already_running(folder: Path) -> str:
    at = _read_note(folder).get("url", "another address")
    return (
        f"The product already runs with this data folder, at {at}.\n"
        f"  Stop it first, or give another folder with --data-dir. ({folder})"
    )


def _read_note(folder: Path) -> dict[str, object]:
    try:
        note = json.loads((folder / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
