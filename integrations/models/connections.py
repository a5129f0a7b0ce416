"""Braze workspaces, and whose turn it is to send there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cohorts.encryption import EncryptedTextField


class Connection(models.Model):
    """A configured Braze workspace: where to send, and the key that lets us."""

    class Mode(models.TextChoices):
        PARTNER = "partner", _("Partner cohorts (data import key)")
        TRACK = "track", _("Array attribute (REST API key)")

    name = models.CharField(_("name"), max_length=100, unique=True)
    # A cluster code of `integrations.braze.clusters`, or the configured sandbox's URL.
    endpoint = models.CharField(_("REST endpoint"), max_length=200)
    mode = models.CharField(_("delivery"), max_length=7, choices=Mode.choices, default=Mode.PARTNER)
    # For Mode.TRACK: the custom attribute of Braze users that lists their cohorts.
    attribute = models.CharField(_("attribute"), max_length=255, default="Kubit Cohorts")
    # The data import key; for Mode.TRACK a REST API key.
    data_import_key = EncryptedTextField(_("key"))
    key_hint = models.CharField(max_length=4, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.TextField(blank=True)
    # For imports without a schedule, and for schedules to begin with; see `integrations.safety`.
    hold_percent = models.PositiveSmallIntegerField(default=30)
    hold_least = models.PositiveIntegerField(default=1000)
    hold_factor = models.PositiveSmallIntegerField(default=3)

    class Meta:
        ordering = ["name"]
        verbose_name = _("Braze connection")
        verbose_name_plural = _("Braze connections")
        constraints = [
            models.CheckConstraint(
                condition=Q(mode__in=["partner", "track"]), name="connection_mode_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(attribute=""), name="connection_attribute_is_named"
            ),
            models.CheckConstraint(
                condition=Q(hold_percent__range=(1, 100), hold_least__gte=1, hold_factor__gte=2),
                name="connection_limits_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RequestTurns(models.Model):
    """The token bucket of one place that requests go to: when it will be full again."""

    name = models.CharField(max_length=250, unique=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
