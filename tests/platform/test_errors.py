"""What a person sees when something fails that no view has dealt with."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.db.transaction import TransactionManagementError

from cohorts.models import Cohort

pytestmark = pytest.mark.django_db


def in_the_wake() -> Exception:
    """What Django raises at the end of a transaction whose connection was lost."""
    error = TransactionManagementError("an error occurred in the transaction")
    error.__context__ = OperationalError("server closed the connection")
    return error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("server closed the connection"), 503, "The database does not answer"),
        (in_the_wake(), 503, "The database does not answer"),
        (RuntimeError("a secret"), 500, "Something went wrong here"),
    ],
)
def test_a_fault_is_told_without_its_inside(admin_client, monkeypatch, error, status, words):
    def fail(*args):
        raise error

    monkeypatch.setattr(type(Cohort.objects), "live", fail)
    admin_client.raise_request_exception = False
    answer = admin_client.get("/cohorts/")
    assert answer.status_code == status
    assert words in answer.text
    assert str(error) not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)
