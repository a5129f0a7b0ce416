"""How often an import comes round: the part of the dialog that the next times are computed from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.dates import tell_time
from integrations.cadence import LAST, MAX_EVERY, BadCadence, Cadence
from integrations.models import ImportSchedule

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
        return self._options("timezone", zone_choices())

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
    return tell_time(time.fromisoformat(value))


def _month_days() -> dict[str, str]:
    days = {LAST: _("The last day of the month")}
    for number in range(1, 32):
        text = _("Day %d") if number < 29 else _("Day %d, or the last day in shorter months")
        days[str(number)] = text % number
    return days


def zone_choices() -> dict[str, str]:
    """Zones by name, with the offset that each has now."""
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
