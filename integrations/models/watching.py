"""What operators see of the workers."""

from __future__ import annotations

from django.db import models


class WorkerSeen(models.Model):
    """One row per worker keeper: when it last ticked and when its pool last answered."""

    keeper = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()
    pool_answered_at = models.DateTimeField(null=True)
    # When it last looked at the schedules and got through.
    ticked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.keeper


class Incident(models.Model):
    """Something an operator should know: a pool restarted, a lease taken over."""

    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"
