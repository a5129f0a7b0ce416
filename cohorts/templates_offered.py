"""Definitions for the usual questions, filled in from what a dataset holds.

What a dataset has no event or property for is left out, as a person would leave it: the editor
shows such a place as unfinished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cohorts.definitions.catalog import Catalog, Event, Property

_BUYING = re.compile(r"purchas|order|buy|bought|pay|checkout|subscri|transaction", re.IGNORECASE)
_UNDOING = re.compile(r"cancel|refund|fail|error|abandon|unsubscri", re.IGNORECASE)
_JOINING = re.compile(
    r"sign.?up|signed.?up|regist|install|first.?launch|account.?creat|creat\w*.?account|onboard",
    re.IGNORECASE,
)
_WORTH = re.compile(r"amount|price|revenue|total|value|spent|cost|paid", re.IGNORECASE)


@dataclass(frozen=True)
class Template:
    key: str
    group: str
    title: str
    description: str
    conditions: list[dict[str, Any]]
    match: str = "all"

    def as_json(self) -> dict[str, Any]:
        definition = {"version": 1, "match": self.match, "conditions": self.conditions}
        return {
            "key": self.key,
            "group": self.group,
            "title": self.title,
            "description": self.description,
            "definition": definition,
        }


def offered_templates(catalog: Catalog) -> list[dict[str, Any]]:
    """As the editor reads them, in the order of the page, in the reader's language."""
    chosen = _Choice.of(catalog)
    templates = [*_activity(chosen), *_journeys(chosen), *_value(chosen), *_people(chosen)]
    return [template.as_json() for template in templates]


@dataclass(frozen=True)
class _Choice:
    """The likely event or property of each role, as keys of a condition; empty where none is."""

    usual: dict[str, Any]
    joining: dict[str, Any]
    buying: dict[str, Any]
    undoing: dict[str, Any]
    worth: dict[str, Any]
    trait: dict[str, Any]

    @classmethod
    def of(cls, catalog: Catalog) -> _Choice:
        events = sorted(catalog.events, key=lambda event: (-event.count, event.name))
        joining = _find(events, _JOINING)
        undoing = _find(events, _UNDOING)
        buying = _find([event for event in events if not _UNDOING.search(event.name)], _BUYING)
        taken = {each.name for each in (joining, undoing, buying) if each}
        usual = next((event for event in events if event.name not in taken), None)
        numbers = [known for known in catalog.event_properties if known.type == "number"]
        worth = next((known for known in numbers if _WORTH.search(known.name)), None)
        return cls(
            usual=_events(usual),
            joining=_events(joining),
            buying=_events(buying),
            undoing=_events(undoing),
            worth={"property": worth.name} if worth else {},
            trait=_trait(catalog),
        )


def _find(events: list[Event], pattern: re.Pattern[str]) -> Event | None:
    return next((event for event in events if pattern.search(event.name)), None)


def _events(event: Event | None) -> dict[str, Any]:
    return {"event": event.name} if event else {}


def _trait(catalog: Catalog) -> dict[str, Any]:
    """The user property that tells people apart best: few values, filled for most."""
    texts = [known for known in catalog.user_properties if known.type == "string"]
    best = max((known for known in texts if known.top_values), key=_telling, default=None)
    if best is None:
        return {"op": "in", "value": []}
    return {"property": best.name, "op": "in", "value": [best.top_values[0][0]]}


def _telling(known: Property) -> tuple[bool, int]:
    return known.has_all_values, known.filled


def _last(n: int) -> dict[str, Any]:
    return {"last": n, "unit": "day"}


def _days(n: int) -> dict[str, Any]:
    return {"n": n, "unit": "day"}


def _performed(events: dict[str, Any], op: str, value: int, window: Any) -> dict[str, Any]:
    times = {"op": op, "value": value}
    return {"type": "performed", **events, "times": times, "window": window}


