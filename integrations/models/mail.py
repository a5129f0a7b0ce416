"""The outbox."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.runs import ImportRun


class OutboxMail(models.Model):
    """A mail to send, written in the transaction that made it true."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=20)
    recipient = models.EmailField()
    message_id = models.CharField(max_length=255, unique=True)
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "recipient", "kind"], name="one_mail_per_run_recipient_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} mail of run {self.run_id}"
