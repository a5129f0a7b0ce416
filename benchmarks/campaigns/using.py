"""A running demo as a product in use, and people who come to it."""

from __future__ import annotations

import json
import subprocess
import sys
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
