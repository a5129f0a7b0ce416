"""Take the pictures of docs/screenshots from the running product with demo data.

python3 run.py check --campaign screenshots
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

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
    "calendar": "/schedule/calendar/",
    "search": "/search/?q=sing",
    "cohorts": "/cohorts/",
    "builder": "/cohorts/frequent-singers/edit/",
    "cohort": "/cohorts/whales/",
    "schedule": "/schedule/",
    "import": "/imports/1/",
    "imports": "/imports/",
    "notices": "/notices/",
    "data": "/data/",
    "event": "/data/entry/?schema=encore-ios&kind=event&name=SING",
    "inbox": "/inbox/",
}


# The same, of pages that are for Admins.
ADMIN_PAGES = {
    "upload": "/data/upload/",
    "braze": "/settings/braze/",
    "profile": "/settings/profile/",
    "users": "/settings/users/",
}


def main() -> None:
    ensure_chromium()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as folder,
        running_product(Path(folder) / "data", events=EVENTS) as product,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=str(find_chromium()), args=[*FLAGS])
        with signed_in(chromium, product, width=1440) as page:
            import_some(page, product)
            take(page, product, suffix="")
            take_dialog(page, product)
            take_history(page, product)
            take_sandbox(page, product)
        with signed_in(chromium, product, width=1440, dark=True) as page:
            take(page, product, suffix="-dark")
        with signed_in(chromium, product, width=1024) as page:
            take(page, product, suffix="-1024")
        with signed_in(chromium, product, width=390) as page:
            take(page, product, suffix="-390")
        looks: dict[str, dict[str, Any]] = {
            "": {"width": 1440},
            "-dark": {"width": 1440, "dark": True},
            "-390": {"width": 390},
        }
        for suffix, look in looks.items():
            with signed_in(chromium, product, role="Admin", **look) as page:
                take(page, product, suffix=suffix, pages=ADMIN_PAGES)
        chromium.close()


@contextmanager
def signed_in(
    chromium: Browser,
    product: Product,
    *,
    width: int,
    dark: bool = False,
    role: str = "Governor",
) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale="en-US",
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto(product.url)
    login = product.logins[role]
    page.get_by_label("Username").fill(login.username)
    page.get_by_label("Password").fill(login.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Dashboard", level=1).wait_for()
    yield page
    context.close()


def open_dialog(page: Page, product: Product, name: str) -> None:
    page.goto(f"{product.url}/cohorts/")
    page.get_by_role("link", name=f"Import {name} to Braze").click()
    recipients = page.get_by_role("dialog").get_by_role("textbox", name="Recipient(s)")
    recipients.fill(RECIPIENT)
    recipients.press("Enter")


def import_some(page: Page, product: Product) -> None:
    for name in ("Paid Facebook Users", "Dormant Users"):
        open_dialog(page, product, name)
        page.get_by_role("dialog").get_by_role("button", name="Import").click()
        page.get_by_role("dialog").wait_for(state="hidden")
    for name, unit in (("Whales", "week"), ("New Users", "day"), ("Frequent Singers", "day")):
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


def take(page: Page, product: Product, *, suffix: str, pages: Mapping[str, str] = PAGES) -> None:
    for name, path in pages.items():
        page.goto(product.url + path)
        page.wait_for_timeout(1500)
        page.screenshot(path=FOLDER / f"{name}{suffix}.png")


def take_dialog(page: Page, product: Product) -> None:
    open_dialog(page, product, "Old Users")
    fill_recurrence(page, "week")
    # High enough for the whole of it.
    page.set_viewport_size({"width": 1440, "height": 1160})
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / "import-dialog.png")
    page.set_viewport_size({"width": 1440, "height": 900})


def take_history(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/schedule/")
    page.get_by_role("button", name=f"Import history of {MANUAL}").click()
    page.get_by_role("dialog", name=f"Import history of {MANUAL}").wait_for()
    page.screenshot(path=FOLDER / "import-history.png")


def take_sandbox(page: Page, product: Product) -> None:
    page.goto(f"{product.sandbox_url}/cohorts")
    page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / "sandbox.png")


if __name__ == "__main__":
    main()
