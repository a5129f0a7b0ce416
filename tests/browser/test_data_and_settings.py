"""What Admins do: bring data, say what it means, connect Braze, add people."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import PATIENCE, complaints, sign_in  # noqa: F401 - a fixture
from tests.running_product import Product

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EVENTS = "uid,event_name,ts,song\nann,SING,2026-01-10T10:00:00Z,<b>Wales</b>\n" + "".join(
    f"user{n},OPEN,2026-01-{n % 28 + 1:02}T10:00:00Z,\n" for n in range(200)
)


def find_faults(page: Page) -> list[str]:
    # The page's policy lets in no script but ours; the debugger is not bound by it.
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations)", RULES
    )
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def test_from_a_file_to_a_name_in_the_builder(
    page: Page,
    product: Product,
    complaints: list[str],  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "my events.csv"
    file.write_text(EVENTS)
    sign_in(page, product, "Admin")
    page.goto(f"{product.url}/data/")
    page.get_by_role("link", name="Upload data").click()
    page.get_by_label("Name of the schema").fill("uploaded")
    page.get_by_label("Events", exact=True).set_input_files(file)
    assert find_faults(page) == []
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("User id")).to_have_value("uid")
    expect(page.get_by_label("Event name")).to_have_value("event_name")
    expect(page.get_by_label("Time", exact=True)).to_have_value("ts")
    expect(page.get_by_text("<b>Wales</b>")).to_be_visible()
    assert find_faults(page) == []
    page.get_by_role("button", name="Load").click()
    page.get_by_role("link", name="Open the schema").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="uploaded", level=1)).to_be_visible()
    page.get_by_role("link", name="SING", exact=True).click()
    page.get_by_label("Display name").fill("Sang a song")
    page.get_by_label("Description", exact=True).fill("A song came to its end.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Sang a song", level=1)).to_be_visible()
    expect(page.get_by_text("1 in 90 days")).to_be_visible(timeout=PATIENCE)
    assert find_faults(page) == []
    page.goto(f"{product.url}/cohorts/new/?schema=uploaded")
    page.get_by_role("combobox", name="Events").first.fill("sang")
    option = page.get_by_role("option", name="SING")
    expect(option).to_contain_text("Sang a song")
    expect(option).to_have_attribute("title", "A song came to its end.")
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_an_admin_connects_braze_and_adds_people(
    page: Page,
    product: Product,
    complaints: list[str],  # noqa: F811
    width: int,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, product, "Admin")
    page.goto(f"{product.url}/settings/braze/")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Connection works")).to_be_visible(timeout=PATIENCE)
    assert find_faults(page) == []
    page.goto(f"{product.url}/settings/users/new/")
    page.get_by_label("User name").fill(f"mai{width}")
    page.get_by_label("Creator").check()
    assert find_faults(page) == []
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text(f"{product.url}/set-password/")).to_be_visible()
    assert find_faults(page) == []
    page.goto(f"{product.url}/settings/profile/")
    page.get_by_role("radio", name="Dark").check()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert find_faults(page) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    assert complaints == []
