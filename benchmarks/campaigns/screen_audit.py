"""What a screen must never do, looked for in the page that Chromium shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, TimeoutError

from benchmarks.campaigns.bad_names import PLANTED

AXE = Path(__file__).resolve().parents[2] / "tests" / "browser" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_SHIFT = 0.05
OURS = "Blocked script execution in"
WATCH = """
window.seen = { shifted: 0, refused: [], planted: false };
window.planted = () => { window.seen.planted = true; };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.seen.shifted += entry.value;
  }
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", (event) =>
  window.seen.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
FIND_FAULTS = """
async ([scope, rules]) => {
  // Colours on their way from one theme to the other are neither's.
  const ends = (animation) => isFinite(animation.effect.getComputedTiming().endTime);
  const moving = document.getAnimations().filter(ends);
  await Promise.all(moving.map((animation) => animation.finished.catch(() => null)));
  const found = await axe.run(document.querySelector(scope) ?? document, {
    runOnly: rules, resultTypes: ["violations"],
  });
  const parts = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
  return found.violations.map((each) => `${each.id}: ${parts(each.nodes)}`);
}
"""
# Words and controls that stick out of the box they stand in, where nothing cuts or scrolls them.
FIND_SPILLS = """
(scope) => {
  const root = document.querySelector(scope) ?? document.body;
  const boxes = ".card, dialog, .pop, td, th, .btn, .badge, .chip, .banner, .toast, .tag";
  const seen = { visibilityProperty: true, opacityProperty: true };
  const spilled = new Set();
  const isHeld = (from, box) => {
    for (let up = from; up && up !== box.parentElement; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.overflowX !== "visible" || style.clipPath !== "none") return true;
    }
    return false;
  };
  const check = (element, box, rect, what) => {
    if (!box || !rect.width || !element.checkVisibility(seen) || isHeld(element, box)) return;
    const edge = box.getBoundingClientRect();
    if (rect.right <= edge.right + 1.5 && rect.left >= edge.left - 1.5) return;
    spilled.add(`${box.tagName.toLowerCase()}.${box.className}: ${what.trim().slice(0, 60)}`);
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const parent = node.parentElement;
    check(parent, parent.closest(boxes), range.getBoundingClientRect(), node.data);
  }
  for (const each of root.querySelectorAll("input, select, textarea, button, .btn, .chip")) {
    const box = each.parentElement.closest(".card, dialog, .pop");
    const rect = each.getBoundingClientRect();
    // Boxes of a pixel are there for screen readers.
    if (rect.width > 2) check(each.parentElement, box, rect, each.outerHTML);
  }
  return [...spilled].slice(0, 3);
}
"""
SIZES = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass
class Watch:
    """What the pages of one context complain about, beside what is looked for in them."""

    hosts: frozenset[str]
    complaints: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(WATCH)
        context.add_init_script(AXE.read_text())
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("dialog", lambda dialog: self._note_dialog(dialog))

    def take(self) -> list[str]:
        taken, self.complaints = self.complaints, []
        return taken

    def _note_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self.hosts:
            self.complaints.append(f"asked another host: {request.url[:120]}")

    def _note_console(self, message: Any) -> None:
        # A mail is shown in a frame that lets no script in, and so not those of this walk either.
        if message.type in ("error", "warning") and not message.text.startswith(OURS):
            self.complaints.append(f"console: {message.text[:200]}")

    def _note_dialog(self, dialog: Any) -> None:
        self.complaints.append(f"alert: {dialog.message}")
        dialog.dismiss()


def audit(page: Page, *, scope: str = "html") -> list[str]:
    """Everything wrong with what is shown now, at this width and in this theme."""
    faults: list[str] = page.evaluate(FIND_FAULTS, [scope, RULES])
    return [f"axe {fault}" for fault in faults] + _layout_faults(page, scope)


def _layout_faults(page: Page, scope: str) -> list[str]:
    shown, room = page.evaluate(SIZES)
    faults = [f"{shown - room} px wider than the window"] if shown > room else []
    return faults + [f"sticks out of {each}" for each in page.evaluate(FIND_SPILLS, scope)]


def audit_load(page: Page) -> list[str]:
    """What has happened since the page began to load; asked before its size is changed."""
    seen: dict[str, Any] = page.evaluate("window.seen")
    faults = [f"refused by the policy: {each}" for each in seen["refused"]]
    if seen["shifted"] > MOST_SHIFT:
        faults.append(f"layout shifted by {seen['shifted']:.2f}")
    if seen["planted"] or page.locator(f".{PLANTED}").count():
        faults.append("markup that was stored came to life")
    return faults


def settle(page: Page, *, within: float = 4000) -> None:
    """Until htmx and the builder have put in what they ask for, or the time is up."""
    waiting = ".htmx-request, .skel, [aria-busy=true]"
    try:
        page.wait_for_function(
            "(waiting) => !document.querySelector(waiting)", arg=waiting, timeout=within
        )
    except TimeoutError:
        # A page that never rests, such as that of a running import.
        return
