from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from cohorts.tags import add_tag
from tests.factories import make_cohort, make_run, make_schedule, make_user

pytestmark = pytest.mark.django_db


def rows(client: Client, query: str = "") -> list[list[str]]:
    response = client.get(f"/cohorts/export.csv{query}")
    assert response.status_code == 200
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body)))


def test_it_writes_the_list_as_it_is_searched_and_sorted(page: Client) -> None:
    owner = make_user(first_name="Mika", last_name="Tanaka")
    whales = make_cohort("Whales", description="Pay, a lot", size=12_345_678, owner=owner)
    make_schedule(whales)
    make_run(whales)
    add_tag("revenue", [whales])
    make_cohort("Old Users")
    make_cohort("New Users")
    head, first = rows(page, "?q=whales")
    found = dict(zip(head, first, strict=True))
    assert found["Name"] == "Whales"
    assert found["Description"] == "Pay, a lot"
    assert (found["Owner"], found["Tags"], found["Users"]) == ("Mika Tanaka", "revenue", "12345678")
    assert (found["Import Recurrence"], found["Last Import"]) == ("Every 1 week, T, F", "Success")
    assert found["Address"] == "http://testserver/cohorts/whales/"
    names = [row[0] for row in rows(page, "?q=users&sort=-name&page=7")[1:]]
    assert names == ["Old Users", "New Users"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_a_spreadsheet_takes_no_name_for_a_formula(page: Client, name: str) -> None:
    make_cohort(name, slug="odd")
    assert rows(page)[1][0] == f"'{name}"


def test_it_leaves_out_imports_for_who_may_not_see_them(client: Client) -> None:
    from django.contrib.auth.models import Permission

    user = make_user(None)
    user.user_permissions.add(Permission.objects.get(codename="view_cohort"))
    client.force_login(user)
    make_cohort("Whales")
    assert "Last Import" not in rows(client)[0]
