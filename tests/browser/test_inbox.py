from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.running_product import Product

HTML = '<p style="color: rgb(200, 0, 0)">The cohort is in <a href="https://braze.example/">Braze</a></p>'


@pytest.fixture
def received(product: Product) -> str:
    """The subject of a mail that the running inbox has taken."""
    message = EmailMessage()
    message["From"], message["To"] = "cohorts@localhost", "analyst@shop.example"
    message["Subject"] = "インポート完了"
    message.set_content("The cohort is in Braze")
    message.add_alternative(HTML, subtype="html")
    with smtplib.SMTP("127.0.0.1", product.smtp_port, timeout=30) as client:
        client.send_message(message)
    return str(message["Subject"])


def test_a_received_mail_is_shown_as_mail_programs_show_it(
    product: Product, page: Page, received: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    login = product.logins["Viewer"]
    page.goto(f"{product.url}/login/?next=/inbox/")
    page.get_by_label("Username").fill(login.username)
    page.get_by_label("Password").fill(login.password)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=received).first.click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_text("The cohort is in")).to_have_css("color", "rgb(200, 0, 0)")
    expect(mail.get_by_role("link")).to_have_attribute("target", "_blank")
    expect(page.get_by_text("analyst@shop.example").first).to_be_visible()
    # A blocked style or script would be told here.
    assert complaints == []
