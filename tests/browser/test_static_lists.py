"""Lists of ids, as a person uploads and changes them on the running product."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_builder import AXE, RULES, Opener, open_builder

__all__ = ["open_builder"]


def check_access(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run({runOnly: rules}).then(r => r.violations)", RULES)
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def test_a_list_is_uploaded_and_then_changed(open_builder: Opener) -> None:
    page = open_builder(path="/cohorts/new/list/")
    check_access(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Choose a file, or paste the ids.")).to_be_visible()
    check_access(page)
    page.get_by_label("Name", exact=True).fill("Pasted ids")
    page.get_by_label("Or paste the ids").fill("nobody-1\nnobody-2\n\nnobody-2")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Pasted ids was saved.")).to_be_visible()
    names, values = (page.locator(f"#list {tag}").all_inner_texts() for tag in ("dt", "dd"))
    told = dict(zip(names, values, strict=True))
    assert (told["Accepted"], told["Blank"], told["Duplicate"]) == ("2", "1", "1")

    page.get_by_role("link", name="Append").click()
    check_access(page)
    content = b"name,user_id\nsomebody,nobody-3\n"
    chosen = {"name": "more.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File").set_input_files(chosen)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The list was saved: 1 added, 0 removed.")).to_be_visible()
