"""What is kept about imports: connections, schedules, runs, batches, ledgers, mail.

The invariants of ARCHITECTURE.md stand here as constraints wherever a database can hold them.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cohorts.encryption import EncryptedTextField
from cohorts.models import Cohort, CohortVersion, Snapshot


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
        ]

    def __str__(self) -> str:
        return self.name


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


class RequestTurns(models.Model):
    """The token bucket of one place that requests go to: when it will be full again."""

    name = models.CharField(max_length=250, unique=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


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
