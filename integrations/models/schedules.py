"""Standing orders, and the instants they were due."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort
from integrations.models.connections import Connection


class ImportSchedule(models.Model):
    """The standing order to import a cohort. Screens say "Import Recurrence"."""

    class Unit(models.TextChoices):
        DAY = "day", _("Days")
        WEEK = "week", _("Weeks")
        MONTH = "month", _("Months")

    class Notify(models.TextChoices):
        ALWAYS = "always", _("After every import")
        PROBLEMS = "problems", _("Only when something is wrong")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="schedules")
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="schedules")
    every = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    unit = models.CharField(max_length=5, choices=Unit.choices)
    # Monday is 0, as in `datetime.weekday`. For weeks only.
    weekdays = models.JSONField(default=list, blank=True)
    # "1" to "31" or "last". For months only.
    month_day = models.CharField(max_length=4, blank=True)
    at = models.TimeField(_("execution time"))
    timezone = models.CharField(_("time zone"), max_length=64)
    # "Every 2 weeks" counts from the week of this date, "every 3 days" from this date.
    starts_on = models.DateField()
    recipients = models.JSONField(default=list, blank=True)
    # `integrations.identification.IdentifierChoice`; empty for the user id as external id.
    identifier = models.JSONField(default=dict, blank=True)
    notify = models.CharField(max_length=8, choices=Notify.choices, default=Notify.ALWAYS)
    # Of mails to recipients who have not chosen one: that of whoever saved the schedule.
    language = models.CharField(max_length=10, blank=True)
    # From where on a plan waits for a person; see `integrations.safety`.
    hold_percent = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    hold_least = models.PositiveIntegerField(default=1000, validators=[MinValueValidator(1)])
    hold_factor = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(2), MaxValueValidator(1000)]
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # The tick looks only at slots after this instant; an edit or a resume moves it to now.
    looked_until = models.DateTimeField()
    # The next instant it is due, for lists and for the tick's index. Null while paused.
    next_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort"],
                condition=Q(deleted_at=None),
                name="one_live_schedule_per_cohort",
            ),
            models.CheckConstraint(condition=Q(every__gte=1), name="schedule_every_at_least_1"),
            models.CheckConstraint(
                condition=Q(paused_at=None, deleted_at=None) | Q(next_due_at=None),
                name="only_active_schedules_are_due",
            ),
            models.CheckConstraint(
                condition=Q(hold_percent__range=(1, 100), hold_least__gte=1, hold_factor__gte=2),
                name="schedule_limits_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cohort}: every {self.every} {self.unit}"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None


class ScheduleSlot(models.Model):
    """One instant at which a schedule was due, and what came of it. Its row decides who acts."""

    class Outcome(models.TextChoices):
        RUN = "run", _("Run")
        LATE = "late", _("Run late")
        MISSED = "missed", _("Missed")
        SKIPPED = "skipped", _("Skipped")

    schedule = models.ForeignKey(ImportSchedule, models.CASCADE, related_name="slots")
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    note = models.CharField(max_length=255, blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-due_at"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="one_row_per_slot")
        ]

    def __str__(self) -> str:
        return f"{self.schedule} due {self.due_at:%Y-%m-%d %H:%M} UTC"
