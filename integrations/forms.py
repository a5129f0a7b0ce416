"""The import dialog's form: cohort details, one-time or scheduled, recipients, recurrence."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateformat import time_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.definitions.problems import DefinitionError
from cohorts.models import Cohort
from cohorts.saving import clean_name
from integrations.cadence import LAST, MAX_EVERY, BadCadence, Cadence
from integrations.models import Connection, ImportRun, ImportSchedule
from integrations.recipients import BadRecipients, clean_recipients
from integrations.safety import BadLimits, Limits, limits_of

ONCE, SCHEDULED = "once", "scheduled"
LIMIT_FIELDS = ("hold_percent", "hold_least", "hold_factor")
AREAS = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
# Sunday first, as people pick them; Monday is 0, as schedules keep them.
WEEKDAYS = [
    (6, gettext_lazy("S"), gettext_lazy("Sunday")),
    (0, gettext_lazy("M"), gettext_lazy("Monday")),
    (1, gettext_lazy("T"), gettext_lazy("Tuesday")),
    (2, gettext_lazy("W"), gettext_lazy("Wednesday")),
    (3, gettext_lazy("TH"), gettext_lazy("Thursday")),
    (4, gettext_lazy("F"), gettext_lazy("Friday")),
    (5, gettext_lazy("SA"), gettext_lazy("Saturday")),
]


@dataclass(frozen=True)
class Option:
    value: str
    label: Any
    is_on: bool
    name: Any = ""


class RecurrenceForm(forms.Form):
    """The recurrence alone, as the next times are computed from it."""

    every = forms.IntegerField(min_value=1, max_value=MAX_EVERY)
    unit = forms.ChoiceField(choices=ImportSchedule.Unit.choices)
    weekdays = forms.TypedMultipleChoiceField(
        choices=[(day, name) for day, _letter, name in WEEKDAYS], coerce=int, required=False
    )
    month_day = forms.CharField(required=False)
    at = forms.TimeField(input_formats=["%H:%M", "%H:%M:%S"])
    timezone = forms.CharField()

    def __init__(
        self,
        data: Any = None,
        *,
        schedule: ImportSchedule | None = None,
        zone: str = "UTC",
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=_recurrence_initial(schedule, zone) | (initial or {}))
        self.schedule = schedule

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.is_scheduled:
            try:
                cleaned["cadence"] = self._cadence(cleaned)
            except BadCadence as bad:
                self.add_error(bad.field if bad.field in self.fields else None, bad.message)
        return cleaned

    @property
    def is_scheduled(self) -> bool:
        return True

    @property
    def weekday_options(self) -> list[Option]:
        """What the circles show."""
        chosen = {str(day) for day in self["weekdays"].value() or []}
        return [
            Option(str(day), letter, str(day) in chosen, name) for day, letter, name in WEEKDAYS
        ]

    @property
    def every_options(self) -> list[Option]:
        return self._options("every", {str(n): str(n) for n in range(1, 31)})

    @property
    def unit_options(self) -> list[Option]:
        return self._options("unit", dict(ImportSchedule.Unit.choices))

    @property
    def month_day_options(self) -> list[Option]:
        return self._options("month_day", _month_days())

    @property
    def at_options(self) -> list[Option]:
        """Half hours, and an odd time that is set already."""
        times = {f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 24 * 60, 30)}
        # What is no time at all is the field's error to tell.
        with suppress(ValueError):
            times.add(f"{time.fromisoformat(self['at'].value() or ''):%H:%M}")
        return self._options("at", {value: _clock(value) for value in sorted(times)})

    @property
    def timezone_options(self) -> list[Option]:
        return self._options("timezone", _zones())

    def _options(self, name: str, labels: dict[str, Any]) -> list[Option]:
        """The value in force is always among them."""
        value = str(self[name].value() or "")
        if value and value not in labels:
            labels = {value: value} | labels
        return [Option(key, label, key == value) for key, label in labels.items()]

    def _cadence(self, cleaned: dict[str, Any]) -> Cadence:
        unit = cleaned["unit"]
        rule = Cadence(
            unit=unit,
            every=cleaned["every"],
            weekdays=tuple(sorted(cleaned["weekdays"])) if unit == "week" else (),
            month_day=cleaned["month_day"] if unit == "month" else "",
            at=cleaned["at"],
            timezone=cleaned["timezone"],
            starts_on=date.min,
        )
        # Only a rule that holds has a zone to tell the date in.
        return replace(rule, starts_on=self._starts_on(rule))

    def _starts_on(self, rule: Cadence) -> date:
        """Editing the hour keeps the rhythm; a new rhythm starts today."""
        kept = self.schedule
        if kept and (kept.unit, kept.every) == (rule.unit, rule.every):
            return kept.starts_on
        return timezone.localdate(timezone=ZoneInfo(rule.timezone))


class ImportForm(RecurrenceForm):
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
        initial = {
            "name": cohort.name,
            "description": cohort.description,
            "kind": SCHEDULED if schedule and may_schedule else ONCE,
            "recipients": ", ".join(schedule.recipients) if schedule else "",
            "connection": schedule.connection if schedule else connection,
            "seen": seen,
            "notify": schedule.notify if schedule else ImportSchedule.Notify.ALWAYS.value,
        } | {f"hold_{name}": value for name, value in asdict(limits_of(schedule)).items()}
        super().__init__(data, schedule=schedule, zone=cohort.dataset.timezone, initial=initial)
        self.cohort = cohort
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
            raise ValidationError([problem.message for problem in error.problems]) from None
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
        return clean_recipients(part for part in re.split(r"[\s,;]+", text) if part)
    except BadRecipients as bad:
        raise ValidationError(bad.messages) from None


def _recurrence_initial(schedule: ImportSchedule | None, zone: str) -> dict[str, Any]:
    if schedule is None:
        return {
            "every": 1,
            "unit": ImportSchedule.Unit.DAY.value,
            "weekdays": [],
            "month_day": "1",
            "at": "08:00",
            "timezone": zone,
        }
    return {
        "every": schedule.every,
        "unit": schedule.unit,
        "weekdays": schedule.weekdays,
        "month_day": schedule.month_day or "1",
        "at": f"{schedule.at:%H:%M}",
        "timezone": schedule.timezone,
    }


def _clock(value: str) -> str:
    return time_format(time.fromisoformat(value), "h:i A")


def _month_days() -> dict[str, str]:
    days = {LAST: _("The last day of the month")}
    for number in range(1, 32):
        text = _("Day %d") if number < 29 else _("Day %d, or the last day in shorter months")
        days[str(number)] = text % number
    return days


def _zones() -> dict[str, str]:
    now = timezone.now()
    return {name: f"{name} (UTC{_offset(name, now)})" for name in _zone_names()}


@cache
def _zone_names() -> list[str]:
    """The places people know; other names of the same zones are left out."""
    return ["UTC", *sorted(n for n in available_timezones() if n.split("/")[0] in AREAS)]


def _offset(name: str, now: datetime) -> str:
    text = f"{now.astimezone(ZoneInfo(name)):%z}"
    sign = "\N{MINUS SIGN}" if text[0] == "-" else "+"
    return f"{sign}{text[1:3]}:{text[3:5]}"
