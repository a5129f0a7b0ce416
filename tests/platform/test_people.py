"""Who may sign in: adding people, their roles, and the Admin who always remains."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from integrations.models import Profile
from kubit_app.people import LastAdmin, change_role, set_active
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = {
    "username": "mai",
    "first_name": "<b>Mai</b>",
    "last_name": "",
    "email": "mai@sing.example",
    "role": "Creator",
    "way": "link",
}
PASSWORD = "quiet otters sing at dawn"


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user("Admin")
    client.force_login(user)
    return user


def link_in(page: str) -> str:
    found = re.search(r"http://testserver(/set-password/\S+?/)<", page)
    assert found
    return found[1]


def test_it_lists_people_with_markup_inert(client: Client, admin: User) -> None:
    make_user("Viewer", username="kai", first_name="<i>Kai</i>")
    page = client.get("/settings/users/").content.decode()
    assert "&lt;i&gt;Kai&lt;/i&gt;" in page
    assert "Viewer" in page
    found = client.get("/settings/users/", {"q": "ka <i"}).content.decode()
    assert "kai" in found
    assert admin.email not in found.split("<main")[1]


@pytest.mark.parametrize("url", ["/settings/users/", "/settings/profile/", "/settings/braze/new/"])
def test_it_asks_the_database_at_most_twelve_times(
    client: Client, admin: User, url: str, django_assert_max_num_queries: Any
) -> None:
    for role in ("Viewer", "Creator", "Governor", "Admin"):
        make_user(role)
    with django_assert_max_num_queries(12):
        assert client.get(url).status_code == 200


def test_somebody_new_chooses_their_password_by_a_link_that_works_once(
    client: Client, admin: User
) -> None:
    page = client.post("/settings/users/new/", NEW).content.decode()
    link = link_in(page)
    assert "&lt;b&gt;Mai&lt;/b&gt;" in page
    visitor = Client()
    assert not visitor.login(username="mai", password="")
    form = visitor.get(link, follow=True)
    url = form.redirect_chain[-1][0]
    short = visitor.post(url, {"new_password1": "mai", "new_password2": "mai"})
    assert "at least 12" in short.content.decode()
    done = visitor.post(url, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert done.status_code == 302
    assert visitor.login(username="mai", password=PASSWORD)
    assert "no longer works" in Client().get(link, follow=True).content.decode()
    assert [group.name for group in User.objects.get(username="mai").groups.all()] == ["Creator"]
    assert link not in client.get(f"/settings/users/{admin.pk}/").content.decode()


def test_somebody_new_gets_a_first_password(client: Client, admin: User) -> None:
    given = NEW | {"way": "password", "password": PASSWORD}
    assert client.post("/settings/users/new/", given).status_code == 302
    assert Client().login(username="mai", password=PASSWORD)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"way": "password", "password": "short"}, "at least 12"),
        ({"way": "password", "password": ""}, "at least 12"),
        ({"username": ""}, "required"),
        ({"email": "TAKEN@sing.example"}, "Somebody else has this e-mail address."),
        ({"role": "Emperor"}, "valid choice"),
    ],
)
def test_it_says_what_is_wrong_with_somebody_new(
    client: Client, admin: User, changes: dict[str, str], words: str
) -> None:
    make_user("Viewer", email="taken@sing.example")
    response = client.post("/settings/users/new/", NEW | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not User.objects.filter(username="mai").exists()


def test_an_admin_changes_role_and_details(client: Client, admin: User) -> None:
    kai = make_user("Viewer", username="kai")
    said = {"role": "Admin", "first_name": "Kai", "last_name": "Sato", "email": "k@sing.example"}
    assert client.post(f"/settings/users/{kai.pk}/", said).status_code == 302
    kai.refresh_from_db()
    assert (kai.get_full_name(), kai.email, kai.is_staff) == ("Kai Sato", "k@sing.example", True)
    client.post(f"/settings/users/{kai.pk}/", said | {"role": "Viewer"})
    kai.refresh_from_db()
    assert [group.name for group in kai.groups.all()] == ["Viewer"]
    assert not kai.is_staff


def test_the_last_admin_keeps_the_role(client: Client, admin: User) -> None:
    make_user("Admin", is_active=False)
    said = {"role": "Viewer", "first_name": "", "last_name": "", "email": admin.email}
    response = client.post(f"/settings/users/{admin.pk}/", said)
    assert response.status_code == 422
    assert "Make somebody else an Admin first." in response.content.decode()
    admin.refresh_from_db()
    assert [group.name for group in admin.groups.all()] == ["Admin"]


@pytest.mark.database_both
def test_nobody_takes_away_the_last_admin(database: str) -> None:
    boss = make_user(None, is_superuser=True)
    with pytest.raises(LastAdmin):
        set_active(boss, is_active=False)
    with pytest.raises(LastAdmin):
        change_role(boss, Group.objects.get(name="Governor"))
    other = make_user("Admin")
    change_role(boss, Group.objects.get(name="Governor"))
    boss.refresh_from_db()
    assert not boss.is_superuser
    with pytest.raises(LastAdmin):
        set_active(other, is_active=False)
    assert User.objects.get(pk=other.pk).is_active


def test_who_is_deactivated_is_out_at_once(client: Client, admin: User) -> None:
    kai, visitor = make_user("Viewer", username="kai"), Client()
    visitor.force_login(kai)
    assert visitor.get("/cohorts/").status_code == 200
    client.post(f"/settings/users/{kai.pk}/active/", {"active": "no"})
    assert visitor.get("/cohorts/").status_code == 302
    assert client.post(f"/settings/users/{kai.pk}/link/").status_code == 404
    client.post(f"/settings/users/{kai.pk}/active/", {"active": "yes"})
    assert User.objects.get(pk=kai.pk).is_active


def test_nobody_deactivates_themselves(client: Client, admin: User) -> None:
    make_user("Admin")
    client.post(f"/settings/users/{admin.pk}/active/", {"active": "no"})
    assert User.objects.get(pk=admin.pk).is_active


def test_a_person_keeps_a_profile(client: Client) -> None:
    user = make_user("Viewer")
    client.force_login(user)
    said = {"language": "ja", "timezone": "Asia/Tokyo", "notify": "problems"}
    assert client.post("/settings/profile/", said).status_code == 302
    profile = Profile.objects.get(user=user)
    assert (profile.language, profile.notify) == ("ja", "problems")
    page = client.get("/settings/profile/").content.decode()
    assert '<option value="Asia/Tokyo" selected>' in page
    client.post("/settings/profile/", {"language": "", "timezone": "", "notify": ""})
    assert Profile.objects.get(user=user).language == ""
    assert client.cookies["django_language"].value == ""


@pytest.mark.parametrize("said", [{"timezone": "Mars/Base"}, {"notify": "maybe"}])
def test_a_profile_refuses_what_there_is_not(client: Client, said: dict[str, Any]) -> None:
    client.force_login(make_user("Viewer"))
    assert client.post("/settings/profile/", said).status_code == 422
