"""The first account is made by a link that only the server's terminal shows, once."""

from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "quiet otters sing at dawn"
FORM = {
    "username": "boss",
    "email": "boss@sing.example",
    "password": PASSWORD,
    "again": PASSWORD,
}


def printed() -> str:
    output = StringIO()
    call_command("setup_link", stdout=output)
    return output.getvalue()


def link() -> str:
    return urlsplit(printed().split()[-1]).path


def test_the_first_account_is_an_admin_who_is_signed_in(client: Client) -> None:
    assert "No account yet" in client.get("/login/").content.decode()
    url = link()
    assert client.get(url).status_code == 200
    assert client.post(url, FORM).status_code == 302
    boss = User.objects.get()
    assert [group.name for group in boss.groups.all()] == ["Admin"]
    page = client.get("/").content.decode()
    assert "Three steps to the first import" in page
    assert client.get("/settings/users/").status_code == 200


def test_the_link_ends_with_the_first_account(client: Client) -> None:
    url = link()
    client.post(url, FORM)
    stranger = Client()
    assert stranger.get(url)["Location"] == "/login/"
    assert stranger.post(url, FORM | {"username": "eve"})["Location"] == "/login/"
    assert User.objects.count() == 1
    assert "/setup/" not in printed()
    assert "No account yet" not in stranger.get("/login/").content.decode()


@pytest.mark.parametrize("has_account", [False, True])
def test_another_token_opens_nothing(client: Client, has_account: bool) -> None:
    if has_account:
        make_user()
    assert client.get("/setup/0123456789abcdef0123456789abcdef/").status_code == 404
    assert client.post("/setup/あ/", FORM).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"again": "another pass phrase"}, "The two passwords differ."),
        ({"password": "boss", "again": "boss"}, "at least 12"),
        ({"username": ""}, "required"),
        ({"email": "boss"}, "valid email"),
    ],
)
def test_it_says_what_is_wrong(client: Client, changes: dict[str, str], words: str) -> None:
    response = client.post(link(), FORM | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert PASSWORD not in response.content.decode()
    assert not User.objects.exists()
