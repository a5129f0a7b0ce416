"""Checking one user, as a person does it, on the running product."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.test_builder import AXE, RULES, Opener, choose_event, open_builder, save_new

__all__ = ["open_builder"]


def test_a_user_of_the_sample_is_checked_and_then_another(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("button", name="Execute").click()
    first = page.locator("[data-check-id]").first
    user = first.inner_text()
    first.click()
    answer = page.locator("[data-check-answer]")
    expect(answer).to_contain_text(f"{user} is in the cohort.")
    expect(answer).to_contain_text("Holds")
    box = page.locator("[data-check-user]").get_by_label("User id")
    expect(box).to_have_value(user)
    box.fill("nobody-at-all")
    box.press("Enter")
    expect(answer).to_contain_text("nobody-at-all is not in this dataset.")
    assert user not in page.url


def test_the_cohort_page_checks_in_place_and_without_a_script(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("button", name="Execute").click()
    user = page.locator("[data-check-id]").first.inner_text()
    save_new(page)
    path = page.url.partition("/cohorts/")[2].removesuffix("edit/")

    page.goto(page.url.removesuffix("edit/"))
    page.get_by_label("User id").fill(user)
    page.get_by_role("button", name="Check", exact=True).click()
    card = page.locator("#member-check")
    expect(card).to_contain_text(f"{user} is in the cohort.")
    assert page.url.endswith(f"/cohorts/{path}")
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run('#member-check', {runOnly: rules}).then(r => r.violations)", RULES
    )
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []

    plain = open_builder(path=f"/cohorts/{path}", java_script_enabled=False)
    plain.get_by_label("User id").fill(user)
    plain.get_by_role("button", name="Check", exact=True).click()
    expect(plain.locator("#member-check")).to_contain_text(f"{user} is in the cohort.")
    assert user not in plain.url
