"""The dashboard, the list of cohorts and the shell, as analysts use them, with keys and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_builder import AXE, RULES
from tests.browser.test_journey import sign_in
from tests.running_product import Product

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
LOOKS = [
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 1024, "height": 900}, "color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]
PAGES = ["/", "/cohorts/", "/schedule/calendar/", "/search/?q=sing", "/data/", "/notices/"]


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def open_page(browser: Browser, product: Product, complaints: list[str]) -> Iterator[Any]:
    contexts = []

    def open_with(**options: Any) -> Page:
        context = browser.new_context(locale="en-US", timezone_id="Asia/Tokyo", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type != "log" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(SHIFTS)
        sign_in(page, product, "Governor")
        return page

    yield open_with
    for context in contexts:
        context.close()


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "narrow dark", "phone dark"])
def test_every_page_is_accessible_steady_and_fits(
    open_page: Any, product: Product, look: dict[str, Any], complaints: list[str]
) -> None:
    page = open_page(**look)
    for path in PAGES:
        page.goto(product.url + path)
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(r => r.violations)", RULES
        )
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"]
        assert page.evaluate("window.shifted") <= 0.05, path
    assert complaints == []


def test_keys_find_a_cohort_and_open_it(open_page: Any, complaints: list[str]) -> None:
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type("whal")
    expect(page.get_by_role("option", name="Whales")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Whales", level=1)).to_be_visible()
    assert complaints == []


def test_an_analyst_tags_and_stars_cohorts(
    open_page: Any, product: Product, complaints: list[str]
) -> None:
    page = open_page()
    page.goto(f"{product.url}/cohorts/")
    # Two rows by keys: the first one, and the second.
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("Selected cohorts: 2")).to_be_visible()
    page.locator("#bulk input[name=tag]").fill("by keys")
    page.get_by_role("button", name="Add tag").click()
    expect(page.get_by_text("2 cohorts were tagged.")).to_be_visible()
    page.get_by_role("link", name="by keys 2").click()
    expect(page.locator("#cohorts tbody tr")).to_have_count(2)
    page.goto(f"{product.url}/cohorts/")
    page.get_by_role("row").filter(has_text="Whales").hover()
    page.get_by_role("button", name="Add Whales to favorites").click()
    favorites = page.get_by_role("complementary").get_by_role("link", name="Whales")
    expect(favorites).to_be_visible()
    page.goto(product.url)
    expect(page.get_by_role("img", name="Whales").first).to_be_visible()
    assert complaints == []


def test_it_reads_without_a_script(open_page: Any, product: Product) -> None:
    page = open_page(java_script_enabled=False)
    for path, said in {
        "/": "Needs attention",
        "/cohorts/": "Dormant Users",
        "/schedule/calendar/": "Times in",
        "/search/?q=whales": "Whales",
        "/notices/": "Notifications",
    }.items():
        page.goto(product.url + path)
        expect(page.get_by_role("main")).to_contain_text(said)
