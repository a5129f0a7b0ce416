"""Why a user is in a cohort or not, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.dates import tell_moment
from cohorts.explanation import DecidingEvent, Explanation, Finding

# So many units of a retention are named; the rest are counted.
_UNITS_SHOWN = 5


@dataclass(frozen=True)
class Fact:
    """Something measured; `at` is when, told after the text."""

    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class ShownEvent:
    name: str
    time: datetime
    properties: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One condition, or a group with lines of its own."""

    title: str
    subtitle: str
    holds: bool
    negate: bool
    facts: tuple[Fact, ...] = ()
    events: tuple[ShownEvent, ...] = ()
    match: str = ""
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Answer:
    user: str
    as_of: datetime
    is_known: bool
    is_member: bool
    is_left_out: bool
    match: str
    lines: tuple[Line, ...]
    filters: tuple[Line, ...]


def word_explanation(explanation: Explanation, zone: str) -> Answer:
    """Times inside of texts are told in the zone."""
    words = _Words(zone)
    user_filters = [each for each in explanation.global_filter if each.type == "user_filter"]
    return Answer(
        user=explanation.user,
        as_of=explanation.as_of,
        is_known=explanation.known,
        is_member=explanation.member,
        is_left_out=explanation.known and not explanation.in_population,
        match=explanation.match,
        lines=tuple(map(words.tell, explanation.conditions)),
        filters=tuple(map(words.tell, user_filters)),
    )


@dataclass(frozen=True)
class _Words:
    zone: str

    def tell(self, finding: Finding) -> Line:
        return Line(
            title=finding.title,
            subtitle=finding.subtitle,
            holds=finding.verdict,
            negate=finding.negate,
            facts=tuple(self._facts(finding)),
            events=tuple(map(self._event, finding.events)),
            match=finding.match,
            lines=tuple(map(self.tell, finding.conditions)),
        )

    def _facts(self, finding: Finding) -> list[Fact]:
        facts = _FACTS.get(finding.type, _no_facts)(finding)
        properties = finding.measured.get("properties", {})
        facts += [Fact(text) for text in self._properties(properties)]
        if finding.compared_with.get("window", {}) is None:
            facts.append(Fact(_("the first event that opens the window is missing")))
        return facts

    def _properties(self, properties: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(f"{name}: {self._spell(value)}" for name, value in properties.items())

    def _event(self, event: DecidingEvent) -> ShownEvent:
        name = event.event or _("event without a name")
        return ShownEvent(name, event.time, self._properties(event.properties))

    def _spell(self, value: Any) -> str:
        if isinstance(value, datetime):
            return tell_moment(value, self.zone)
        return _spell(value)


def _spell(value: Any) -> str:
    if value is None:
        return _("no value")
    if isinstance(value, bool):
        return _("true") if value else _("false")
    if isinstance(value, float | Decimal):
        value = round(value, 4)
    if isinstance(value, int | float | Decimal):
        return number_format(value, use_l10n=True, force_grouping=True)
    return str(value)


def _no_facts(finding: Finding) -> list[Fact]:
    return []


def _performed(finding: Finding) -> list[Fact]:
    count = finding.measured["count"]
    return [Fact(ngettext("%(n)s time", "%(n)s times", count) % {"n": _spell(count)})]


def _measure(finding: Finding) -> list[Fact]:
    return [Fact(_spell(finding.measured["value"]))]


def _ratio(finding: Finding) -> list[Fact]:
    above, below, ratio = (finding.measured[name] for name in ("numerator", "denominator", "ratio"))
    if not below:
        return [Fact(_("nothing to divide by"))]
    values = {"above": _spell(above), "below": _spell(below), "ratio": _spell(ratio)}
    return [Fact(_("%(above)s divided by %(below)s is %(ratio)s") % values)]


def _first_time(finding: Finding) -> list[Fact]:
    return [_at(_("first time"), finding.measured["first"])]


def _last_time(finding: Finding) -> list[Fact]:
    return [_at(_("last time"), finding.measured["last"])]


def _at(text: str, at: datetime | None) -> Fact:
    return Fact(_("never")) if at is None else Fact(text, at)


def _lifecycle(finding: Finding) -> list[Fact]:
    measured = finding.measured
    if measured["first"] is None:
        return [Fact(_("never"))]
    current, previous = measured["current"] or 0, measured.get("previous") or 0
    in_current = ngettext(
        "%(n)s event in the current period", "%(n)s events in the current period", current
    )
    in_previous = ngettext(
        "%(n)s event in the period before", "%(n)s events in the period before", previous
    )
    return [
        Fact(in_current % {"n": _spell(current)}),
        Fact(in_previous % {"n": _spell(previous)}),
        Fact(_("first time"), measured["first"]),
    ]


def _funnel(finding: Finding) -> list[Fact]:
    steps = finding.compared_with["steps"]
    if "steps" in finding.measured:
        values = {"found": len(finding.measured["steps"]), "steps": steps}
        return [Fact(_("%(found)d of %(steps)d steps found") % values)]
    if not finding.measured["level"]:
        return [Fact(_("no step reached"))]
    values = {"level": finding.measured["level"], "steps": steps}
    return [Fact(_("reached step %(level)d of %(steps)d") % values)]


def _retention(finding: Finding) -> list[Fact]:
    start, units = finding.measured["start"], finding.measured["units"]
    if start is None:
        return [Fact(_("never started"))]
    if not units:
        return [Fact(_("started"), start), Fact(_("did not come back"))]
    shown = ", ".join(_spell(int(n)) for n in units[:_UNITS_SHOWN])
    if len(units) > _UNITS_SHOWN:
        shown += " " + _("and %(n)d more") % {"n": len(units) - _UNITS_SHOWN}
    told = {
        "day": _("came back on day %(units)s"),
        "week": _("came back in week %(units)s"),
        "month": _("came back in month %(units)s"),
    }[finding.compared_with["unit"]]
    return [Fact(_("started"), start), Fact(told % {"units": shown})]


def _cohort(finding: Finding) -> list[Fact]:
    is_in = finding.measured["in_cohort"]
    return [Fact(_("is in that cohort") if is_in else _("is not in that cohort"))]


def _list(finding: Finding) -> list[Fact]:
    return [Fact(_("is in the list") if finding.measured["listed"] else _("is not in the list"))]


_FACTS = {
    "performed": _performed,
    "measure": _measure,
    "ratio": _ratio,
    "first_time": _first_time,
    "last_time": _last_time,
    "lifecycle": _lifecycle,
    "funnel": _funnel,
    "retention": _retention,
    "cohort": _cohort,
    "list": _list,
}
