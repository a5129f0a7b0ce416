"""The cohort builder as a person uses it, in a real browser on the running product."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.running_product import Product

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DEFINITION = "document.querySelector('cohort-builder').editor.tree"

Opener = Callable[..., Page]


@pytest.fixture
def open_builder(browser: Browser, product: Product) -> Iterator[Opener]:
    """Opens the builder signed in; at the end nothing may have been complained about."""
    contexts, complaints = [], []

    def open_as(role: str = "Governor", path: str = "/cohorts/new/", **options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options}
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        login = product.logins[role]
        page.goto(f"{product.url}/login/?next={path}")
        page.get_by_label("Username").fill(login.username)
        page.get_by_label("Password").fill(login.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{product.url}{path}")
        return page

    yield open_as
    for context in contexts:
        context.close()
    # A refused save is answered with 4xx, which the browser logs as a failed resource.
    assert [text for text in complaints if "status of 4" not in text] == []


def choose_event(page: Page, name: str, row: int = 0) -> None:
    events = page.get_by_role("combobox", name="Events").nth(row)
    events.click()
    events.type(name)
    events.press("Enter")


def definition_of(page: Page) -> Any:
    return json.loads(page.evaluate(f"JSON.stringify({DEFINITION})"))


def wait_for_total(page: Page) -> int:
    expect(page.locator(".total b")).to_be_visible()
    expect(page.locator(".total.is-stale")).to_have_count(0)
    return int(page.locator(".total b").inner_text().replace(",", ""))


def save_new(page: Page) -> str:
    name = f"Cohort {uuid.uuid4().hex[:8]}"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved as version 1")
    return name


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_person_builds_counts_executes_and_saves(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("combobox", name="Operator").select_option(">")
    page.get_by_role("textbox", name="Times").fill("2")
    total = wait_for_total(page)
    assert total > 0
    expect(page.locator(".words")).to_contain_text("SING")
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".sample__total")).to_contain_text(f"Total {total:,} User")
    expect(page.locator("#sample table")).to_contain_text("in the last 30 day(s)")
    name = save_new(page)
    assert page.url.endswith("/edit/")
    page.reload()
    expect(page.locator("h1")).to_have_text(name)
    assert wait_for_total(page) == total
    assert definition_of(page)["conditions"][0]["times"] == {"op": ">", "value": 2}


def test_is_false_means_everyone_else(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    did = wait_for_total(page)
    page.get_by_role("combobox", name="Operator").select_option("false")
    expect(page.locator(".words")).to_contain_text("not")
    did_not = wait_for_total(page)
    everyone = int(page.locator(".wf .n").first.inner_text().replace(",", ""))
    assert did + did_not == everyone
    assert definition_of(page)["conditions"][0]["negate"] is True


def test_event_filters_take_values_as_chips(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("button", name="Add event filter").click()
    properties = page.get_by_role("combobox", name="Property")
    properties.press("ArrowDown")
    properties.press("Enter")
    where = page.get_by_role("group", name="Filter")
    where.get_by_role("combobox", name="Operator").select_option("in")
    values = where.get_by_role("combobox", name="Values")
    values.type("one")
    values.press("Enter")
    values.type("two")
    values.press("Enter")
    (written,) = definition_of(page)["conditions"][0]["where"]
    assert (written["op"], written["value"]) == ("in", ["one", "two"])
    values.press("Backspace")
    assert definition_of(page)["conditions"][0]["where"][0]["value"] == ["one"]
    where.get_by_role("button", name="Remove one").click()
    where.get_by_role("button", name="Remove filter").click()
    assert "where" not in definition_of(page)["conditions"][0]


def test_the_suggestion_of_a_problem_mends_it(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SINGG")
    message = page.locator(".problems .msg")
    expect(message).to_contain_text("SINGG")
    message.get_by_role("button").click()
    expect(message).to_have_count(0)
    assert definition_of(page)["conditions"][0]["event"] == "SING"


def test_save_goes_to_the_first_mistake_and_says_it(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("button", name="Condition", exact=True).click()
    wait_for_total(page)
    # What is merely not filled in yet is no reproach while building.
    expect(page.locator(".msg.bad")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".cond.bad .msg.bad")).to_be_visible()
    expect(page.get_by_role("combobox", name="Events").nth(1)).to_be_focused()
    expect(page.locator("#attention")).to_contain_text("1 condition needs attention")


def test_undo_and_redo_bring_back_what_was(open_builder: Opener) -> None:
    page = open_builder()
    before = definition_of(page)
    choose_event(page, "SING")
    after = definition_of(page)
    page.keyboard.press("Control+z")
    assert definition_of(page) == before
    page.keyboard.press("Control+Shift+z")
    assert definition_of(page) == after
    page.get_by_role("button", name="Reset").click()
    assert definition_of(page) == before


def test_groups_nest_three_deep_and_vanish_with_their_last_condition(
    open_builder: Opener,
) -> None:
    page = open_builder()
    for _ in range(3):
        page.get_by_role("button", name="Group", exact=True).first.click()
    expect(page.locator(".groupbox .groupbox .groupbox")).to_have_count(1)
    innermost = page.locator(".groupbox .groupbox .groupbox")
    expect(innermost.get_by_role("button", name="Group", exact=True)).to_have_count(0)
    innermost.get_by_role("button", name="Remove condition").click()
    expect(page.locator(".groupbox .groupbox .groupbox")).to_have_count(0)
    expect(page.locator(".groupbox .groupbox")).to_have_count(1)


def test_the_keyboard_stays_where_it_is_sensible(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    assert focused(page) == page.get_by_role("combobox", name="Events").get_attribute("id")
    page.get_by_role("button", name="Add a condition after 1").click()
    expect(page.get_by_role("combobox", name="Events").nth(1)).to_be_focused()
    page.get_by_role("button", name="Remove condition").nth(1).click()
    expect(page.get_by_role("combobox", name="Condition type")).to_be_focused()
    page.get_by_role("button", name="Remove condition").click()
    expect(page.get_by_role("combobox", name="Condition type")).to_be_focused()


def test_the_combobox_follows_the_aria_pattern(open_builder: Opener) -> None:
    page = open_builder()
    events = page.get_by_role("combobox", name="Events")
    events.focus()
    expect(events).to_have_attribute("aria-expanded", "false")
    events.press("ArrowDown")
    expect(events).to_have_attribute("aria-expanded", "true")
    active = events.get_attribute("aria-activedescendant")
    option = page.locator(f"#{active}")
    expect(option).to_have_attribute("aria-selected", "true")
    assert option.inner_text().startswith("Any event")
    events.press("Escape")
    expect(events).to_have_attribute("aria-expanded", "false")
    events.press("ArrowDown")
    events.press("Enter")
    assert definition_of(page)["conditions"][0]["event"] == "*"


def test_someone_elses_save_is_told_and_ones_own_work_kept(open_builder: Opener) -> None:
    mine = open_builder()
    choose_event(mine, "SING")
    wait_for_total(mine)
    save_new(mine)
    path = mine.evaluate("location.pathname")
    theirs = open_builder("Admin", path)
    theirs.get_by_role("combobox", name="Operator").select_option("false")
    wait_for_total(theirs)
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.locator("#toasts")).to_contain_text("Saved as version 2")
    mine.get_by_role("combobox", name="Time window").select_option("overall")
    wait_for_total(mine)
    mine.get_by_role("button", name="Save", exact=True).click()
    banner = mine.locator("#conflict")
    expect(banner).to_contain_text("version 2")
    assert "window" not in definition_of(mine)["conditions"][0]
    banner.get_by_role("button", name="next version").click()
    expect(mine.locator("#toasts")).to_contain_text("Saved as version 3")
    expect(banner).to_have_count(0)


def test_leaving_with_unsaved_changes_asks_first(open_builder: Opener) -> None:
    page = open_builder()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    choose_event(page, "SING")
    page.get_by_role("link", name="Existing Cohorts").first.click()
    page.wait_for_url("**/cohorts/")
    assert asked == ["beforeunload"]


def test_a_newer_count_drops_the_older_one(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    sent = []
    page.on("request", lambda r: r.url.endswith("/preview/") and sent.append(r.post_data_json))
    page.get_by_role("combobox", name="Operator").select_option(">=")
    times = page.get_by_role("textbox", name="Times")
    times.fill("")
    times.press_sequentially("10000000", delay=20)
    wait_for_total(page)
    assert len(sent) <= 2
    assert sent[-1]["definition"]["conditions"][0]["times"]["value"] == 10_000_000


def test_the_date_range_is_what_overall_means(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("combobox", name="Time window").select_option("overall")
    everyone = wait_for_total(page)
    page.get_by_role("button", name="Date range").click()
    editor = page.get_by_role("group", name="Date range")
    editor.get_by_role("combobox", name="Time window").select_option("dates")
    editor.get_by_label("Last day").fill("2001-02-03")
    expect(page.locator(".total b")).to_have_text("0")
    assert everyone > 0
    expect(page.get_by_role("button", name="Date range")).to_contain_text("2/3/2001")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Date range")).to_be_focused()


def test_the_sql_can_be_seen(open_builder: Opener) -> None:
    page = open_builder()
    choose_event(page, "SING")
    wait_for_total(page)
    page.get_by_role("button", name="View SQL").click()
    expect(page.get_by_role("dialog")).to_contain_text("SELECT")
    page.get_by_label("Written for").select_option("BigQuery")
    expect(page.get_by_role("dialog")).to_contain_text("`events`")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_creator_sees_why_saving_is_off(open_builder: Opener) -> None:
    page = open_builder("Creator")
    choose_event(page, "SING")
    assert wait_for_total(page) > 0
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    expect(save).to_have_accessible_description("Saving needs the Governor or Admin role.")


def test_without_javascript_the_definition_is_told_in_words(
    open_builder: Opener, product: Product
) -> None:
    page = open_builder()
    choose_event(page, "SING")
    wait_for_total(page)
    save_new(page)
    path = page.evaluate("location.pathname")
    plain = open_builder(path=path, java_script_enabled=False)
    # Playwright reads no text inside of <noscript>, but sees what is drawn there.
    words = plain.locator("noscript .words p")
    expect(words).to_be_visible()
    assert "SING" in (words.text_content() or "")
    expect(plain.locator("noscript .msg")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_it_is_accessible_and_never_scrolls_sideways(
    open_builder: Opener, width: int, theme: str
) -> None:
    page = open_builder(viewport={"width": width, "height": 844}, color_scheme=theme)
    choose_event(page, "SINGG")
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_role("button", name="Add event filter").first.click()
    page.get_by_role("button", name="Global filter, 0 set").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator("#sample")).to_have_attribute("aria-busy", "false")
    page.get_by_role("combobox", name="Events").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run('cohort-builder', {runOnly: rules}).then(r => r.violations)", RULES
    )
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_a_template_fills_the_page_and_undo_brings_back_what_was(open_builder: Opener) -> None:
    page = open_builder()
    before = definition_of(page)
    page.get_by_role("button", name="Templates").click()
    dialog = page.get_by_role("dialog", name="Start from a usual question")
    assert dialog.get_by_role("listitem").count() >= 12
    dialog.get_by_role("button", name="Dormant users").click()
    expect(dialog).to_have_count(0)
    assert definition_of(page)["conditions"][0]["state"] == "dormant"
    wait_for_total(page)
    page.keyboard.press("Control+z")
    assert definition_of(page) == before


def events_in_order(page: Page) -> list[Any]:
    def read(group: Any) -> list[Any]:
        return [read(c) if "conditions" in c else c.get("event") for c in group["conditions"]]

    return read(definition_of(page))


def build_rows(page: Page, *events: str) -> None:
    for row, event in enumerate(events):
        if row:
            page.get_by_role("button", name="Condition", exact=True).last.click()
        choose_event(page, event, row)
    assert events_in_order(page) == list(events)


def test_rows_are_moved_with_the_arrow_keys_into_groups_and_out(open_builder: Opener) -> None:
    page = open_builder()
    build_rows(page, "SING", "PURCHASE", "APP_OPEN")
    page.get_by_role("button", name="Move condition 3").press("ArrowUp")
    assert events_in_order(page) == ["SING", "APP_OPEN", "PURCHASE"]
    expect(page.locator("#said")).to_have_text("Moved to place 2 of 3")
    grip = page.get_by_role("button", name="Move condition 2")
    expect(grip).to_be_focused()
    grip.click()
    page.get_by_role("button", name="Into a new group").click()
    assert events_in_order(page) == ["SING", ["APP_OPEN"], "PURCHASE"]
    page.get_by_role("button", name="Move condition 1", exact=True).press("ArrowDown")
    assert events_in_order(page) == [["SING", "APP_OPEN"], "PURCHASE"]
    page.get_by_role("button", name="Move condition 1.1").press("ArrowUp")
    assert events_in_order(page) == ["SING", ["APP_OPEN"], "PURCHASE"]
    page.get_by_role("button", name="Move condition 2.1").press("ArrowDown")
    assert events_in_order(page) == ["SING", "APP_OPEN", "PURCHASE"]


def test_rows_are_dragged(open_builder: Opener) -> None:
    page = open_builder()
    build_rows(page, "SING", "PURCHASE", "APP_OPEN")
    target = page.locator(".cond").first
    page.get_by_role("button", name="Move condition 3").drag_to(
        target, target_position={"x": 200, "y": 4}
    )
    assert events_in_order(page) == ["APP_OPEN", "SING", "PURCHASE"]
    expect(page.locator(".drop-before, .drop-after, .is-dragged")).to_have_count(0)
    page.keyboard.press("Control+z")
    assert events_in_order(page) == ["SING", "PURCHASE", "APP_OPEN"]


def test_exclusions_of_a_funnel_follow_their_steps(open_builder: Opener) -> None:
    page = open_builder()
    page.get_by_role("combobox", name="Condition type").select_option("funnel")
    for row, event in enumerate(["APP_OPEN", "SING", "PURCHASE"]):
        if row == 2:
            page.get_by_role("button", name="Step", exact=True).click()
        choose_event(page, event, row)
    page.get_by_role("button", name="Exclusion", exact=True).click()
    choose_event(page, "JOIN_DUET", 3)
    page.get_by_role("combobox", name="between steps").select_option("2")
    (funnel,) = definition_of(page)["conditions"]
    assert funnel["exclude"] == [{"between": [2, 3], "event": "JOIN_DUET"}]
    wait_for_total(page)
    expect(page.locator(".msg.bad")).to_have_count(0)
    page.get_by_role("button", name="Remove step 1").click()
    (funnel,) = definition_of(page)["conditions"]
    assert funnel["exclude"] == [{"between": [1, 2], "event": "JOIN_DUET"}]


def test_the_sample_shows_chosen_columns_and_saves_them(
    open_builder: Opener, tmp_path: Path
) -> None:
    page = open_builder()
    choose_event(page, "SING")
    page.get_by_role("button", name="Execute").click()
    sample = page.locator("#sample")
    sample.get_by_text("Columns").click()
    sample.get_by_role("checkbox", name="country").check()
    expect(sample.get_by_role("columnheader", name="country")).to_be_visible()
    expect(sample.get_by_role("checkbox", name="country")).to_be_focused()
    with page.expect_download() as download:
        sample.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "sample.csv")
    first, second, *_ = (tmp_path / "sample.csv").read_text("utf-8-sig").splitlines()
    assert first == '"User_id","SING ≥ 1 in the last 30 day(s)","country"'
    assert second.count('","') == 2


def test_an_estimate_stands_in_for_a_slow_count(open_builder: Opener) -> None:
    page = open_builder()
    held = []

    def answer(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        if asked.get("estimate"):
            route.fulfill(json={"estimate": {"count": 12400, "bound": 600}})
        else:
            held.append(route)

    page.route("**/preview/", answer)
    choose_event(page, "SING")
    total = page.locator(".total")
    expect(total).to_have_text("about 12,400 ± 600 users, counting …")
    expect(page.locator(".total b")).to_have_count(0)
    for route in held:
        route.continue_()
    assert wait_for_total(page) > 0
    expect(total).not_to_contain_text("about")
