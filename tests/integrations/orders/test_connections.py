from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cohorts.models import Cohort
from integrations.connections import (
    ConnectionUnusable,
    check_connection,
    default_connection,
    describe_check,
    find_endpoint,
    open_destination,
    open_endpoint,
    set_key,
)
from integrations.models import Connection, Ledger
from tests.integrations.orders.conftest import FakeBraze

pytestmark = pytest.mark.django_db


def test_an_endpoint_is_a_cluster_or_exactly_the_configured_sandbox(
    settings: SimpleNamespace,
) -> None:
    settings.BRAZE_SANDBOX_URL = "http://127.0.0.1:8010"
    assert find_endpoint("https://dashboard-01.braze.com/x") == "US-01"
    assert find_endpoint(" http://127.0.0.1:8010/ ") == "http://127.0.0.1:8010"
    assert find_endpoint("http://127.0.0.1:8011") is None
    assert find_endpoint("http://127.0.0.1:8010/elsewhere") is None


def test_without_a_configured_sandbox_there_is_none(settings: SimpleNamespace) -> None:
    settings.BRAZE_SANDBOX_URL = ""
    assert find_endpoint("") is None
    assert find_endpoint("http://127.0.0.1:8010") is None


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:1", "https://evil.example", "http://169.254.169.254", ""]
)
def test_a_stored_address_that_is_not_brazes_is_never_opened(
    settings: SimpleNamespace, endpoint: str
) -> None:
    settings.BRAZE_SANDBOX_URL = ""
    settings.BRAZE_PARTNER_KEYS = {"US": "k"}
    with pytest.raises(ConnectionUnusable) as unusable:
        open_endpoint(endpoint, "key")
    assert unusable.value.kind == "endpoint_unknown"


def test_the_partner_key_is_the_one_of_the_region(
    settings: SimpleNamespace, connection: Connection
) -> None:
    settings.BRAZE_PARTNER_KEYS = {"US": "us-key"}
    open_destination(connection).close()
    connection.endpoint = "EU-01"
    with pytest.raises(ConnectionUnusable) as unusable:
        open_destination(connection)
    assert unusable.value.kind == "partner_key_missing"
    assert "EU" in unusable.value.message


