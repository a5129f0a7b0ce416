"""The whole product as `run.py` runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

from launcher.layout import ROOT
from tests.running_product import Product, product_environ


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.status, answer.read()


def test_it_is_ready_to_work(product: Product) -> None:
    status, body = get(f"{product.url}/readyz")
    assert status == 200
    assert json.loads(body)["status"] == "ready"


def test_every_role_has_a_log_in(product: Product) -> None:
    assert set(product.logins) == {"Admin", "Governor", "Creator", "Viewer"}
    assert all(login.password for login in product.logins.values())


def test_every_part_runs_and_logs_without_a_traceback(product: Product) -> None:
    logs = {path.stem: path.read_text() for path in (product.data_dir / "logs").glob("*.log")}
    assert set(logs) == {"setup", "web", "worker", "sandbox", "inbox"}
    assert not [name for name, text in logs.items() if "Traceback" in text]
    assert "ended" not in (product.data_dir.parent / "run.log").read_text()


def test_the_sandbox_answers_and_keeps_its_state_in_the_data_folder(product: Product) -> None:
    status, body = get(f"{product.sandbox_url}/_sandbox/state")
    assert status == 200
    assert "cohorts" in json.loads(body)


def test_the_demos_connection_leads_to_the_running_sandbox(product: Product) -> None:
    code = (
        "from integrations.models import Connection as C; print(*C.objects.values_list('endpoint'))"
    )
    assert product.sandbox_url in product.manage("shell", "--no-imports", "-c", code).stdout


def test_the_worker_is_seen(product: Product) -> None:
    code = "from integrations.models import WorkerSeen as W; print(W.objects.count())"
    deadline = time.monotonic() + 60
    while product.manage("shell", "--no-imports", "-c", code).stdout.strip() != "1":
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_second_start_with_the_same_data_is_refused(product: Product) -> None:
    command = [sys.executable, "run.py", "--use-this-python", "--port", "0"]
    second = subprocess.run(
        [*command, "--data-dir", str(product.data_dir)],
        cwd=ROOT,
        env=product_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"already runs with this data folder, at {product.url}" in second.stderr


def test_the_secrets_are_the_owners_alone(product: Product) -> None:
    assert (product.data_dir / "secrets.json").stat().st_mode & 0o077 == 0
