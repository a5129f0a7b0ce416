"""The settings of Braze connections, in the product's own look."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from integrations import connections
from integrations.braze.answers import Answer, Outcome
from integrations.models import Connection
from tests.factories import make_cohort, make_connection, make_schedule, make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
WORKS = Answer(Outcome.ACCEPTED, 201, "accepted", "", False, duration_ms=412)
REFUSED = Answer(Outcome.REFUSED, 401, "bad_key", "Braze refused the data import key.", False)
SILENT = Answer(Outcome.UNKNOWN, None, "timeout", "Braze did not answer.", True)
CANARY = "another-import-key-canary-77aa"
FORM = {
    "name": "Production",
    "mode": "partner",
    "attribute": "Kubit Cohorts",
    "endpoint": "US-01",
    "new_key": CANARY,
    "address": "",
}


class _Destination:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def check(self) -> Answer:
        return self.answer

    def close(self) -> None:
        pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What stands where the wire is: the answer to give, and what was asked."""
    state: dict[str, Any] = {"answer": WORKS, "endpoints": []}

    def open_endpoint(endpoint: str, key: str, **_: Any) -> _Destination:
        state["endpoints"].append(endpoint)
        return _Destination(state["answer"])

    monkeypatch.setattr(connections, "open_endpoint", open_endpoint)
    return state


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user("Admin"))
    return client


def test_it_leads_to_the_first_connection_or_the_form_for_it(admin: Client) -> None:
    assert admin.get("/settings/braze/")["Location"] == "/settings/braze/new/"
    assert "Not connected" in admin.get("/settings/braze/new/").content.decode()
    connection = make_connection("<b>Main</b>")
    assert admin.get("/settings/braze/")["Location"] == f"/settings/braze/{connection.pk}/"
    page = admin.get(f"/settings/braze/{connection.pk}/").content.decode()
    assert "&lt;b&gt;Main&lt;/b&gt;" in page
    assert "••••5f1d" in page
    assert "import-key-canary" not in page
    assert "dashboard-01.braze.com" in page


def test_it_saves_a_connection_that_works(admin: Client, asked: dict[str, Any]) -> None:
    assert admin.post("/settings/braze/new/", FORM).status_code == 302
    connection = Connection.objects.get()
    assert (connection.data_import_key, connection.key_hint) == (CANARY, "77aa")
    assert CANARY not in admin.get(f"/settings/braze/{connection.pk}/").content.decode()


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("https://dashboard-03.braze.com/dashboard/home/", "US-03"),
        ("rest.fra-02.braze.eu", "EU-02"),
    ],
)
def test_it_takes_the_address_of_a_dashboard(
    admin: Client, asked: dict[str, Any], address: str, endpoint: str
) -> None:
    admin.post("/settings/braze/new/", FORM | {"address": address})
    assert Connection.objects.get().endpoint == endpoint
    assert asked["endpoints"] == [endpoint]


def test_it_refuses_an_address_that_is_not_brazes(admin: Client, asked: dict[str, Any]) -> None:
    response = admin.post("/settings/braze/new/", FORM | {"address": "https://evil.example/"})
    assert response.status_code == 422
    assert "no cluster at this address" in response.content.decode()
    assert CANARY not in response.content.decode()
    assert not Connection.objects.exists()


def test_it_keeps_the_key_that_works_when_braze_refuses_the_new_one(
    admin: Client, asked: dict[str, Any]
) -> None:
    connection, asked["answer"] = make_connection(), REFUSED
    response = admin.post(f"/settings/braze/{connection.pk}/", FORM)
    assert response.status_code == 422
    assert "Braze refused the data import key." in response.content.decode()
    connection.refresh_from_db()
    assert connection.key_hint == "5f1d"


def test_it_saves_what_could_not_be_tried_and_says_so(admin: Client, asked: dict[str, Any]) -> None:
    connection, asked["answer"] = make_connection(), SILENT
    response = admin.post(f"/settings/braze/{connection.pk}/", FORM, follow=True)
    assert "could not be tested: Braze did not answer." in response.content.decode()
    connection.refresh_from_db()
    assert connection.key_hint == "77aa"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (WORKS, ["Connection works", "Endpoint reached", "0.4 s", "no users were sent"]),
        (REFUSED, ["Connection does not work", "Endpoint reached", "refused the data import key"]),
        (SILENT, ["Connection does not work", "No answer from the endpoint"]),
    ],
)
@pytest.mark.parametrize("headers", [{}, PART])
def test_it_tests_a_connection(
    admin: Client, asked: dict[str, Any], answer: Answer, words: list[str], headers: dict[str, str]
) -> None:
    connection, asked["answer"] = make_connection(), answer
    page = admin.post(f"/settings/braze/{connection.pk}/test/", headers=headers)
    for each in words:
        assert each in page.content.decode()
    assert ("<html" in page.content.decode()) == (not headers)


def test_it_pauses_and_resumes_every_schedule_over_it(admin: Client) -> None:
    connection, other = make_connection(), make_connection("Other")
    mine = make_schedule(make_cohort("A"), connection=connection)
    spared = make_schedule(make_cohort("B"), connection=other)
    url = f"/settings/braze/{connection.pk}/schedules/"
    page = admin.post(url, {"do": "pause"}, follow=True).content.decode()
    assert "1 schedule is paused." in page
    mine.refresh_from_db()
    spared.refresh_from_db()
    assert mine.is_paused
    assert not spared.is_paused
    admin.post(url, {"do": "resume"})
    mine.refresh_from_db()
    assert not mine.is_paused


@pytest.mark.parametrize("role", ["Viewer", "Creator", "Governor"])
def test_it_is_for_admins(client: Client, role: str) -> None:
    connection = make_connection()
    client.force_login(make_user(role))
    assert client.get(f"/settings/braze/{connection.pk}/").status_code == 403
    assert client.post(f"/settings/braze/{connection.pk}/", FORM).status_code == 403


def test_an_admin_sets_from_where_on_imports_are_held(admin: Client) -> None:
    connection = make_connection()
    url = f"/settings/braze/{connection.pk}/"
    shown = admin.get(url).content.decode()
    assert 'name="percent" value="30"' in shown
    refused = admin.post(f"{url}limits/", {"percent": "0", "least": "50", "factor": "4"})
    assert refused.status_code == 422
    assert "Choose a share from 1 to 100 percent." in refused.content.decode()
    assert 'name="least" value="50"' in refused.content.decode()
    admin.post(f"{url}limits/", {"percent": "20", "least": "50", "factor": "4"})
    connection.refresh_from_db()
    limits = (connection.hold_percent, connection.hold_least, connection.hold_factor)
    assert limits == (20, 50, 4)
    assert connection.data_import_key == "import-key-canary-5f1d"
    dialog = admin.get(f"/cohorts/{make_cohort().slug}/import/").content.decode()
    assert 'name="hold_percent" value="20"' in dialog


def test_those_who_may_not_change_it_read_its_limits(client: Client) -> None:
    connection = make_connection(hold_percent=45)
    reader = make_user("Governor")
    reader.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(reader)
    shown = client.get(f"/settings/braze/{connection.pk}/").content.decode()
    assert "45%" in shown
    assert 'name="percent"' not in shown
    assert client.post(f"/settings/braze/{connection.pk}/limits/").status_code == 403
