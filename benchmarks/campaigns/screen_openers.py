"""The controls of a page that open something over it: found, pressed, looked at, put back."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Error, Page

from benchmarks.campaigns.screen_audit import settle

# Marks each opener with a number, and answers what tells its kind from others. Of many of one
# kind, such as one in each row, the one beside stored markup stands for all.
FIND = """
() => {
  const known = "[hx-target='#dialog'], [data-popover], summary, [data-opens], [aria-haspopup], "
    + ".tabs a[hx-get], button[id=templates], [role=combobox]:not([type=search]), .row-menu button";
  const kinds = new Map();
  for (const each of document.querySelectorAll(known)) {
    if (each.disabled || each.closest("dialog, .pop, [hidden]")) continue;
    if (!each.checkVisibility()) continue;
    const place = (each.getAttribute("hx-get") ?? "").replace(/[?].*/, "")
      .replace(/\\/cohorts\\/[^/]+\\//, "/cohorts/*/").replace(/\\d+/g, "*");
    const own = place || each.dataset.opens || each.id || each.className + each.tagName;
    const kind = `${own} ${each.getAttribute("role") ?? ""}`.trim();
    const isBad = each.closest("tr, li, .card")?.textContent.includes("planted");
    if (!kinds.has(kind) || (isBad && !kinds.get(kind).isBad)) kinds.set(kind, { each, isBad });
  }
  return [...kinds].map(([kind, { each }], number) => {
    each.dataset.walked = number;
    return kind;
  });
}
"""
OPENED = ("dialog[open]", ".pop:not([hidden])", "[role=listbox]:not([hidden])", "details[open]")


def open_each(page: Page, known: set[str]) -> Iterator[tuple[str, str]]:
    """Opens one after the other of the kinds not known yet; yields its kind and what it opened."""
    place = page.url
    for number, kind in enumerate(page.evaluate(FIND)):
        if kind in known:
            continue
        known.add(kind)
        page.evaluate(FIND)
        opener = page.locator(f"[data-walked='{number}']").first
        if not opener.count():
            continue
        try:
            opener.click(timeout=3000)
        except Error as error:
            yield kind, f"cannot be pressed: {str(error).splitlines()[0]}"
            continue
        page.wait_for_timeout(150)
        settle(page)
        yield kind, next((each for each in OPENED if _is_shown(page, each)), "html")
        _put_back(page, place)


def _is_shown(page: Page, selector: str) -> bool:
    return any(each.is_visible() for each in page.locator(selector).all())


def _put_back(page: Page, place: str) -> None:
    page.keyboard.press("Escape")
    page.evaluate(
        "document.querySelectorAll('main details[open]').forEach((d) => { d.open = false; })"
    )
    if page.url != place or _is_shown(page, "dialog[open]"):
        page.goto(place)
        settle(page)
