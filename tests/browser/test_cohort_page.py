"""The page of a cohort as analysts use it, with keys and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_builder import AXE, RULES
from tests.browser.test_journey import PATIENCE
from tests.browser.test_lists import LOOKS, complaints, open_page
from tests.running_product import Product

__all__ = ["complaints", "open_page"]
COHORT = "/cohorts/frequent-singers/"


def wait_for_parts(page: Page) -> None:
    expect(page.get_by_role("link", name="Count again")).to_be_visible()
    # The part is replaced as soon as it comes into view, so it cannot be waited for.
    page.evaluate("document.getElementById('overlap').scrollIntoView()")
    expect(page.locator("#overlap .meter").first).to_be_visible()


def check(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations)", RULES
    )
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow dark", "phone dark"])
def test_its_parts_come_without_a_jump(
    open_page: Any, product: Product, look: dict[str, Any], complaints: list[str]
) -> None:
    page = open_page(**look)
    page.goto(product.url + COHORT)
    wait_for_parts(page)
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"]
    assert page.evaluate("window.shifted") <= 0.05
    assert complaints == []


def test_it_can_be_read_without_scripts(open_page: Any, product: Product) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(product.url + COHORT)
    page.get_by_role("link", name="Count each condition").click()
    expect(page.locator("#definition")).to_contain_text("users as of")
    page.go_back()
    page.get_by_role("link", name="Members").click()
    user = page.locator("bdi").first.inner_text()
    page.get_by_role("button", name="Why in?").first.click()
    expect(page.locator("#member-check")).to_contain_text(f"{user} is in the cohort.")
    assert user not in page.url


def test_past_sizes_are_computed_back_by_keys(
    open_page: Any, product: Product, complaints: list[str]
) -> None:
    page = open_page()
    page.goto(f"{product.url}/cohorts/old-users/")
    page.locator("#range-90").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#range-90")).to_have_attribute("aria-current", "true")
    for _press in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "start-past":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("The dashed line was computed back")).to_be_visible(timeout=PATIENCE)
    # Whoever pressed it goes on from where they were.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#sizes') !== null")
    assert complaints == []
