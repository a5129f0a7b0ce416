"""Every URL, every method, every role: what happens is what the table of access says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from integrations.models import ImportRun, ImportSchedule
from kubit_app.access import ACCESS, OPEN, SIGNED_IN, STAFF, is_allowed
from tests.factories import make_cohort, make_run, make_schedule, make_user

METHODS = ["get", "head", "post", "put", "patch", "delete", "options"]
ROLES = ["nobody", "Viewer", "Creator", "Governor", "Admin", "deactivated"]
# Who may do what, said a second time and apart from the code: a change must be made twice.
EXPECTED = {
    "Viewer": {"cohorts.view_cohort", "integrations.view_importrun"}
    | {"integrations.view_importschedule"},
}
EXPECTED["Creator"] = EXPECTED["Viewer"] | {"cohorts.build_cohort"}
EXPECTED["Governor"] = EXPECTED["Creator"] | {
    "cohorts.add_cohort",
    "cohorts.change_cohort",
    "cohorts.delete_cohort",
    "cohorts.change_datalabel",
    "integrations.add_importrun",
    "integrations.change_importschedule",
    "integrations.download_members",
    "integrations.view_incident",
}
EXPECTED["Admin"] = EXPECTED["Governor"] | {
    "auth.add_user",
    "auth.change_user",
    "auth.view_user",
    "cohorts.add_dataset",
    "integrations.add_connection",
    "integrations.change_connection",
    "integrations.view_connection",
}


def url_names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from url_names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}"


NAMES = sorted({name for name in url_names() if not name.startswith("admin:")})


@pytest.fixture
def things(db: None) -> dict[str, Any]:
    cohort = make_cohort(size=12)
    schedule = make_schedule(cohort)
    run = make_run(cohort, "held", held_reason="Too many would be removed.")
    return {"slug": cohort.slug, "run": run, "schedule": schedule}


def url_of(name: str, things: dict[str, Any]) -> str:
    schedule: ImportSchedule = things["schedule"]
    run: ImportRun = things["run"]
    candidates: list[dict[str, Any]] = [
        {},
        {"slug": things["slug"]},
        {"slug": things["slug"], "number": 1},
        {"pk": schedule.pk if "schedule" in name else run.pk},
        {"message_id": "nothing"},
        {"pk": run.pk, "change": "added"},
        {"uidb64": "MQ", "token": "no-token"},
        {"token": "no-token"},
    ]
    for arguments in candidates:
        try:
            return reverse(name, kwargs=arguments)
        except Exception:  # noqa: BLE001 - the next set of arguments may fit
            continue
    raise AssertionError(f"no arguments known for {name}")


def visitor(role: str) -> User | AnonymousUser:
    if role == "nobody":
        return AnonymousUser()
    if role == "deactivated":
        return make_user("Admin", is_active=False)
    return make_user(role)


def test_it_knows_every_url_name() -> None:
    assert [name for name in NAMES if name not in ACCESS] == []


def test_it_speaks_of_no_url_that_does_not_exist() -> None:
    assert sorted(set(ACCESS) - {"admin:"} - set(NAMES)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Viewer", "Creator", "Governor", "Admin"])
def test_it_gives_each_role_what_it_should_have(role: str) -> None:
    user = make_user(role)
    needed = set(ACCESS.values()) - {OPEN, SIGNED_IN, STAFF}
    assert {each for each in needed | EXPECTED["Admin"] if user.has_perm(each)} == EXPECTED[role]
    assert user.is_staff == (role == "Admin")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ROLES)
def test_it_lets_in_whom_the_table_lets_in(
    role: str, name: str, things: dict[str, Any], client: Client
) -> None:
    user = visitor(role)
    url = url_of(name, things)
    for method in METHODS:
        if isinstance(user, User):
            client.force_login(user)
        with transaction.atomic():
            response = getattr(client, method)(url)
            transaction.set_rollback(True)
        refused = sent_away(response.status_code, response.get("Location", ""), user, name)
        assert refused == (not may(user, name)), f"{method} {url}: {response.status_code}"
        assert response.status_code != 500, f"{method} {url}"


def sent_away(status: int, location: str, user: User | AnonymousUser, name: str) -> bool:
    if name == "cohorts:save" and status == 403:
        # Saving asks for one right more, which its own tests cover.
        return not may(user, name)
    return status == 403 or (status == 302 and "/login/?next=" in location)


def may(user: User | AnonymousUser, name: str) -> bool:
    needed = ACCESS[name]
    return needed == OPEN or (user.is_active and is_allowed(user, needed))


@pytest.mark.django_db
def test_it_refuses_a_page_that_the_table_does_not_know(client: Client, monkeypatch: Any) -> None:
    client.force_login(make_user("Admin"))
    monkeypatch.delitem(ACCESS, "cohorts:list")
    assert client.get(reverse("cohorts:list")).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "status"), [("nobody", 302), ("Viewer", 302), ("Governor", 302), ("Admin", 200)]
)
def test_it_opens_the_admin_site_to_admins_only(role: str, status: int, client: Client) -> None:
    user = visitor(role)
    if isinstance(user, User):
        client.force_login(user)
    expected = 403 if role in ("Viewer", "Governor") else status
    assert client.get(reverse("admin:index")).status_code == expected


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["cohorts:detail", "cohorts:info", "integrations:import"])
def test_it_says_not_found_for_a_cohort_that_is_not_there(name: str, client: Client) -> None:
    client.force_login(make_user())
    assert client.get(reverse(name, args=["nothing"])).status_code == 404


@pytest.mark.django_db
def test_it_sends_htmx_of_a_signed_out_visitor_to_the_whole_log_in_page(client: Client) -> None:
    response = client.get(reverse("cohorts:list"), headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"].startswith("/login/")


@pytest.mark.django_db
def test_it_lets_an_admin_grant_a_creator_the_right_to_import(client: Client) -> None:
    cohort = make_cohort()
    creator = make_user("Creator")
    client.force_login(creator)
    url = reverse("integrations:import", args=[cohort.slug])
    assert client.get(url).status_code == 403
    creator.user_permissions.add(Permission.objects.get(codename="add_importrun"))
    assert client.get(url).status_code == 200
