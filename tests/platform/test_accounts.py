from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("mai", password="a long pass phrase")


def test_a_person_chooses_the_language_of_pages_and_mails(client: Client, user: User) -> None:
    client.force_login(user)
    answer = client.post("/language/", {"language": "ja", "next": "/schedule/"})
    assert (answer.status_code, answer["Location"]) == (302, "/schedule/")
    assert Profile.objects.get(user=user).language == "ja"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ja"
    client.post("/language/", {"language": "en"})
    assert Profile.objects.get(user=user).language == "en"


def test_the_choice_follows_to_another_browser(client: Client, user: User) -> None:
    Profile.objects.create(user=user, language="ja")
    client.post("/login/", {"username": "mai", "password": "a long pass phrase"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ja"


@pytest.mark.parametrize("page", ["/login/", "/nothing/"])
def test_a_cookie_remembers_it_before_signing_in(client: Client, page: str) -> None:
    assert client.post("/language/", {"language": "ja", "next": page})["Location"] == page
    shown = client.get("/login/").content.decode()
    assert '<html lang="ja"' in shown
    assert "サインイン" in shown
    assert not Profile.objects.exists()


def test_the_account_decides_over_the_cookie_of_a_browser(client: Client, user: User) -> None:
    Profile.objects.create(user=user, language="ja")
    client.post("/language/", {"language": "en"})
    client.post("/login/", {"username": "mai", "password": "a long pass phrase"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ja"


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", ""])
def test_it_leads_nowhere_else(client: Client, user: User, page: str) -> None:
    client.force_login(user)
    assert client.post("/language/", {"language": "ja", "next": page})["Location"] == "/"


def test_a_language_there_is_not_is_refused(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.post("/language/", {"language": "xx"}).status_code == 400
    assert not Profile.objects.exists()
