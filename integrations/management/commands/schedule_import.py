"""Give a cohort its import schedule, in place of the one it has."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time
from typing import Any

from django.core.management.base import CommandParser

from cohorts.management.door import Door, Refused
from cohorts.models import Cohort
from integrations.cadence import BadCadence, Cadence, describe_cadence, describe_time
from integrations.management.identifier_options import (
    add_identifier_options,
    read_identifier_options,
)
from integrations.management.lookups import get_cohort, get_connection
from integrations.models import Connection
from integrations.recipients import BadRecipients
from integrations.safety import BadLimits, Limits, describe_limits, limits_of
from integrations.schedules import (
    ScheduleRefused,
    find_live_schedule,
    first_day,
    save_schedule,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Where the names of the options differ from the fields of a cadence.
OPTIONS = {"month_day": "day"}
LIMITS = (
    ("percent", "1..100", "hold an import that removes a larger share of the people in Braze"),
    ("least", "N", "… and at least so many"),
    ("factor", "N", "hold a cohort so many times larger or smaller than usual"),
)


class Command(Door):
    help = "Schedule the import of a cohort. A schedule it has is replaced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--connection", required=True, metavar="NAME")
        parser.add_argument("--every", type=int, default=1, metavar="N")
        parser.add_argument("--unit", required=True, choices=["day", "week", "month"])
        parser.add_argument("--weekdays", metavar="mon,thu", help="for weeks")
        parser.add_argument("--day", metavar="1..31|last", help="for months")
        parser.add_argument("--at", required=True, metavar="HH:MM")
        parser.add_argument("--timezone", required=True, metavar="ZONE")
        parser.add_argument(
            "--recipient", action="append", default=[], metavar="ADDRESS", dest="recipients"
        )
        parser.add_argument(
            "--notify",
            choices=["always", "problems"],
            help="mail after every import, or only when something is wrong",
        )
        add_identifier_options(parser)
        for name, metavar, help_text in LIMITS:
            parser.add_argument(f"--hold-{name}", type=int, metavar=metavar, help=help_text)

    def handle(self, **options: Any) -> None:
        cohort = get_cohort(options["slug"])
        connection = get_connection(options["connection"])
        _check_fit(options)
        try:
            cadence = _cadence(options, cohort)
            schedule = save_schedule(
                cohort,
                connection=connection,
                cadence=cadence,
                recipients=options["recipients"],
                notify=options["notify"],
                limits=_limits(options, cohort, connection),
                identifier=read_identifier_options(options, cohort.dataset, connection),
            )
        except BadCadence as bad:
            raise Refused(f"{OPTIONS.get(bad.field, bad.field)}: {bad.message}") from None
        except BadLimits as bad:
            raise Refused(f"hold-{bad.field}: {bad.message}") from None
        except BadRecipients as bad:
            raise Refused([f"recipient: {message}" for message in bad.messages]) from None
        except ScheduleRefused as refused:
            raise Refused(f"slug: {refused.message}") from None
        self.stdout.write(f"{describe_cadence(cadence)} at {describe_time(cadence)}.")
        if schedule.next_due_at is None:
            self.stdout.write("The schedule is paused; resume it on the Schedule page.")
        else:
            self.stdout.write(f"Next import: {schedule.next_due_at:%Y-%m-%dT%H:%M:%SZ}")
        self.stdout.write(f"{describe_limits(limits_of(schedule, connection))}.")


def _check_fit(options: dict[str, Any]) -> None:
    if options["weekdays"] and options["unit"] != "week":
        raise Refused("weekdays: only for --unit week.")
    if options["day"] and options["unit"] != "month":
        raise Refused("day: only for --unit month.")


def _cadence(options: dict[str, Any], cohort: Cohort) -> Cadence:
    unit, every, zone = options["unit"], options["every"], options["timezone"]
    live = find_live_schedule(cohort)
    return Cadence(
        unit=unit,
        every=every,
        weekdays=_weekdays(options["weekdays"] or ""),
        month_day=(options["day"] or "").lower().lstrip("0"),
        at=_time(options["at"]),
        timezone=zone,
        starts_on=first_day(live, unit=unit, every=every, zone=zone),
    )


def _limits(options: dict[str, Any], cohort: Cohort, connection: Connection) -> Limits:
    """Those of the schedule that is replaced or of the connection, where none are given."""
    given = {name: options[f"hold_{name}"] for name, _, _ in LIMITS}
    kept = limits_of(find_live_schedule(cohort), connection)
    return replace(kept, **{name: value for name, value in given.items() if value is not None})


def _weekdays(text: str) -> tuple[int, ...]:
    found = []
    for word in filter(None, re.split(r"[,\s]+", text.lower())):
        # "thursday" is as good as "thu".
        matching = [number for number, day in enumerate(WEEKDAYS) if word[:3] == day]
        if not matching:
            raise Refused(f"weekdays: “{word}” is no day. Use {','.join(WEEKDAYS)}.")
        found += matching
    return tuple(sorted(set(found)))


def _time(text: str) -> time:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if match is None:
        raise Refused(f"at: “{text}” is no time of day. Use the form HH:MM, such as 08:00.")
    return time(int(match[1]), int(match[2]))
