"""Executions of imports."""

from __future__ import annotations

from functools import reduce
from operator import and_

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, CohortVersion, Snapshot
from integrations.models.connections import Connection
from integrations.models.schedules import ImportSchedule, ScheduleSlot


class ImportRun(models.Model):
    """One execution of an import. Screens say "import"."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        COMPUTING = "computing", _("Counting")
        HELD = "held", _("Held")
        SENDING = "sending", _("Sending")
        SUCCEEDED = "succeeded", _("Success")
        PARTIAL = "partial", _("Partly")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    FINAL_STATES = (State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELED)

    class Trigger(models.TextChoices):
        MANUAL = "manual", _("Manual")
        SCHEDULED = "scheduled", _("Scheduled")
        ONE_TIME = "one-time", _("One-time")
        REPAIR = "repair", _("Repair")
        # Everyone is taken out of Braze; the cohort stays as it is.
        REMOVAL = "removal", _("Removal")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="runs")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="runs")
    version = models.ForeignKey(CohortVersion, models.PROTECT, related_name="+")
    schedule = models.ForeignKey(
        ImportSchedule, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    slot = models.OneToOneField(
        ScheduleSlot, models.SET_NULL, null=True, blank=True, related_name="run"
    )
    trigger = models.CharField(max_length=9, choices=Trigger.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    recipients = models.JSONField(default=list, blank=True)
    # Of whoever asked for it; see `ImportSchedule.language`.
    language = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)

    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, related_name="runs")

    size = models.BigIntegerField(null=True)
    added = models.BigIntegerField(null=True)
    removed = models.BigIntegerField(null=True)
    unchanged = models.BigIntegerField(null=True)
    blank = models.BigIntegerField(null=True)
    invalid = models.BigIntegerField(null=True)
    # Members whose identifier another member has too.
    duplicate = models.BigIntegerField(null=True)
    in_doubt = models.BigIntegerField(null=True)
    # Members that Braze refused one by one, listed as `RefusedMember`.
    refused = models.BigIntegerField(null=True)
    batches = models.PositiveIntegerField(null=True)

    # How Braze knows the members, as of the schedule when the run was asked for.
    identifier = models.JSONField(default=dict, blank=True)
    # Members the plan leaves out: Parquet rows (member, id, problem). Blank when there are none.
    left_out_file = models.CharField(max_length=255, blank=True)
    left_out_sha256 = models.CharField(max_length=64, blank=True)

    # The frozen plan: Parquet rows (batch, op, id). Batch 7 always holds the same ids.
    planned_at = models.DateTimeField(null=True)
    plan_file = models.CharField(max_length=255, blank=True)
    plan_sha256 = models.CharField(max_length=64, blank=True)

    # A worker may write only while the epoch it claimed is still the row's.
    lease_epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(null=True)
    wait_reason = models.CharField(max_length=255, blank=True)
    claims_without_progress = models.PositiveSmallIntegerField(default=0)
    # Tries in a row that brought no answer worth having.
    failed_tries = models.PositiveSmallIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    # Why a person must decide, and who did.
    held_reason = models.CharField(max_length=255, blank=True)
    # The same as rule and numbers, to be said in another language.
    held_facts = models.JSONField(default=dict, blank=True)
    decided_note = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    error_kind = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering = ["-queued_at", "-pk"]
        indexes = [
            models.Index(fields=["cohort", "-queued_at"], name="run_history"),
            models.Index(fields=["-queued_at", "-id"], name="run_newest"),
            models.Index(fields=["state", "-queued_at"], name="run_states"),
            models.Index(fields=["-finished_at"], name="run_results"),
        ]
        permissions = [("download_members", "Can download the ids that an import changed")]
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "connection"],
                condition=Q(state__in=["queued", "computing", "held", "sending"]),
                name="one_open_run_per_cohort_and_connection",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["succeeded", "partial", "failed", "canceled"])
                & Q(finished_at__isnull=False)
                | Q(state__in=["queued", "computing", "held", "sending"]) & Q(finished_at=None),
                name="final_runs_are_finished",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("queued", "computing", "held", "sending"),
                        *("succeeded", "partial", "failed", "canceled"),
                    ]
                ),
                name="run_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(lease_until=None) | Q(state__in=["queued", "computing", "sending"]),
                name="only_workable_runs_are_leased",
            ),
            models.CheckConstraint(
                condition=reduce(
                    and_,
                    (
                        Q(**{name: None}) | Q(**{f"{name}__gte": 0})
                        for name in (
                            *("size", "added", "removed", "unchanged"),
                            *("blank", "invalid", "in_doubt", "refused"),
                        )
                    ),
                ),
                name="run_counts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(plan_file="") | ~Q(plan_sha256=""), name="run_plan_has_its_checksum"
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded")
                | Q(size__isnull=False, added__isnull=False, removed__isnull=False),
                name="succeeded_runs_are_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk} of {self.cohort}"

    def get_absolute_url(self) -> str:
        return reverse("integrations:run", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL_STATES
