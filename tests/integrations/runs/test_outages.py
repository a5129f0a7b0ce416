"""A database that is away for a moment costs no answer of Braze."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django_q.brokers.orm import ORM

from integrations import delivery, outages, queue_broker
from integrations.models import ImportBatch
from tests.integrations.runs.conftest import buyers, members_in


@pytest.fixture
def broken(monkeypatch):
    """Make a function fail as it does when the server is gone, so many times."""

    def break_(module, name, times, *, afterwards=False):
        real, left = getattr(module, name), [times]

        def fail(*args, **kwargs):
            if left[0] > 0:
                left[0] -= 1
                if afterwards:
                    real(*args, **kwargs)
                raise OperationalError("server closed the connection unexpectedly")
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, fail)

    monkeypatch.setattr(outages, "TRY_EVERY", 0)
    monkeypatch.setattr(queue_broker, "TRY_EVERY", 0)
    return break_


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["_record", "_mark_sending"])
@pytest.mark.parametrize("committed", [False, True])
def test_an_answer_in_hand_is_kept(broken, sandbox, define, run_import, name, committed):
    broken(delivery, name, 2, afterwards=committed)
    run = run_import(define(5))
    assert run.state == "succeeded"
    assert members_in(sandbox) == buyers(5)
    log = sandbox.control("GET", "requests?since=0").json
    assert [entry["added"] for entry in log if entry["path"].endswith("/users")] == [1000, 250]
    assert not ImportBatch.objects.filter(may_echo=True).exists()


@pytest.mark.django_db
def test_within_a_transaction_it_is_told_at_once():
    tries = []

    def fail():
        tries.append(1)
        raise OperationalError("away")

    assert connection.in_atomic_block
    with pytest.raises(OperationalError):
        outages.outlast(fail)
    assert tries == [1]


@pytest.mark.django_db(transaction=True)
def test_the_queue_is_asked_again(broken):
    broker = queue_broker.PatientBroker()
    broker.enqueue("first")
    broker.enqueue("second")
    broken(ORM, "dequeue", 1)
    assert broker.dequeue() is None
    assert [payload for _, payload in broker.dequeue() or []] == ["first"]
