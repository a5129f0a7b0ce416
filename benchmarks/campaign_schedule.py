"""Does a schedule fire exactly once per period, in every time zone of the world?

All zones of the time zone data, three years, at wall times where clocks change: daily, weekly and
monthly. What is expected is reckoned here by walking the minutes of the zone, not by the rule
under test. Then the tick itself, with a database, through every change of the clocks of a year.

python3 run.py check --campaign schedule [--zones 20]
"""

from __future__ import annotations

import argparse
import calendar
import random
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from benchmarks.campaigns.report import Report
from benchmarks.campaigns.shop import connect, define, load_shop
from benchmarks.campaigns.world import open_world

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)
# Where clocks change, at the edges of a day, and in office hours.
WALL_TIMES = [
    time(0, 0),
    time(0, 30),
    time(1, 0),
    time(2, 30),
    time(3, 0),
    time(9, 0),
    time(23, 59),
]
RULES = [
    ("day", {}),
    ("week", {"weekdays": (0, 6)}),
    ("month", {"month_day": "31"}),
    ("month", {"month_day": "last"}),
    ("month", {"month_day": "29"}),
]
MINUTE = timedelta(minutes=1)
TICKED = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"),
    *("Asia/Tokyo", "America/Santiago", "Pacific/Chatham", "Africa/Cairo"),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", type=int, default=0, help="only so many, spread over all")
    options = parser.parse_args()
    zones = sorted(available_timezones() - {"localtime"})
    if options.zones:
        zones = zones[:: max(1, len(zones) // options.zones)]
    report = Report("Schedule: every zone, three years")
    with open_world() as world:
        slots, wrong = check_rules(zones)
        report.row("zones, wall times, rules", f"{len(zones)}, {len(WALL_TIMES)}, {len(RULES)}")
        report.promise("exactly one slot per period, at its instant", not wrong, told=f"{slots:,},")
        report.note_broken(wrong[:10])
        runs, wrong = check_tick(world.folder, TICKED, 30 if options.zones else 365)
        report.promise("the tick starts each slot once", not wrong, told=f"{runs:,} runs,")
        report.note_broken(wrong[:10])
    return report.end()


def check_rules(zones: list[str]) -> tuple[int, list[str]]:
    from integrations.cadence import Cadence, slots_between

    checked, wrong = 0, []
    for name in zones:
        clock = Clock(ZoneInfo(name))
        for at in WALL_TIMES:
            shown = {day: clock.first_showing(day, at) for day in _days()}
            after, until = shown[FIRST] - MINUTE, shown[LAST] + MINUTE
            for unit, parts in RULES:
                fields = {"weekdays": (), "month_day": "", **parts}
                cadence = Cadence(
                    unit=unit, every=1, at=at, timezone=name, starts_on=FIRST, **fields
                )
                # Two days of which the first was skipped share an instant: one slot.
                expected = sorted({shown[day] for day in _days() if is_due(day, unit, fields)})
                checked += len(expected)
                if slots_between(cadence, after, until) != expected:
                    wrong.append(f"{name} at {at:%H:%M}, {unit} {parts or ''}")
    return checked, wrong


def _days() -> Iterator[date]:
    return (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))


def is_due(day: date, unit: str, fields: dict) -> bool:
    if unit == "day":
        return True
    if unit == "week":
        return day.weekday() in fields["weekdays"]
    length = calendar.monthrange(day.year, day.month)[1]
    wanted = fields["month_day"]
    return day.day == (length if wanted == "last" else min(int(wanted), length))


class Clock:
    """The wall clock of a zone, read only forwards: from an instant to what the clock shows."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def first_showing(self, day: date, at: time) -> datetime:
        """The first instant at which the clock shows the time of that day, or has passed it.

        Found minute by minute where the clocks change around that day.
        """
        wall = datetime.combine(day, at)
        instant = wall.replace(tzinfo=UTC) - timedelta(hours=30)
        offsets = {self._offset(instant + timedelta(hours=hours)) for hours in range(0, 61, 20)}
        if len(offsets) == 1:
            return wall.replace(tzinfo=UTC) - offsets.pop()
        while instant.astimezone(self._zone).replace(tzinfo=None) < wall:
            instant += MINUTE
        return instant

    def _offset(self, instant: datetime) -> timedelta:
        return instant.astimezone(self._zone).utcoffset() or timedelta()


# -- the tick, with a database --------------------------------------------------------------


def check_tick(folder: Path, zones: list[str], days: int) -> tuple[int, list[str]]:
    """Tick at odd moments, often twice, through `days` days around every change of the clocks."""
    from django.utils import timezone

    from integrations.cadence import Cadence
    from integrations.models import ImportRun, ImportSchedule
    from integrations.schedules import run_due_schedules, save_schedule

    dataset = load_shop(folder, users=20)
    connection = connect("US-01", "key")
    at, start = time(2, 30), datetime(2026, 3, 1, tzinfo=UTC)
    for number, zone in enumerate(zones):
        cadence = Cadence("day", 1, (), "", at, zone, FIRST)
        cohort = define(dataset, f"cohort-{number}", 5)
        save_schedule(cohort, connection=connection, cadence=cadence, now=start)
    chance, now = random.Random(0), start
    while now < start + timedelta(days=days):
        now += timedelta(minutes=chance.randrange(5, 120))
        for _ in range(2):
            run_due_schedules(now)
        ImportRun.objects.filter(state="queued").update(
            state="canceled", finished_at=timezone.now()
        )
    wrong = []
    for schedule in ImportSchedule.objects.all():
        clock = Clock(ZoneInfo(schedule.timezone))
        every = {clock.first_showing(start.date() + timedelta(d), at) for d in range(-2, days + 3)}
        expected = sorted(instant for instant in every if start < instant <= now)
        slots = schedule.slots.order_by("due_at")
        ran = [slot.due_at for slot in slots if hasattr(slot, "run")]
        if not ([slot.due_at for slot in slots] == ran == expected):
            wrong.append(f"{schedule.timezone}: {len(ran)} of {len(expected)}")
    return ImportRun.objects.count(), wrong


if __name__ == "__main__":
    sys.exit(main())
