"""What is kept about cohorts: datasets, cohorts with their versions, snapshots."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cohorts.encryption import EncryptedTextField


class Dataset(models.Model):
    """Events and users that cohorts are built on. Screens say "Schema"."""

    name = models.CharField(max_length=100, unique=True)
    timezone = models.CharField(max_length=64, default="UTC")
    # Also the SQL dialect: "duckdb" for a loaded file, else a warehouse of the reader's own.
    engine = models.CharField(max_length=32, default="duckdb")
    # Name of the current file under DATASETS_DIR, blank for a warehouse. Every load writes a
    # new name, so a running query keeps the file it has open.
    file = models.CharField(max_length=255, blank=True)
    # Of a warehouse: how it is reached, and `cohorts.sql.layout.Source.to_json` of its tables
    # under "events" and "users".
    url = EncryptedTextField(blank=True, default="")
    sources = models.JSONField(default=dict, blank=True)
    # What `cohorts.definitions.catalog.Catalog.to_json` gives.
    catalog = models.JSONField(default=dict)
    event_count = models.BigIntegerField(default=0)
    user_count = models.BigIntegerField(default=0)
    first_event_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_external(self) -> bool:
        """Does it live in a warehouse of its own, rather than in a file of ours?"""
        return self.engine != "duckdb"


Row = TypeVar("Row", bound=models.Model)


def with_dataset(rows: models.QuerySet[Row], path: str) -> models.QuerySet[Row]:
    """Fetches the dataset at `path` ("cohort__dataset") with each row, as lists show it: its
    catalog takes milliseconds to read, and comes when it is asked for."""
    large = ("catalog", "sources", "url")
    return rows.select_related(path).defer(*(f"{path}__{name}" for name in large))


class Tag(models.Model):
    """A word that cohorts are sorted by. It lives as long as a cohort has it."""

    name = models.CharField(max_length=40)

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name


class CohortQuerySet(models.QuerySet["Cohort"]):
    def live(self) -> CohortQuerySet:
        return self.filter(disabled_at=None)


class Cohort(models.Model):
    """A named definition of people. Never deleted: "delete" disables it, as in Kubit."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="cohorts")
    current_version = models.OneToOneField(
        "CohortVersion", models.PROTECT, null=True, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    tags = models.ManyToManyField(Tag, related_name="cohorts", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name")]
        permissions = [("build_cohort", "Can build and preview cohorts")]
        constraints = [
            # Braze lists cohorts by name: two of one name could not be told apart there.
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(disabled_at=None),
                name="one_live_cohort_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cohorts:detail", args=[self.slug])

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


class CohortVersion(models.Model):
    """One saved definition of a cohort. Never changed: an edit adds the next number."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="one_row_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.cohort.name} v{self.number}"


class StoredList(models.Model):
    """The ids of one version of a static cohort, and how they came about. Never changed."""

    class Action(models.TextChoices):
        CREATED = "created", _("Created")
        APPENDED = "appended", _("Appended")
        REPLACED = "replaced", _("Replaced")
        REMOVED = "removed", _("Removed")

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="lists")
    # A sorted Parquet file of text ids in the membership store. Definitions name a list by it.
    file = models.CharField(max_length=255, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    action = models.CharField(max_length=10, choices=Action)
    # Name of the uploaded file; blank when the ids were pasted.
    source = models.CharField(max_length=255, blank=True)
    # The first row where it was taken for the name of the column.
    header = models.CharField(max_length=255, blank=True)
    # Rows read = accepted + blank + duplicate + refused.
    accepted = models.BigIntegerField()
    blank = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    refused = models.BigIntegerField()
    # Accepted ids that the dataset did not know then; None if it could not be asked.
    unknown = models.BigIntegerField(null=True)
    # What became of the list.
    added = models.BigIntegerField()
    removed = models.BigIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.file

    @property
    def rows(self) -> int:
        return self.accepted + self.blank + self.duplicate + self.refused


class Snapshot(models.Model):
    """How many, and if `file` is set exactly who, was in a cohort at one instant."""

    version = models.ForeignKey(CohortVersion, models.CASCADE, related_name="snapshots")
    as_of = models.DateTimeField()
    size = models.BigIntegerField()
    # A sorted Parquet file of text ids in the membership store; blank when only counted.
    file = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    sql = models.TextField(blank=True)
    # Blank for a warehouse, whose rows change under us.
    dataset_file = models.CharField(max_length=255, blank=True)
    duration_ms = models.PositiveIntegerField()
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-as_of", "-pk"]
        indexes = [models.Index(fields=["version", "-as_of"], name="snapshot_latest")]

    def __str__(self) -> str:
        return f"{self.version} at {self.as_of:%Y-%m-%d %H:%M} UTC"


class KeptAnswer(models.Model):
    """What a question about a version was answered with, to save asking it again soon."""

    class Question(models.TextChoices):
        STEPS = "steps"
        PAST_SIZES = "past"
        BREAKDOWN = "breakdown"
        OVERLAP = "overlap"

    version = models.ForeignKey(CohortVersion, models.CASCADE, related_name="answers")
    question = models.CharField(max_length=16, choices=Question)
    # Digest of what was asked beside that, such as the property; blank for nothing.
    about = models.CharField(max_length=64, blank=True)
    # Digest of all that the answer depends on but the time: definitions and data.
    basis = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    answer = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "question", "about"], name="one_answer_per_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question} of {self.version}"


class Favorite(models.Model):
    """A cohort somebody watches: it stands in their sidebar and on their dashboard."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="cohort_favorites"
    )
    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="favorites")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "cohort"], name="one_favorite_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.cohort} of {self.user}"