def _activity(chosen: _Choice) -> list[Template]:
    group = _("Activity")
    return [
        Template(
            "active",
            group,
            _("Active users"),
            _("Did anything at all in the last 30 days"),
            [_performed({"event": "*"}, ">=", 1, _last(30))],
        ),
        Template(
            "power",
            group,
            _("Power users"),
            _("Did one thing more than 10 times in a week"),
            [_performed(chosen.usual, ">", 10, _last(7))],
        ),
        Template(
            "many_days",
            group,
            _("A habit"),
            _("Active on at least 10 different days of the last 30"),
            [
                {
                    "type": "measure",
                    "function": "active_days",
                    "event": "*",
                    "op": ">=",
                    "value": 10,
                    "window": _last(30),
                }
            ],
        ),
        Template(
            "dormant",
            group,
            _("Dormant users"),
            _("Active in the 30 days before the last 30, and not since"),
            [{"type": "lifecycle", "state": "dormant", "period": _days(30)}],
        ),
        Template(
            "resurrected",
            group,
            _("Came back"),
            _("Active again after at least 30 days of silence"),
            [{"type": "lifecycle", "state": "resurrected", "period": _days(30)}],
        ),
    ]


def _journeys(chosen: _Choice) -> list[Template]:
    group = _("Journeys")
    to_buying = {"steps": [dict(chosen.joining), dict(chosen.buying)], "window": _last(90)}
    return [
        Template(
            "new",
            group,
            _("New users"),
            _("Their first event ever was in the last 7 days"),
            [{"type": "first_time", "event": "*", "window": _last(7)}],
        ),
        Template(
            "converted",
            group,
            _("Converted within a week"),
            _("From signing up to buying in at most 7 days"),
            [{"type": "funnel", **to_buying, "within": _days(7), "outcome": "converted"}],
        ),
        Template(
            "dropped",
            group,
            _("Dropped out of a funnel"),
            _("Took the first step and did not reach the next one"),
            [{"type": "funnel", **to_buying, "outcome": {"dropped_at": 2}}],
        ),
        Template(
            "retained",
            group,
            _("Retained in week 4"),
            _("Came back in the fourth week after starting"),
            [
                {
                    "type": "retention",
                    "start": dict(chosen.joining),
                    "return": {"event": "*"},
                    "unit": "week",
                    "outcome": {"retained_on": 4},
                    "window": _last(180),
                }
            ],
        ),
        Template(
            "churned",
            group,
            _("Never came back"),
            _("Started in the last 90 days and did not return"),
            [
                {
                    "type": "retention",
                    "start": dict(chosen.joining),
                    "return": {"event": "*"},
                    "unit": "day",
                    "outcome": "not_retained",
                    "window": _last(90),
                }
            ],
        ),
    ]


def _value(chosen: _Choice) -> list[Template]:
    group = _("Value")
    return [
        Template(
            "spenders",
            group,
            _("High spenders"),
            _("Spent more than 100 in the last 90 days"),
            [
                {
                    "type": "measure",
                    "function": "sum",
                    **chosen.worth,
                    **chosen.buying,
                    "op": ">",
                    "value": 100,
                    "window": _last(90),
                }
            ],
        ),
        Template(
            "once",
            group,
            _("Bought exactly once"),
            _("One purchase in all history"),
            [_performed(chosen.buying, "=", 1, {"overall": True})],
        ),
        Template(
            "lapsed",
            group,
            _("Lapsed customers"),
            _("Bought between a year and 90 days ago, and not since"),
            [
                _performed(chosen.buying, ">=", 1, {"ago": [365, 90], "unit": "day"}),
                _performed(chosen.buying, "=", 0, _last(90)),
            ],
        ),
        Template(
            "interested",
            group,
            _("Interested, not yet a customer"),
            _("Busy in the last 7 days without ever having bought"),
            [
                _performed(chosen.usual, ">=", 3, _last(7)),
                _performed(chosen.buying, "=", 0, {"overall": True}),
            ],
        ),
        Template(
            "trouble",
            group,
            _("Ran into trouble often"),
            _("For more than one in ten of what they did, something failed or was undone"),
            [
                {
                    "type": "ratio",
                    "numerator": {"function": "count", **chosen.undoing},
                    "denominator": {"function": "count", "event": "*"},
                    "op": ">",
                    "value": 0.1,
                    "window": _last(30),
                }
            ],
        ),
    ]


def _people(chosen: _Choice) -> list[Template]:
    group = _("People")
    return [
        Template(
            "trait",
            group,
            _("People with a property"),
            _("By what is known about them, such as a plan or a country"),
            [{"type": "property", **chosen.trait}],
        ),
        Template(
            "between_cohorts",
            group,
            _("In one cohort, not in another"),
            _("The difference between two saved cohorts"),
            [{"type": "cohort"}, {"type": "cohort", "negate": True}],
        ),
    ]
