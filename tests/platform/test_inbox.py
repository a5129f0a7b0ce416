from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.inbox.mailbox import Mailbox, arrived_at, body_of
from integrations.inbox.server import make_server
from launcher.layout import ROOT
from launcher.ports import Ports, is_free

HTML = '<p style="color: red">Héllo <b style="color: red">you</b></p><script>alert(1)</script>'


def make_message(subject: str = "インポート完了") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "cohorts@localhost"
    message["To"] = "analyst@shop.example"
    message["Subject"] = subject
    message.set_content("Plain words\n")
    message.add_alternative(HTML, subtype="html")
    return message


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "inbox")


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    """Of a running SMTP server that stores into the mailbox."""
    port = Ports().take(0, what="the test")
    server = make_server(mailbox, host="127.0.0.1", port=port)
    server.start()
    yield port
    server.stop()


def test_mail_sent_over_smtp_is_found_in_the_mailbox(mailbox: Mailbox, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.send_message(make_message())
    ((message_id, message),) = mailbox.newest(10)
    assert message["Subject"] == "インポート完了"
    assert body_of(message, "plain").strip() == "Plain words"
    assert body_of(message, "html").strip() == HTML
    assert arrived_at(message_id).tzinfo is not None


def test_the_server_runs_as_a_command_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    port = Ports().take(0, what="the test")
    command = [sys.executable, "manage.py", "inbox_server", "--port", str(port)]
    environ = {**os.environ, "DATA_DIR": str(tmp_path)}
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE)
    with server:
        while is_free(port) and server.poll() is None:
            time.sleep(0.05)
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.send_message(make_message())
        second = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False)
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate()
    assert server.returncode == 0
    assert f"Receiving mail on 127.0.0.1:{port}" in said.decode()
    assert second.returncode == 1
    assert f"Port {port}" in second.stderr.decode()
    assert "Traceback" not in second.stderr.decode()
    assert len(Mailbox(tmp_path / "inbox").ids()) == 1


def test_mail_that_cannot_be_stored_stays_with_its_sender(mailbox: Mailbox, port: int) -> None:
    # A file where the folder should be: nothing can be written.
    mailbox.folder.write_text("")
    client = smtplib.SMTP("127.0.0.1", port, timeout=30)
    with client, pytest.raises(smtplib.SMTPDataError) as refusal:
        client.send_message(make_message())
    assert refusal.value.smtp_code == 452


def test_it_lists_the_newest_first_and_keeps_so_many(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path, keep=3)
    added = [mailbox.add(make_message(str(number)).as_bytes()) for number in range(5)]
    assert mailbox.ids() == added[:1:-1]
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(added[2:])


def test_what_was_received_survives_a_restart(tmp_path: Path) -> None:
    message_id = Mailbox(tmp_path).add(make_message("kept").as_bytes())
    message = Mailbox(tmp_path).find(message_id)
    assert message is not None
    assert message["Subject"] == "kept"


@pytest.mark.parametrize("message_id", ["../secrets", "", "20261123t230013-123456-ab12cd34"])
def test_an_id_that_names_no_message_finds_none(mailbox: Mailbox, message_id: str) -> None:
    (mailbox.folder.parent / "secrets.eml").write_text("From: x\n\n")
    assert mailbox.find(message_id) is None


def test_a_character_set_nobody_knows_is_still_readable() -> None:
    message = make_message()
    plain = message.get_body(("plain",))
    assert plain is not None
    plain.replace_header("Content-Type", 'text/plain; charset="klingon"')
    assert "Plain words" in body_of(message, "plain")


@pytest.fixture
def visitor(client: Client, settings, tmp_path: Path, db: None) -> Client:
    settings.DEMO = True
    settings.DATA_DIR = tmp_path
    client.force_login(User.objects.create_user("viewer"))
    return client


@pytest.fixture
def message_id(tmp_path: Path) -> str:
    return Mailbox(tmp_path / "inbox").add(make_message().as_bytes())


def test_the_list_links_each_message(visitor: Client, message_id: str) -> None:
    page = visitor.get("/inbox/").content.decode()
    assert "インポート完了" in page
    assert f"/inbox/{message_id}/" in page


def test_the_list_says_when_there_is_nothing(visitor: Client) -> None:
    assert "No mail has arrived yet" in visitor.get("/inbox/").content.decode()


def test_a_message_shows_its_text_and_headers_and_frames_its_html(
    visitor: Client, message_id: str
) -> None:
    page = visitor.get(f"/inbox/{message_id}/").content.decode()
    assert "Plain words" in page
    assert "analyst@shop.example" in page
    assert f'src="/inbox/{message_id}/html/" sandbox="' in page
    assert "allow-scripts" not in page


def test_the_html_part_fits_a_policy_without_inline_styles(
    visitor: Client, message_id: str
) -> None:
    part = visitor.get(f"/inbox/{message_id}/html/")
    policy = part["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert part["X-Frame-Options"] == "SAMEORIGIN"
    body = part.content.decode()
    assert "style=" not in body
    assert "alert" not in body
    assert f'href="/inbox/{message_id}/style.css"' in body
    sheet = visitor.get(f"/inbox/{message_id}/style.css")
    assert sheet["Content-Type"].startswith("text/css")
    assert "{ color: red }" in sheet.content.decode()


@pytest.mark.parametrize("part", ["", "html/", "style.css"])
def test_a_message_that_is_not_there_is_not_found(visitor: Client, part: str) -> None:
    assert visitor.get(f"/inbox/20261123t230013-123456-ab12cd34/{part}").status_code == 404


def test_there_is_no_inbox_outside_the_demo(visitor: Client, message_id: str, settings) -> None:
    settings.DEMO = False
    for path in ("/inbox/", f"/inbox/{message_id}/", f"/inbox/{message_id}/html/"):
        assert visitor.get(path).status_code == 404


def test_it_asks_strangers_to_log_in(visitor: Client, message_id: str) -> None:
    visitor.logout()
    assert visitor.get(f"/inbox/{message_id}/").status_code == 302
