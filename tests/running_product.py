"""The whole product, running as its users run it, with a small demo."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.layout import ROOT, setting_names

START_LIMIT = 240.0


@dataclass(frozen=True)
class Login:
    username: str
    password: str


@dataclass(frozen=True)
class Product:
    url: str
    sandbox_url: str
    smtp_port: int
    data_dir: Path
    # By role, as `seed_demo` made them.
    logins: dict[str, Login]
    # In which `manage.py` commands meet the same data as the running product.
    environ: dict[str, str]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


def product_environ() -> dict[str, str]:
    """As in the shell of a person who has configured nothing."""
    ours = setting_names() | {"TESTS_PREPARED_BY"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "kubit_app.settings"}


@contextmanager
def running_product(data_dir: Path, *, events: int) -> Iterator[Product]:
    """Started by `run.py` on free ports; everything it started has ended after the block."""
    command = [sys.executable, "run.py", "--use-this-python", "--port", "0"]
    command += ["--data-dir", str(data_dir), "--events", str(events)]
    output = data_dir.parent / "run.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=product_environ(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _wait_until_it_runs(process, data_dir, output)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_until_it_runs(process: subprocess.Popen[bytes], data_dir: Path, output: Path) -> Product:
    deadline = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < deadline:
        if (data_dir / "run.json").exists():
            product = _read(data_dir)
            if _answers(product.smtp_port) and _answers(
                int(product.sandbox_url.rpartition(":")[2])
            ):
                return product
        time.sleep(0.1)
    raise RuntimeError(f"The product did not start:\n{output.read_text(errors='replace')}")


def _read(data_dir: Path) -> Product:
    running = json.loads((data_dir / "run.json").read_text())
    logins = json.loads((data_dir / "demo-logins.json").read_text())
    return Product(
        url=running["url"],
        sandbox_url=running["sandbox_url"],
        smtp_port=running["smtp_port"],
        data_dir=data_dir,
        logins={each["role"]: Login(each["username"], each["password"]) for each in logins},
        environ={**product_environ(), **running["environ"]},
    )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
