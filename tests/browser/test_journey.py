"""The main job, as a person does it, against the running processes: build a cohort, import it,
see the run, read the mail, find the people in Braze."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.running_product import Product

NAME = "Autumn singers"
RECIPIENT = "crm@sing.example"
PATIENCE = 60_000


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console says: errors, warnings, and what the content policy refused."""
    said: list[str] = []
    page.on(
        "console",
        lambda message: (
            said.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def sign_in(page: Page, product: Product, role: str) -> None:
    page.goto(product.url)
    login = product.logins[role]
    page.get_by_label("Username").fill(login.username)
    page.get_by_label("Password").fill(login.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()


def number_in(text: str) -> int:
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found.group().replace(",", ""))


def sandbox_cohort(product: Product, name: str) -> set[str]:
    with urllib.request.urlopen(f"{product.sandbox_url}/_sandbox/state") as answer:
        cohorts = json.load(answer)["cohorts"].values()
    (members,) = [set(cohort["members"]) for cohort in cohorts if cohort["name"] == name]
    return members


def test_from_an_event_to_people_in_braze(page: Page, product: Product, complaints: list[str]):
    sign_in(page, product, "Governor")

    # Build: who sang at least twice in the last 90 days.
    page.get_by_role("link", name="Create Cohort").first.click()
    page.get_by_role("combobox", name="Events").click()
    page.get_by_role("combobox", name="Events").press_sequentially("SING")
    page.get_by_role("option", name=re.compile("^SING")).first.click()
    page.get_by_role("combobox", name="Operator").select_option("≥")
    page.get_by_role("textbox", name="Times").fill("2")
    page.get_by_role("combobox", name="Number").fill("90")
    expect(page.get_by_text("Users who performed SING at least 2 times")).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_role("button", name="Execute").click()
    total = page.get_by_text(re.compile(r"Total [\d,]+ Users"))
    expect(total).to_be_visible(timeout=PATIENCE)
    users = number_in(total.inner_text())
    assert users > 0
    expect(page.get_by_role("region", name="Users").get_by_role("rowheader").first).to_be_visible()

    # Save under a name.
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(NAME)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible(timeout=PATIENCE)

    # Import it from the list, once.
    page.goto(f"{product.url}/cohorts/")
    row = page.get_by_role("row").filter(has_text=NAME)
    row.get_by_role("link", name=f"Import {NAME} to Braze").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("One-Time Import")).to_be_checked()
    dialog.get_by_role("textbox", name="Recipient(s)").fill(RECIPIENT)
    dialog.get_by_role("textbox", name="Recipient(s)").press("Enter")
    expect(dialog.get_by_text(f"+{users:,} added")).to_be_visible(timeout=PATIENCE)
    dialog.get_by_role("button", name="Import").click()

    # See the run.
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=PATIENCE)
    page.goto(f"{product.url}/imports/")
    page.get_by_role("row").filter(has_text=NAME).get_by_role("link").first.click()
    expect(page.get_by_text("Success").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(f"{users:,}").first).to_be_visible()

    # Read the mail.
    message = page.get_by_role("link", name=re.compile(NAME)).first
    for _ in range(30):
        page.goto(f"{product.url}/inbox/")
        if message.is_visible():
            break
        page.wait_for_timeout(1000)
    message.click()
    expect(page.get_by_text(RECIPIENT).first).to_be_visible()
    mail = page.frame_locator("iframe").locator("body")
    expect(mail).to_contain_text(NAME)
    expect(mail).to_contain_text(f"{users:,}")

    # Find the people in Braze.
    page.goto(product.sandbox_url)
    expect(page.get_by_text("Kubit Cohorts").first).to_be_visible()
    page.goto(f"{product.sandbox_url}/cohorts")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_text(f"{users:,}").first).to_be_visible()
    assert len(sandbox_cohort(product, NAME)) == users
    assert complaints == []
