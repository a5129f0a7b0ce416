from __future__ import annotations

import pytest
from django.test import Client

from cohorts.models import Cohort
from integrations.models import Connection
from tests.factories import make_cohort, make_connection, make_user


@pytest.fixture
def page(client: Client, db: None) -> Client:
    """The browser of a Governor."""
    client.force_login(make_user())
    return client


@pytest.fixture
def cohort(db: None) -> Cohort:
    return make_cohort("Dormant Users", description="No song in the last 30 days")


@pytest.fixture
def connection(db: None) -> Connection:
    return make_connection()
