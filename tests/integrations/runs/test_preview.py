"""What the preview counts is what the next run does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import ImportBatch, ImportRun
from integrations.plan_batches import QUIET_PERIOD
from integrations.preview import preview_import
from tests.integrations.runs.conftest import work

pytestmark = pytest.mark.django_db


def test_the_next_run_does_what_was_previewed_with_ids_in_doubt_and_waiting(
    sandbox, define, run_import, connection
):
    run_import(define(5))
    sandbox.control("POST", "faults", [{"path": "/cohorts/users", "times": 1, "drop": "after"}])
    run = run_import(define(3))
    ImportRun.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now(), wait_until=None)
    assert work(run).in_doubt == 500
    cohort = define(4)
    for repair in (False, True):
        found = preview_import(cohort, connection, repair=repair)
        run = run_import(cohort, trigger="repair" if repair else "manual")
        planned = (run.size, run.added, run.removed, run.unchanged, run.blank, run.invalid)
        assert planned == (
            found.size,
            found.add,
            found.remove,
            found.unchanged,
            found.blank,
            found.invalid,
        )
        assert run.batches == found.requests
        waits = ImportBatch.objects.filter(run=run, not_before__isnull=False).exists()
        # Those who left wait until their unanswered request can no longer arrive.
        assert waits
        assert 200 < found.seconds <= QUIET_PERIOD / timedelta(seconds=1) + 5
        ImportRun.objects.filter(pk=run.pk).update(
            cancel_requested_at=timezone.now(), wait_until=None
        )
        work(run)


def test_the_preview_says_what_would_be_held(define, run_import, connection, sandbox):
    run_import(define(5))
    assert preview_import(define(7), connection).hold == ""
    assert "became empty" in preview_import(define(10), connection).hold
    assert run_import(define(10)).state == "held"
