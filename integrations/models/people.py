"""What people who sign in have chosen and seen."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """What a person who signs in has chosen for themselves."""

    class Notify(models.TextChoices):
        AS_ASKED = "", _("As each import says")
        ALWAYS = "always", _("Always")
        PROBLEMS = "problems", _("Only when something went wrong")
        NEVER = "never", _("Never")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile", primary_key=True
    )
    # Of pages and mails. Blank: pages follow the browser, mails whoever asked for the import.
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)
    # Mails to their own address about imports that they start by hand. Blank: if it is among the
    # import's recipients.
    notify = models.CharField(max_length=8, blank=True, choices=Notify.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(notify__in=["", "always", "problems", "never"]),
                name="profile_notify_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}"


class NoticesRead(models.Model):
    """Up to when somebody has seen the results of imports that concern them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices_read"
    )
    until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "notices read"

    def __str__(self) -> str:
        return f"{self.user} until {self.until:%Y-%m-%d %H:%M} UTC"
