"""The import dialog's form: cohort details, one-time or scheduled, recipients, recurrence."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort
from cohorts.retelling import retell
from cohorts.saving import clean_name
from integrations.identifier_form import IdentifierFields, identifier_initial
from integrations.models import Connection, ImportRun, ImportSchedule
from integrations.recipients import BadRecipients, clean_recipients
from integrations.recurrence_form import Option, RecurrenceForm
from integrations.runs import identifier_of
from integrations.safety import BadLimits, Limits, limits_of

ONCE, SCHEDULED = "once", "scheduled"
LIMIT_FIELDS = ("hold_percent", "hold_least", "hold_factor")


class ImportForm(IdentifierFields, RecurrenceForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    description = forms.CharField(label=gettext_lazy("Description"), required=False)
    kind = forms.ChoiceField(
        choices=[
            (ONCE, gettext_lazy("One-Time Import")),
            (SCHEDULED, gettext_lazy("Scheduled Import")),
        ]
    )
    recipients = forms.CharField(label=gettext_lazy("Recipient(s)"), required=False)
    connection = forms.ModelChoiceField(
        Connection.objects.all(), label=gettext_lazy("Braze connection"), empty_label=None
    )
    notify = forms.ChoiceField(
        label=gettext_lazy("E-mail"), choices=ImportSchedule.Notify.choices, required=False
    )
    hold_percent = forms.IntegerField(label=gettext_lazy("Share removed"), required=False)
    hold_least = forms.IntegerField(label=gettext_lazy("Users removed"), required=False)
    hold_factor = forms.IntegerField(label=gettext_lazy("Times the usual size"), required=False)
    # The newest import when the dialog was opened: a submit that comes twice is recognised by it.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        cohort: Cohort,
        schedule: ImportSchedule | None,
        connection: Connection | None,
        may_rename: bool,
        may_schedule: bool,
        seen: int,
    ) -> None:
        chosen = schedule.connection if schedule else connection
        kept = identifier_of(cohort, chosen) if chosen else {}
        initial = {
            "name": cohort.name,
            "description": cohort.description,
            "kind": SCHEDULED if schedule and may_schedule else ONCE,
            "recipients": ", ".join(schedule.recipients) if schedule else "",
            "connection": chosen,
            "seen": seen,
            "notify": schedule.notify if schedule else ImportSchedule.Notify.ALWAYS.value,
        }
        limits = asdict(limits_of(schedule, chosen))
        initial |= {f"hold_{name}": value for name, value in limits.items()}
        initial |= identifier_initial(kept)
        super().__init__(data, schedule=schedule, zone=cohort.dataset.timezone, initial=initial)
        self.cohort, self.dataset = cohort, cohort.dataset
        # Set by the view when an import that is still open stands in the way.
        self.run_in_the_way: ImportRun | None = None
        self.may_schedule = may_schedule
        # A disabled field keeps its initial value whatever is sent.
        self.fields["name"].disabled = not may_rename
        self.fields["description"].disabled = not may_rename
        if not self.is_scheduled:
            # A one-time import does not look at the recurrence that stands in the form.
            for name in RecurrenceForm.base_fields:
                self.fields[name].required = False

    @property
    def is_scheduled(self) -> bool:
        return bool(self["kind"].value() == SCHEDULED)

    @property
    def notify_options(self) -> list[Option]:
        return self._options("notify", dict(ImportSchedule.Notify.choices))

    @property
    def recipient_entries(self) -> list[str]:
        """As they were typed, each once: what the script of the page makes chips of."""
        return list(dict.fromkeys(_split(str(self["recipients"].value() or ""))))

    @property
    def limit_fields(self) -> list[tuple[forms.BoundField, str]]:
        """With the id that its input has in the page."""
        return [(self[name], f"import-{name.replace('_', '-')}") for name in LIMIT_FIELDS]

    @property
    def has_limit_errors(self) -> bool:
        return any(name.startswith("hold_") for name in self.errors)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # What is left blank stays as it is.
        kept = {name: self.initial[name] for name in ("notify", *LIMIT_FIELDS)}
        given = {name: cleaned.get(name) or kept[name] for name in kept}
        cleaned["notify"] = given.pop("notify")
        if self.is_scheduled and not self.has_limit_errors:
            try:
                cleaned["limits"] = Limits(
                    **{name.removeprefix("hold_"): value for name, value in given.items()}
                )
            except BadLimits as bad:
                self.add_error(f"hold_{bad.field}", bad.message)
        if connection := cleaned.get("connection"):
            cleaned["chosen_identifier"] = self.read_choice(connection)
        return cleaned

    @property
    def has_changed_details(self) -> bool:
        return not {"name", "description"}.isdisjoint(self.changed_data)

    @property
    def connection_value(self) -> str:
        value = self["connection"].value()
        return str(getattr(value, "pk", value))

    @cached_property
    def connections(self) -> list[Connection]:
        return list(Connection.objects.all())

    def clean_name(self) -> str:
        try:
            name = clean_name(self.cleaned_data["name"])
        except DefinitionError as error:
            raise ValidationError([retell(problem.message) for problem in error.problems]) from None
        taken = Cohort.objects.live().exclude(pk=self.cohort.pk).filter(name__iexact=name)
        if taken.exists():
            raise ValidationError(_("Another cohort has this name. Choose a different one."))
        return name

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if kind == SCHEDULED and not self.may_schedule:
            raise ValidationError(_("Scheduling needs the Governor or Admin role."))
        return kind

    def clean_recipients(self) -> list[str]:
        return read_recipients(self.cleaned_data["recipients"])


def read_recipients(text: str) -> list[str]:
    """Addresses between commas, semicolons or white space."""
    try:
        return clean_recipients(_split(text))
    except BadRecipients as bad:
        raise ValidationError(bad.messages) from None


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]