class Preferences(models.Model):
    """How one reader wants the screens. A blank zone means: as the browser says."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences"
    )
    timezone = models.CharField(max_length=64, blank=True)
    # The schema that lists are limited to; None is all of them.
    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class DataLabel(models.Model):
    """What people say of an event or a property. Kept by its name, so that a reload keeps it."""

    class Kind(models.TextChoices):
        EVENT = "event", _("Event")
        EVENT_PROPERTY = "event_property", _("Event property")
        USER_PROPERTY = "user_property", _("User property")

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="labels")
    kind = models.CharField(max_length=14, choices=Kind)
    name = models.CharField(max_length=500)
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    description = models.TextField(_("description"), blank=True)
    category = models.CharField(_("category"), max_length=40, blank=True)
    # Left out of what the builder offers. Definitions that name it stay valid.
    is_hidden = models.BooleanField(_("hidden"), default=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "kind", "name"], name="one_label_per_name"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["event", "event_property", "user_property"]),
                name="data_label_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class EventTrend(models.Model):
    """How often an event came on each of the last days, counted once for each load."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="trends")
    event = models.TextField()
    # One number a day in the dataset's zone, up to and with `last_day`.
    counts = models.JSONField()
    last_day = models.DateField()
    # `Dataset.loaded_at` of what was counted.
    loaded_at = models.DateTimeField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event} until {self.last_day}"


class DataUpload(models.Model):
    """Files that somebody brought to be loaded as a dataset, and what became of them."""

    class State(models.TextChoices):
        NEW = "new", _("Columns to choose")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being loaded")
        DONE = "done", _("Loaded")
        FAILED = "failed", _("Not loaded")

    dataset_name = models.CharField(max_length=100)
    replaces = models.BooleanField(default=False)
    # Blank: as before, or UTC.
    timezone = models.CharField(max_length=64, blank=True)
    # Below the data folder; the files lie in it under names of ours until they are loaded.
    folder = models.CharField(max_length=32, unique=True)
    events_name = models.CharField(max_length=255)
    users_name = models.CharField(max_length=255, blank=True)
    # Role to column, as the arguments of `FileSet`.
    columns = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    phase = models.CharField(max_length=8, blank=True)
    problem = models.TextField(blank=True)
    notes = models.JSONField(default=list)
    dataset = models.ForeignKey(Dataset, models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["new", "queued", "running", "done", "failed"]),
                name="data_upload_state_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset_name}, {self.get_state_display()}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def can_start(self) -> bool:
        return self.state in (self.State.NEW, self.State.FAILED)

    @property
    def step(self) -> int:
        """How far the load is, of 5; 0 before its first word."""
        return list(_PHASES).index(self.phase) + 1 if self.phase in _PHASES else 0

    @property
    def phase_words(self) -> str:
        return str(_PHASES.get(self.phase, _("Waiting for its turn …")))


# What `load_dataset` tells of, in its order.
_PHASES = {
    "reading": _("Reading the files …"),
    "typing": _("Finding out the types of the columns …"),
    "users": _("Writing the users …"),
    "events": _("Writing the events …"),
    "counting": _("Counting events and values …"),
}
