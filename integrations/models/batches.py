"""The requests of a run, and what came of them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from integrations.models.runs import ImportRun


class ImportBatch(models.Model):
    """One request's worth of a plan, and how far it got."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        # Committed before the first byte leaves: from here on Braze may have it.
        SENDING = "sending", _("Sending")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        REFUSED = "refused", _("Refused")
        UNKNOWN = "unknown", _("Unknown")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="batch_set")
    number = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    # Acknowledged, but an earlier try without an answer may still arrive at Braze.
    may_echo = models.BooleanField(default=False)
    # Adds people by identifiers of which others may name the same profile: removals go first.
    after_removals = models.BooleanField(default=False)
    # Ids in doubt wait before they are sent the opposite way.
    not_before = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=255, blank=True)
    # Of `added` and `removed` those that Braze refused one by one.
    refused_added = models.PositiveIntegerField(default=0)
    refused_removed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["run", "number"]
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="one_row_per_batch"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "sending", "acknowledged", "refused", "unknown"]),
                name="batch_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(added__lte=1000 - F("removed")), name="batch_holds_at_most_1000_ids"
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.number} of run {self.run_id}"


class EarlierTry(models.Model):
    """A request of a batch that was sent again later: the batch itself tells of its last one."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="earlier_tries")
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    # Null where its worker ended before an answer came.
    answered_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["batch", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_row_per_earlier_try")
        ]

    def __str__(self) -> str:
        return f"try {self.number} of {self.batch}"


class RefusedMember(models.Model):
    """A member that Braze refused while it took the rest of the batch."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="refused_set")
    # As `integrations.braze.identifiers` writes it.
    identifier = models.TextField()
    remove = models.BooleanField()
    reason = models.CharField(max_length=255)

    class Meta:
        ordering = ["batch", "pk"]

    def __str__(self) -> str:
        return f"a member of {self.batch}"
