"""Take the pictures of docs/screenshots from the running product with demo data.

python3 run.py check --campaign screenshots
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.campaigns.using import debugged, forget_everybody, sign_in, use_product
from launcher.chromium import FLAGS, ensure_chromium, find_chromium
from tests.running_product import Product, running_product

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
EVENTS = 400_000
RECIPIENT = "crm@sing.example"
# Scheduled, and imported by hand as well.
MANUAL = "New Users"
# File name → path below the product's address.
PAGES = {
    "dashboard": "/",
    "cohorts": "/cohorts/",
    "builder": "/cohorts/frequent-singers/edit/",
    "cohort": "/cohorts/dormant-users/",
    "schedule": "/schedule/",
    "import": "/imports/{succeeded}/",
}
# As wide as a desk and as narrow as a phone.
MORE_PAGES = {
    "calendar": "/schedule/calendar/",
    "search": "/search/?q=sing",
    "imports": "/imports/",
    "notices": "/notices/",
    "data": "/data/?schema=encore-ios",
    "event": "/data/entry/?schema=encore-ios&kind=event&name=SING",
    "inbox": "/inbox/",
    "import-failed": "/imports/{failed}/",
    "import-held": "/imports/{held}/",
    "import-sending": "/imports/{sending}/",
    "review": "/imports/{held}/review/",
    "status": "/status/",
}
ADMIN_PAGES = {
    "upload": "/data/upload/",
    "upload-columns": "/data/upload/{upload}/",
    "braze": "/settings/braze/",
    "profile": "/settings/profile/",
    "users": "/settings/users/",
    "user": "/settings/users/{person}/",
}
VISITOR_PAGES = {"log-in": "/login/", "set-password": "{set_password}"}
ERROR_PAGES = {"error-404": "/no-such-page/", "error-403": "/settings/users/"}
WIDE: dict[str, Any] = {"width": 1440}
DARK: dict[str, Any] = {"width": 1440, "dark": True}
PHONE: dict[str, Any] = {"width": 390}


def main() -> None:
    os.environ.update(ensure_chromium())
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as folder,
        running_product(Path(folder) / "data", events=EVENTS) as product,
    ):
        made = use_product(product, "--fine-names")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=str(find_chromium()), args=[*FLAGS]
            )
            take_all(chromium, product, made)
            chromium.close()


def take_all(chromium: Browser, product: Product, made: dict[str, Any]) -> None:
    names = {**made["runs"], "person": made["person"], "upload": made["uploads"]["new"]}
    names["set_password"] = made["set_password"]

    def at(pages: Mapping[str, str]) -> dict[str, str]:
        return {name: path.format(**names) for name, path in pages.items()}

    with signed_in(chromium, product, **WIDE) as page:
        import_some(page, product)
        take(page, product, at({**PAGES, **MORE_PAGES, **ERROR_PAGES}), suffix="")
        take_dialogs(page, product)
        take_history(page, product)
        take_sandbox(page, product)
    with signed_in(chromium, product, **PHONE) as page:
        take(page, product, at({**PAGES, **MORE_PAGES}), suffix="-390")
    with signed_in(chromium, product, **DARK) as page:
        take(page, product, at(PAGES), suffix="-dark")
    with signed_in(chromium, product, width=1024) as page:
        take(page, product, at(PAGES), suffix="-1024")
    with signed_in(chromium, product, width=1440, locale="ja-JP") as page:
        some = {name: PAGES[name] for name in ("dashboard", "cohorts", "import")}
        take(page, product, at(some), suffix="-ja")
    for suffix, look in {"": WIDE, "-390": PHONE}.items():
        with signed_in(chromium, product, role="Admin", **look) as page:
            take(page, product, at(ADMIN_PAGES), suffix=suffix)
        with opened(chromium, product, **look) as page:
            take(page, product, at(VISITOR_PAGES), suffix=suffix)
    with (
        debugged(product) as debugging,
        signed_in(chromium, debugging, **WIDE) as page,
    ):
        take(page, debugging, {"style-guide": "/style-guide/"}, suffix="")
    # Last of all, because it is there only while nobody can sign in.
    forget_everybody(product)
    with opened(chromium, product, **WIDE) as page:
        take(page, product, {"set-up": made["setup"]}, suffix="")


@contextmanager
def opened(
    chromium: Browser,
    product: Product,
    *,
    width: int,
    dark: bool = False,
    locale: str = "en-US",
) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale=locale,
        timezone_id="Asia/Tokyo",
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto(product.url)
    yield page
    context.close()


@contextmanager
def signed_in(
    chromium: Browser, product: Product, *, role: str = "Governor", **look: Any
) -> Iterator[Page]:
    with opened(chromium, product, **look) as page:
        sign_in(page, product, role)
        yield page


def open_dialog(page: Page, product: Product, name: str) -> None:
    page.goto(f"{product.url}/cohorts/")
    page.get_by_role("link", name=f"Import {name} to Braze").click()
    recipients = page.get_by_role("dialog").get_by_role("textbox", name="Recipient(s)")
    recipients.fill(RECIPIENT)
    recipients.press("Enter")


def import_some(page: Page, product: Product) -> None:
    for name in ("Paid Facebook Users",):
        open_dialog(page, product, name)
        page.get_by_role("dialog").get_by_role("button", name="Import").click()
        page.get_by_role("dialog").wait_for(state="hidden")
    for name, unit in (
        ("Dormant Users", "week"),
        ("New Users", "day"),
        ("Frequent Singers", "day"),
    ):
        open_dialog(page, product, name)
        fill_recurrence(page, unit)
        page.get_by_role("dialog").get_by_role("button", name="Create").click()
        page.get_by_role("dialog").wait_for(state="hidden")
    page.goto(f"{product.url}/schedule/")
    for _import in range(2):
        page.get_by_role("button", name=f"Import {MANUAL} to Braze now").click()
        page.get_by_text("Success").first.wait_for(timeout=60_000)
        page.goto(f"{product.url}/schedule/")
    page.wait_for_timeout(8000)


def fill_recurrence(page: Page, unit: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Scheduled Import").check()
    dialog.get_by_role("combobox", name="Unit").select_option(unit)
    if unit == "week":
        for day in ("Tuesday", "Friday"):
            dialog.get_by_role("checkbox", name=day).check()


def take(page: Page, product: Product, pages: Mapping[str, str], *, suffix: str) -> None:
    for name, path in pages.items():
        page.goto(product.url + path)
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / f"{name}{suffix}.png")


def take_dialogs(page: Page, product: Product) -> None:
    # High enough for the whole of it.
    page.set_viewport_size({"width": 1440, "height": 1240})
    open_dialog(page, product, "Old Users")
    fill_recurrence(page, "week")
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / "import-dialog.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    for name, opener in {
        "schedule-edit": f"Edit the schedule of {MANUAL}",
        "schedule-pause": f"Pause the schedule of {MANUAL}",
    }.items():
        page.goto(f"{product.url}/schedule/")
        page.get_by_role("link", name=opener).click()
        page.get_by_role("dialog").wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / f"{name}.png")


def take_history(page: Page, product: Product) -> None:
    page.set_viewport_size({"width": 1440, "height": 1120})
    page.goto(f"{product.url}/schedule/")
    page.get_by_role("button", name=f"Import history of {MANUAL}").click()
    page.get_by_role("dialog", name=f"Import history of {MANUAL}").wait_for()
    page.screenshot(path=FOLDER / "import-history.png")
    page.set_viewport_size({"width": 1440, "height": 900})


def take_sandbox(page: Page, product: Product) -> None:
    page.goto(f"{product.sandbox_url}/cohorts")
    page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / "sandbox.png")


if __name__ == "__main__":
    main()
