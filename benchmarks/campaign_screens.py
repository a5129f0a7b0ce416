"""Walk every screen of the running product in Chromium, in each language, theme and width.

python3 run.py check --campaign screens [--only NAME] [--languages en,ja] [--widths 1440,390]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, sync_playwright

from benchmarks.campaigns.report import Report
from benchmarks.campaigns.screen_audit import Watch, audit, audit_load, settle
from benchmarks.campaigns.screen_keys import import_by_keys
from benchmarks.campaigns.screen_openers import open_each
from benchmarks.campaigns.screen_places import (
    DEBUGGING,
    SANDBOX,
    VISITOR,
    find_places,
    name_missing,
    visitor_places,
)
from benchmarks.campaigns.using import debugged, forget_everybody, sign_in, use_product
from launcher.chromium import FLAGS, ensure_chromium, find_chromium
from tests.running_product import Product, running_product

EVENTS = 60_000
HEIGHT = 900
LOCALES = {"en": "en-US", "ja": "ja-JP"}
THEMES = ("light", "dark")
CHOOSE_THEME = """(theme) => {
  if (document.documentElement.dataset.theme) document.documentElement.dataset.theme = theme;
}"""
# In drawings an anchor's `href` is no text.
LINKS = """[...document.querySelectorAll("a[href]")]
  .map((a) => new URL(a.getAttribute("href"), location).href)"""


@dataclass
class Walk:
    """One walk through one language: what was opened, and how it is looked at."""

    product: Product
    report: Report
    language: str
    widths: tuple[int, ...]
    opened: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)


def main() -> None:
    arguments = _parse()
    environ = ensure_chromium()
    os.environ.update(environ)
    report = Report("Every screen, in each language, theme and width")
    with (
        tempfile.TemporaryDirectory(prefix="screens-") as folder,
        running_product(Path(folder) / "data", events=EVENTS) as product,
    ):
        made = use_product(product)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=str(find_chromium()), args=[*FLAGS]
            )
            walk_all(chromium, product, made, report, arguments)
            chromium.close()
    sys.exit(report.end())


def walk_all(
    chromium: Browser,
    product: Product,
    made: dict[str, Any],
    report: Report,
    arguments: argparse.Namespace,
) -> None:
    places = find_places(made)
    outside = visitor_places(made)
    missing = name_missing(made, [*places, *VISITOR, *DEBUGGING])
    report.promise("every page of the table of rights is walked", not missing, told=missing or "")
    if arguments.only:
        places = {name: paths for name, paths in places.items() if arguments.only in name}
        outside = {name: paths for name, paths in outside.items() if arguments.only in name}
    links: set[str] = set()
    for language in arguments.languages:
        walk = Walk(product, report, language, arguments.widths, links=links)
        with _context(chromium, walk, "Admin") as (page, watch):
            for name, paths in places.items():
                _walk_screen(walk, page, watch, name, paths)
            if not arguments.only:
                _walk_screen(walk, page, watch, "not found", ["/no-such-page/"], expected=404)
                _walk_errors(walk, page, watch, made["errors"])
                sandbox = [product.sandbox_url + path for path in SANDBOX]
                _walk_screen(walk, page, watch, "sandbox", sandbox)
                _check_links(walk, page.context)
        with _context(chromium, walk, None) as (page, watch):
            for name in ("login", "set_password"):
                _walk_screen(walk, page, watch, name, outside.get(name, []))
    if arguments.only:
        return
    walk = Walk(product, report, "en", (1440,))
    with _context(chromium, walk, "Viewer") as (page, watch):
        _walk_as_viewer(walk, page, watch, places)
    with _context(chromium, walk, "Admin", java_script_enabled=False) as (page, watch):
        _read_without_script(walk, page, places)
    with _context(chromium, walk, "Governor") as (page, watch):
        problems = import_by_keys(page, product)
        report.promise("an import from list to result by keys alone", not problems, told=problems)
    with debugged(product) as debugging:
        walk = Walk(debugging, report, "en", arguments.widths)
        with _context(chromium, walk, "Viewer") as (page, watch):
            _walk_screen(walk, page, watch, "style_guide", ["/style-guide/"])
    _walk_setup(chromium, product, report, arguments, outside["setup"])


@contextmanager
def _context(
    chromium: Browser, walk: Walk, role: str | None, **options: Any
) -> Iterator[tuple[Page, Watch]]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": HEIGHT},
        locale=LOCALES[walk.language],
        timezone_id="Asia/Tokyo",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(20_000)
    hosts = frozenset(urlsplit(url).netloc for url in (walk.product.url, walk.product.sandbox_url))
    watch = Watch(hosts)
    watch.over(context)
    page = context.new_page()
    if role:
        sign_in(page, walk.product, role)
    yield page, watch
    context.close()


def _walk_screen(
    walk: Walk, page: Page, watch: Watch, name: str, paths: list[str], *, expected: int = 200
) -> None:
    looks, faults = 0, []
    for path in paths:
        url = path if path.startswith("http") else walk.product.url + path
        for width in walk.widths[:1] + walk.widths[-1:]:
            # The others are reached by making the window smaller, as people do.
            widths = [*walk.widths[:-1]] if width == walk.widths[0] else [width]
            page.set_viewport_size({"width": width, "height": HEIGHT})
            status = _open(page, url)
            found = audit_load(page)
            if status != expected:
                found.append(f"answered {status}")
            found += _look(page, widths or [width])
            looks += 2 * len(widths or [width])
            faults += [f"{path} {width}: {fault}" for fault in [*found, *watch.take()]]
        faults = [fault for fault in faults if not _is_expected(fault, expected)]
        page.set_viewport_size({"width": walk.widths[0], "height": HEIGHT})
        walk.links |= set(page.evaluate(LINKS))
        for kind, scope in open_each(page, walk.opened):
            found = [scope] if "pressed" in scope else _look(page, [*walk.widths], scope)
            looks += 2 * len(walk.widths)
            page.set_viewport_size({"width": walk.widths[0], "height": HEIGHT})
            faults += [f"{path} opening {kind}: {fault}" for fault in [*found, *watch.take()]]
    _tell(walk.report, f"{walk.language} {name}", looks, faults)


def _open(page: Page, url: str) -> int:
    """The status of the answer; 0 where Chromium shows nothing of it."""
    try:
        answer = page.goto(url)
    except Error:
        return 0
    settle(page)
    return answer.status if answer else 0


def _is_expected(fault: str, status: int) -> bool:
    return status != 200 and f"status of {status}" in fault


def _look(page: Page, widths: list[int], scope: str = "html") -> list[str]:
    faults = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.evaluate(CHOOSE_THEME, theme)
            faults += [f"{width} {theme} {fault}" for fault in audit(page, scope=scope)]
    return faults


def _tell(report: Report, name: str, looks: int, faults: list[str]) -> None:
    report.promise(name, not faults, told=f"{looks} looks,")
    report.note_broken(dict.fromkeys(faults))


def _walk_errors(walk: Walk, page: Page, watch: Watch, errors: dict[str, str]) -> None:
    """What is shown when something fails, as its template says it; nothing has to fail for it."""
    for code, content in errors.items():
        url = f"{walk.product.url}/shown-for-{code}/"
        page.route(url, partial(_fulfill, content))
        _walk_screen(walk, page, watch, f"error {code}", [url])
        page.unroute(url)


def _fulfill(content: str, route: Route) -> None:
    route.fulfill(body=content, content_type="text/html")


def _check_links(walk: Walk, context: BrowserContext) -> None:
    """Every address that a page names answers."""
    origins = (walk.product.url, walk.product.sandbox_url)
    dead = []
    links = {link.partition("#")[0] for link in walk.links}
    ours = sorted(link for link in links if link.startswith(origins))
    for link in ours:
        status = context.request.get(link).status
        if status >= 400:
            dead.append(f"{link} answers {status}")
    away = [link for link in links if not link.startswith((*origins, "mailto:", "blob:"))]
    _tell(walk.report, f"{walk.language} links", len(ours), dead)
    walk.report.row("links to other places, not opened", len(away))
    walk.links.clear()


def _walk_as_viewer(walk: Walk, page: Page, watch: Watch, places: dict[str, list[str]]) -> None:
    faults, looks, refused = [], 0, 0
    for paths in places.values():
        status = _open(page, walk.product.url + paths[0])
        refused += status == 403
        if status not in (200, 403):
            faults.append(f"{paths[0]} answered {status}")
        complaints = [each for each in watch.take() if "status of 403" not in each]
        found = [*audit_load(page), *audit(page), *complaints]
        looks += 1
        faults += [f"{paths[0]}: {fault}" for fault in found]
    _tell(walk.report, f"as a Viewer, {refused} of them refused", looks, faults)


def _read_without_script(walk: Walk, page: Page, places: dict[str, list[str]]) -> None:
    faults, looks = [], 0
    for path in (path for paths in places.values() for path in paths):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            answer = page.goto(walk.product.url + path)
            looks += 1
            if answer is None or answer.status != 200:
                faults.append(f"{path} answered {answer.status if answer else 'nothing'}")
            if path.startswith("/admin/"):
                continue
            if len(page.locator("main").inner_text().strip()) < 20:
                faults.append(f"{path} says nothing")
            if not page.locator("h1").first.is_visible():
                faults.append(f"{path} has no heading")
    _tell(walk.report, "read without JavaScript", looks, faults)


def _walk_setup(
    chromium: Browser,
    product: Product,
    report: Report,
    arguments: argparse.Namespace,
    paths: list[str],
) -> None:
    """Last of all, because it is there only while nobody can sign in."""
    forget_everybody(product)
    for language in arguments.languages:
        walk = Walk(product, report, language, arguments.widths)
        with _context(chromium, walk, None) as (page, watch):
            _walk_screen(walk, page, watch, "setup", paths)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="screens whose name contains this")
    parser.add_argument("--languages", type=lambda text: text.split(","), default=["en", "ja"])
    parser.add_argument(
        "--widths",
        type=lambda text: tuple(int(each) for each in text.split(",")),
        default=(1440, 1024, 390),
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
