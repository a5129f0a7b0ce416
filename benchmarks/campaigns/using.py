"""A running demo as a product in use, and people who come to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from playwright.sync_api import Page

from launcher.layout import ROOT
from tests.running_product import Product


def use_product(product: Product, *options: str) -> dict[str, Any]:
    """Make of the demo a product in use. A process of its own: Playwright and Django's
    database do not share one."""
    command = [sys.executable, "-m", "benchmarks.campaigns.used_product", *options]
    done = subprocess.run(
        command, cwd=ROOT, env=product.environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def sign_in(page: Page, product: Product, role: str) -> None:
    page.goto(f"{product.url}/login/")
    login = product.logins[role]
    page.locator("[name=username]").fill(login.username)
    page.locator("[name=password]").fill(login.password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{product.url}/")


def forget_everybody(product: Product) -> None:
    """So that the first account is to be made again."""
    from_now_on = "from django.contrib.auth.models import User; User.objects.all().delete()"
    product.manage("shell", "-c", from_now_on)


@contextmanager
def debugged(product: Product) -> Iterator[Product]:
    """The same product at another address, with the pages that are there with DEBUG alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "manage.py", "runserver", address, "--noreload"]
    environ = {**product.environ, "DEBUG": "true"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet)
    try:
        _wait_for(address)
        yield replace(product, url=f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str) -> None:
    host, _colon, port = address.rpartition(":")
    for _try in range(300):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")
