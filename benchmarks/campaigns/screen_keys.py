"""The import journey of somebody who has no mouse: from the list to the result, by keys alone."""

from __future__ import annotations

from playwright.sync_api import Error, Page

from tests.running_product import Product

COHORT = "Old Users"
MOST_TABS = 400
FOCUSED = """() => {
  const here = document.activeElement;
  return (here.getAttribute("aria-label") ?? here.innerText).trim();
}"""
IS_MARKED = """() => {
  // Between two rounds through the page it is on nothing.
  if (document.activeElement === document.body) return true;
  const style = getComputedStyle(document.activeElement);
  const hasOutline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return hasOutline || style.boxShadow !== "none";
}"""


class _Lost(Exception):
    """A control that the tab key does not come to."""


def import_by_keys(page: Page, product: Product) -> list[str]:
    """What stood in the way; empty when the import was made and its result was read."""
    unmarked: list[str] = []
    try:
        page.goto(f"{product.url}/")
        _press_at(page, "Skip to content", unmarked)
        _press_at(page, "Existing Cohorts", unmarked)
        page.wait_for_url("**/cohorts/**")
        _press_at(page, f"Import {COHORT} to Braze", unmarked)
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Recipient(s)").wait_for()
        _tab_to_field(page, "recipients")
        page.keyboard.type("crm@sing.example")
        page.keyboard.press("Enter")
        _press_at(page, "Import", unmarked)
        dialog.wait_for(state="hidden")
        page.goto(f"{product.url}/imports/")
        _press_at(page, COHORT, unmarked)
        page.get_by_text("Success").first.wait_for(timeout=60_000)
    except (_Lost, Error) as lost:
        return [str(lost).splitlines()[0]]
    return [f"no focus is seen at {name}" for name in dict.fromkeys(unmarked)]


def _press_at(page: Page, name: str, unmarked: list[str]) -> None:
    for _tab in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if not page.evaluate(IS_MARKED):
            unmarked.append(here[:40])
        if here.splitlines()[:1] == [name]:
            page.keyboard.press("Enter")
            return
    raise _Lost(f"“{name}” is not reached by the tab key")


def _tab_to_field(page: Page, name: str) -> None:
    for _tab in range(MOST_TABS):
        page.keyboard.press("Tab")
        if name in (
            page.evaluate("document.activeElement?.name || document.activeElement?.id || ''")
        ):
            return
    raise _Lost(f"the field {name} is not reached by the tab key")