def test_a_key_encrypted_with_a_lost_key_is_told_apart(
    settings: SimpleNamespace, connection: Connection
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    stored = Connection.objects.get(pk=connection.pk)
    assert check_connection(stored).kind == "key_unreadable"


def test_checking_asks_braze(braze: FakeBraze, connection: Connection) -> None:
    connection.endpoint = braze.server.url
    refused = check_connection(connection)
    assert refused.kind == "key_refused"
    assert "another cluster" in describe_check(refused)
    set_key(connection, braze.good_key)
    assert describe_check(check_connection(connection)).startswith("Connected")


def test_a_short_key_gives_no_hint() -> None:
    connection = Connection()
    set_key(connection, "short")
    assert connection.key_hint == ""


def test_the_default_connection_is_the_only_one(connection: Connection) -> None:
    assert default_connection() == connection
    Connection.objects.create(name="Other", endpoint="EU-01", data_import_key="k")
    assert default_connection() is None


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def staff(client: Client) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(user)
    return client


def change_url(connection: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[connection.pk])


def said(response: object) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_the_stored_key_is_on_no_page(admin: Client, connection: Connection) -> None:
    for url in (change_url(connection), reverse("admin:integrations_connection_changelist")):
        page = admin.get(url).content.decode()
        assert "••••7f2c" in page
        assert "canary" not in page


def test_a_refused_key_does_not_replace_the_old_one(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": "wrong-key-9876543210"}
    page = admin.post(change_url(connection), form).content.decode()
    assert "did not accept the data import key" in page
    assert "another cluster" in page
    assert "wrong-key" not in page
    connection.refresh_from_db()
    assert connection.data_import_key == "data-import-canary-7f2c"
    assert connection.endpoint == "US-01"


def test_a_good_key_replaces_the_old_one_and_ends_the_pause(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    Connection.objects.update(paused_at="2026-01-01T00:00Z", paused_reason="401")
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": f" {braze.good_key} "}
    response = admin.post(change_url(connection), form, follow=True)
    assert "Connected" in said(response)
    connection = Connection.objects.get()
    assert connection.data_import_key == braze.good_key
    assert connection.key_hint == braze.good_key[-4:]
    assert connection.paused_at is None


def test_an_empty_key_field_keeps_the_key_and_asks_nobody(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    form = {"name": "Renamed", "endpoint": "US-01", "new_key": ""}
    assert admin.post(change_url(connection), form).status_code == 302
    connection.refresh_from_db()
    assert (connection.name, connection.data_import_key) == ("Renamed", "data-import-canary-7f2c")
    assert braze.asked == 0


def test_another_endpoint_is_tried_with_the_stored_key(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": ""}
    page = admin.post(change_url(connection), form).content.decode()
    assert "did not accept the data import key" in page
    assert braze.asked == 1


def test_a_key_that_cannot_be_tried_is_saved_with_a_warning(
    admin: Client, settings: SimpleNamespace, connection: Connection
) -> None:
    settings.BRAZE_SANDBOX_URL = "http://127.0.0.1:1"
    settings.BRAZE_PARTNER_KEYS = {"US": "k"}
    form = {"name": "Main", "endpoint": "http://127.0.0.1:1", "new_key": "new-key-0123456789"}
    response = admin.post(change_url(connection), form, follow=True)
    assert "could not be tested" in said(response)
    assert Connection.objects.get().data_import_key == "new-key-0123456789"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "x" * 501])
def test_what_cannot_be_a_key_is_refused_without_asking(
    admin: Client, braze: FakeBraze, connection: Connection, key: str
) -> None:
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": key}
    assert admin.post(change_url(connection), form).status_code == 200
    assert braze.asked == 0
    connection.refresh_from_db()
    assert connection.data_import_key == "data-import-canary-7f2c"


def test_a_new_connection_needs_a_key(admin: Client, braze: FakeBraze) -> None:
    url = reverse("admin:integrations_connection_add")
    form = {"name": "New", "endpoint": braze.server.url, "new_key": ""}
    assert "The data import key is empty." in admin.post(url, form).content.decode()
    assert not Connection.objects.exists()
    assert admin.post(url, form | {"new_key": braze.good_key}).status_code == 302
    assert Connection.objects.get().data_import_key == braze.good_key


def test_the_button_tests_the_connection_and_says_the_result(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    Connection.objects.update(endpoint=braze.server.url)
    url = reverse("admin:integrations_connection_test", args=[connection.pk])
    assert url in admin.get(change_url(connection)).content.decode()
    assert "did not accept the data import key" in said(admin.post(url, follow=True))
    assert admin.get(url).status_code == 405


def test_a_test_that_passes_ends_the_pause(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    Connection.objects.update(endpoint=braze.server.url, paused_at=timezone.now())
    url = reverse("admin:integrations_connection_test", args=[connection.pk])
    admin.post(url)
    assert Connection.objects.get().paused_at is not None
    Connection.objects.update(data_import_key=braze.good_key)
    assert "Imports over it go on." in said(admin.post(url, follow=True))
    assert Connection.objects.get().paused_at is None


def test_the_action_tests_the_chosen_connections(
    admin: Client, braze: FakeBraze, connection: Connection
) -> None:
    Connection.objects.update(endpoint=braze.server.url, data_import_key=braze.good_key)
    url = reverse("admin:integrations_connection_changelist")
    form = {"action": "test_connections", "_selected_action": connection.pk}
    assert "Main: Connected" in said(admin.post(url, form, follow=True))


def test_who_may_only_look_can_neither_test_nor_change(
    staff: Client, braze: FakeBraze, connection: Connection
) -> None:
    url = reverse("admin:integrations_connection_test", args=[connection.pk])
    assert staff.post(url).status_code == 403
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": braze.good_key}
    assert staff.post(change_url(connection), form).status_code == 403
    assert not re.search(r'name="new_key"', staff.get(change_url(connection)).content.decode())
    assert braze.asked == 0


def test_a_connection_whose_key_cannot_be_read_can_still_be_given_a_new_one(
    admin: Client, braze: FakeBraze, connection: Connection, settings: SimpleNamespace
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert admin.get(reverse("admin:integrations_connection_changelist")).status_code == 200
    form = {"name": "Main", "endpoint": braze.server.url, "new_key": braze.good_key}
    assert admin.post(change_url(connection), form).status_code == 302
    assert Connection.objects.get().data_import_key == braze.good_key


def test_a_rest_key_is_tried_the_way_it_delivers(admin: Client, braze: FakeBraze) -> None:
    url = reverse("admin:integrations_connection_add")
    form = {"name": "Attr", "mode": "track", "endpoint": braze.server.url, "attribute": "Cohorts"}
    admin.post(url, form | {"new_key": "rest-key-canary-7f2c"})
    request = braze.server.requests[-1]
    assert request.startswith(b"POST /users/track")
    assert b"Bearer rest-key-canary-7f2c" in request
    page = admin.post(url, form | {"new_key": "k", "attribute": "email"}).content.decode()
    assert "has a meaning of its own in Braze" in page


def test_another_way_of_delivery_needs_its_own_key_and_no_ledger(
    admin: Client, braze: FakeBraze, connection: Connection, cohort: Cohort
) -> None:
    form = {"name": "Main", "mode": "track", "endpoint": "US-01", "new_key": ""}
    page = admin.post(change_url(connection), form).content.decode()
    assert "needs its own key" in page
    Ledger.objects.create(cohort=cohort, connection=connection, braze_cohort_id="coh_1")
    assert admin.post(change_url(connection), form).status_code == 302
    assert Connection.objects.get().mode == "partner"


def test_the_admin_site_offers_no_way_to_start_functions_by_name(admin: Client) -> None:
    page = admin.get(reverse("admin:index")).content.decode()
    assert "django_q/ormq/" in page
    assert "django_q/schedule/" not in page
