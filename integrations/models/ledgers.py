"""What Braze holds of each cohort, by our record."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cohorts.models import Cohort
from integrations.models.connections import Connection


class Ledger(models.Model):
    """What Braze holds of one cohort, by our record. The base of every plan.

    `confirmed_file`: ids Braze acknowledged. `in_doubt_file`: ids sent and never answered, with
    the direction and the time they were last sent, and ids of which a lost request may still
    arrive although a later one was answered. An id can be in both. Files are immutable Parquet in
    the membership store; an empty name is an empty set.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="ledgers")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="ledgers")
    # Our id of the cohort in Braze. Immutable and never derived from the name, so a rename
    # cannot make a second cohort there.
    braze_cohort_id = models.CharField(max_length=64, unique=True)
    # The name Braze last acknowledged; blank until the first. For Mode.TRACK the value that
    # stands for the cohort in the array: set once, never changed.
    braze_name = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_file = models.CharField(max_length=255, blank=True)
    confirmed_sha256 = models.CharField(max_length=64, blank=True)
    confirmed_count = models.BigIntegerField(default=0)
    in_doubt_file = models.CharField(max_length=255, blank=True)
    in_doubt_sha256 = models.CharField(max_length=64, blank=True)
    in_doubt_count = models.BigIntegerField(default=0)
    # Every id ever sent: what a repair has to remove when it is no member.
    ever_sent_file = models.CharField(max_length=255, blank=True)
    ever_sent_sha256 = models.CharField(max_length=64, blank=True)
    ever_sent_count = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)
    # Since when it cannot be trusted: a run could not be settled into it.
    lost_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "connection"], name="one_ledger_per_cohort_and_connection"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_count__gte=0, in_doubt_count__gte=0, ever_sent_count__gte=0),
                name="ledger_counts_are_not_negative",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}_file": ""}) | ~Q(**{f"{name}_sha256": ""}),
                    name=f"ledger_{name}_file_has_its_checksum",
                )
                for name in ("confirmed", "in_doubt", "ever_sent")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cohort} in {self.connection}"
