"""Evaluates a definition the slow way: plain loops over rows, nothing shared with the product."""

from __future__ import annotations

import calendar
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1, 1, 1, tzinfo=UTC)
FIXED = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}


@dataclass
class Row:
    user: str
    event: str | None
    time: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class World:
    """`users` are the rows of the users table by id; types are by property name."""

    zone: str
    users: dict[str, dict[str, Any]]
    rows: list[Row]
    event_types: dict[str, str]
    user_types: dict[str, str]
    cohorts: dict[str, Any] = field(default_factory=dict)


def evaluate(world: World, definition: dict, as_of: datetime) -> set[str]:
    return Evaluation(world, definition, as_of).members()


class Evaluation:
    def __init__(self, world: World, definition: dict, as_of: datetime) -> None:
        self.world = world
        self.definition = definition
        self.as_of = as_of
        self.zone = ZoneInfo(world.zone)
        self.rows = [row for row in world.rows if row.time < as_of]
        self.everyone = set(world.users) | {row.user for row in self.rows}
        filters = definition.get("global_filter", [])
        self.event_filters = [f for f in filters if self.scope(f) == "event"]
        user_filters = [f for f in filters if self.scope(f) == "user"]
        self.population = {
            user
            for user in self.everyone
            if all(self.holds(f, None, user, "user") for f in user_filters)
        }
        self.of_user: dict[str, list[Row]] = {user: [] for user in self.everyone}
        for row in self.rows:
            self.of_user[row.user].append(row)

    def members(self) -> set[str]:
        definition = self.definition
        return self.combine(definition["match"], definition["conditions"])

    def combine(self, match: str, conditions: list[dict]) -> set[str]:
        sets = [self.condition(condition) for condition in conditions]
        return set.intersection(*sets) if match == "all" else set.union(*sets)

    def condition(self, c: dict) -> set[str]:
        if "conditions" in c:
            found = self.combine(c["match"], c["conditions"])
        elif c["type"] == "cohort":
            other = self.world.cohorts[c["cohort"]]
            inside = (
                set(other) if isinstance(other, list) else evaluate(self.world, other, self.as_of)
            )
            found = self.population & inside
        else:
            found = {user for user in self.population if self.leaf(c, user)}
        return self.population - found if c.get("negate") else found

    # --- leaves

    def leaf(self, c: dict, user: str) -> bool:
        return getattr(self, "leaf_" + c["type"])(c, user)

    def leaf_performed(self, c: dict, user: str) -> bool:
        times = c.get("times", {"op": ">=", "value": 1})
        return satisfies(len(self.matching(c, user, c.get("window"))), times)

    def leaf_measure(self, c: dict, user: str) -> bool:
        return satisfies(self.measured(c, user, c.get("window")), c)

    def leaf_ratio(self, c: dict, user: str) -> bool:
        above = self.measured(c["numerator"], user, c.get("window"))
        below = self.measured(c["denominator"], user, c.get("window"))
        if above is None or not below:
            return False
        return satisfies(above / below, c)

    def leaf_property(self, c: dict, user: str) -> bool:
        return self.holds(c, None, user, "user")

    def leaf_list(self, c: dict, user: str) -> bool:
        return user in c["users"]

    def leaf_first_time(self, c: dict, user: str) -> bool:
        times = [row.time for row in self.matching(c, user, None, everything=True)]
        return bool(times) and self.in_window(min(times), c.get("window"), user)

    def leaf_last_time(self, c: dict, user: str) -> bool:
        times = [row.time for row in self.matching(c, user, None, everything=True)]
        return bool(times) and self.in_window(max(times), c.get("window"), user)

    def leaf_lifecycle(self, c: dict, user: str) -> bool:
        events = {"event": c.get("event", "*"), "where": c.get("where", [])}
        times = [row.time for row in self.matching(events, user, None, everything=True)]
        n, unit = c["period"]["n"], c["period"]["unit"]
        start = back(self.as_of, n, unit, self.zone)
        before = back(self.as_of, 2 * n, unit, self.zone)
        current = any(start <= t for t in times)
        previous = any(before <= t < start for t in times)
        earlier = any(t < before for t in times)
        match c["state"]:
            case "new":
                return bool(times) and min(times) >= start
            case "returning":
                return current and previous
            case "resurrected":
                return current and not previous and earlier
            case "dormant":
                return previous and not current
        raise AssertionError(c["state"])

    def leaf_funnel(self, c: dict, user: str) -> bool:
        steps = [
            [row.time for row in self.matching(step, user, c.get("window"))] for step in c["steps"]
        ]
        span = c.get("within")
        most = span["n"] * FIXED[span["unit"]] if span else None
        if c.get("order") == "any":
            return self.all_together(steps, most)
        level = max(
            (k for k in range(1, len(steps) + 1) if self.chain(c, user, steps[:k], most)), default=0
        )
        outcome = c.get("outcome", "converted")
        if outcome == "converted":
            return level == len(steps)
        ((kind, k),) = outcome.items()
        if kind == "converted_on":
            return level >= k
        if kind == "dropped_at":
            return level == k - 1
        return 1 <= level < k - 1

    def all_together(self, steps: list[list[datetime]], most: timedelta | None) -> bool:
        if not all(steps):
            return False
        if most is None:
            return True
        starts = [t for times in steps for t in times]
        return any(all(any(s <= t <= s + most for t in times) for times in steps) for s in starts)

    def chain(
        self, c: dict, user: str, steps: list[list[datetime]], most: timedelta | None
    ) -> bool:
        """Tries every chain."""

        def go_on(first: datetime, last: datetime, index: int) -> bool:
            if index == len(steps):
                return True
            return any(
                go_on(first, t, index + 1)
                for t in steps[index]
                if t > last
                and (most is None or t - first <= most)
                and not self.interrupted(c, user, index, last, t)
            )

        return any(go_on(t, t, 1) for t in steps[0])

    def interrupted(self, c: dict, user: str, index: int, last: datetime, t: datetime) -> bool:
        if c.get("order") == "exact":
            return any(last < row.time < t for row in self.of_user[user])
        return any(
            last < row.time < t
            for exclusion in c.get("exclude", [])
            if exclusion["between"][0] == index
            for row in self.matching(exclusion, user, None, everything=True)
        )

    def leaf_retention(self, c: dict, user: str) -> bool:
        starts = [row.time for row in self.matching(c["start"], user, c.get("window"))]
        if not starts:
            return False
        start = min(starts)
        first = self.unit_start(start, c["unit"])
        returns = []
        for row in self.matching(c["return"], user, None, everything=True):
            if row.time > start:
                returns.append(self.units_between(first, row.time, c["unit"]))
        outcome = c["outcome"]
        if outcome == "returned":
            return bool(returns)
        if outcome == "not_retained":
            return not returns
        ((kind, n),) = outcome.items()
        if kind == "retained_on":
            return n in returns
        if kind == "retained_between":
            return any(n[0] <= k <= n[1] for k in returns)
        if kind == "retained_since":
            return any(k >= n for k in returns)
        return n not in returns and self.units_between(first, self.as_of, c["unit"]) > n

    # --- measures

    def measured(self, c: dict, user: str, window: dict | None) -> float | None:
        rows = self.matching(c, user, window)
        function = c["function"]
        if function == "count":
            return len(rows)
        if function.startswith("active_"):
            unit = function[len("active_") : -1]
            return len({self.unit_start(row.time, unit) for row in rows})
        if function == "unique":
            return len({identity(v) for v in self.values(c["property"], rows) if v is not None})
        values = [as_number(v) for v in self.values(c["property"], rows)]
        numbers = sorted(v for v in values if v is not None)
        if function == "sum":
            return sum(numbers)
        if not numbers:
            return None
        middle = len(numbers) // 2
        match function:
            case "avg":
                return sum(numbers) / len(numbers)
            case "min":
                return numbers[0]
            case "max":
                return numbers[-1]
            case "median":
                odd = len(numbers) % 2
                return numbers[middle] if odd else (numbers[middle - 1] + numbers[middle]) / 2
        raise AssertionError(function)

    def values(self, name: str, rows: list[Row]) -> list[Any]:
        return [look_up(self.world.event_types, row.properties, name)[1] for row in rows]

    # --- events and windows

    def matching(
        self, events: dict, user: str, window: dict | None, *, everything: bool = False
    ) -> list[Row]:
        names = events["event"] if isinstance(events["event"], list) else [events["event"]]
        return [
            row
            for row in self.of_user[user]
            if ("*" in names or row.event in names)
            and all(self.holds(f, row, user, "event") for f in events.get("where", []))
            and all(self.holds(f, row, user, "event") for f in self.event_filters)
            and (everything or self.in_window(row.time, window, user))
        ]

    def in_window(self, t: datetime, window: dict | None, user: str) -> bool:
        if window is None or "overall" in window:
            window = self.definition.get("date_range", {"overall": True})
        if "overall" in window:
            return True
        if "after_first" in window:
            anchors = self.matching(window["after_first"], user, None, everything=True)
            if not anchors:
                return False
            first = min(row.time for row in anchors)
            return first <= t < first + window["n"] * FIXED[window["unit"]]
        start, end = self.bounds(window)
        return start <= t < min(end, self.as_of)

    def bounds(self, window: dict) -> tuple[datetime, datetime]:
        unit = window.get("unit")
        if "last" in window:
            return back(self.as_of, window["last"], unit, self.zone), self.as_of
        if "ago" in window:
            far, near = window["ago"]
            return back(self.as_of, far, unit, self.zone), back(self.as_of, near, unit, self.zone)
        if "this" in window:
            return self.instant(self.unit_start(self.as_of, window["this"])), self.as_of
        if "full" in window:
            current = self.unit_start(self.as_of, unit)
            if unit == "hour":
                end = self.instant(current)
                return end - timedelta(hours=window["full"]), end
            return self.instant(earlier(current, window["full"], unit)), self.instant(current)
        start, end = EPOCH, self.as_of
        if "from" in window:
            start = self.read(window["from"])[0]
        if "to" in window:
            low, high = self.read(window["to"])
            end = high if len(window["to"]) == 10 else low
        return start, end

    def read(self, text: str) -> tuple[datetime, datetime]:
        """Where it begins, and where a date ends."""
        if len(text) == 10:
            day = date.fromisoformat(text)
            return (
                self.instant(datetime.combine(day, time())),
                self.instant(datetime.combine(day + timedelta(days=1), time())),
            )
        moment = datetime.fromisoformat(text)
        instant = moment.astimezone(UTC) if moment.tzinfo else self.instant(moment)
        return instant, instant

    def instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)

    def unit_start(self, t: datetime, unit: str) -> datetime:
        return unit_start(t.astimezone(self.zone).replace(tzinfo=None, fold=0), unit)

    def units_between(self, first: datetime, t: datetime, unit: str) -> int:
        """Calendar units from the one that begins at `first` to the one that holds t."""
        last, count = self.unit_start(t, unit), 0
        while last > first:
            last, count = unit_start(last - timedelta(days=1), unit), count + 1
        return count

    # --- filters

    def scope(self, f: dict) -> str:
        return self.scope(f["any"][0]) if "any" in f else f["scope"]

    def holds(self, f: dict, row: Row | None, user: str, default: str) -> bool:
        if "any" in f:
            return any(self.holds(inner, row, user, default) for inner in f["any"])
        negative = {"!=": "=", "not_in": "in", "not_contains": "contains", "not_last": "last"}
        if f["op"] in negative:
            return not self.holds({**f, "op": negative[f["op"]]}, row, user, default)
        if f["op"] == "not_exists":
            return not self.holds({**f, "op": "exists"}, row, user, default)
        if f.get("scope", default) == "event":
            assert row is not None
            types, properties = self.world.event_types, row.properties
        else:
            types, properties = self.world.user_types, self.world.users.get(user, {})
        kind, value = look_up(types, properties, f["property"])
        if f["op"] == "exists":
            return value is not None
        other = f["value"]
        other_kind = kind
        if isinstance(other, dict) and "property" in other:
            other_kind, other = look_up(types, properties, other["property"])
            return self.compare_fields(f, kind, value, other_kind, other)
        return self.compare(f, kind, value, other)

    def compare_fields(self, f: dict, kind: str, a: Any, other_kind: str, b: Any) -> bool:
        if a is None or b is None:
            return False
        wanted = kind if kind != "json" else other_kind
        op = f["op"]
        if op in ("before", "after"):
            wanted = "time"
        elif op in (">", ">=", "<", "<="):
            wanted = "number"
        elif op != "=":
            wanted = "string"
        if wanted == "json":
            return identity(a) == identity(b)
        reader = READERS[wanted]
        a, b = reader(a), reader(b)
        if a is None or b is None:
            return False
        if wanted == "time":
            return a < b if op == "before" else a > b
        if wanted == "string":
            return text_holds(f, a, b)
        return satisfies(a, {"op": op, "value": b})

    def compare(self, f: dict, kind: str, value: Any, wanted: Any) -> bool:
        op = f["op"]
        if kind == "json":
            kind = kind_of(op, wanted)
        value = None if value is None else READERS[kind](value)
        if value is None:
            return False
        if kind == "time":
            return self.time_holds(op, value, wanted)
        if op == "in":
            options = wanted
            if kind == "string" and f.get("ignore_case"):
                return value.lower() in [option.lower() for option in options]
            return value in options
        if kind == "number":
            return satisfies(value, {"op": op, "value": wanted})
        if kind == "boolean":
            return value is wanted
        return text_holds(f, value, wanted)

    def time_holds(self, op: str, value: datetime, wanted: Any) -> bool:
        if op == "last":
            return back(self.as_of, wanted["n"], wanted["unit"], self.zone) <= value < self.as_of
        if op == "before":
            return value < self.read(wanted)[0]
        if op == "after":
            low, high = self.read(wanted)
            return value >= high if high > low else value > low
        low, (start, end) = self.read(wanted[0])[0], self.read(wanted[1])
        return low <= value and (value < end if end > start else value <= start)


# --- calendar


def unit_start(wall: datetime, unit: str) -> datetime:
    if unit == "hour":
        return wall.replace(minute=0, second=0, microsecond=0)
    day = datetime.combine(wall.date(), time())
    while not begins(day, unit):
        day -= timedelta(days=1)
    return day


def begins(day: datetime, unit: str) -> bool:
    match unit:
        case "day":
            return True
        case "week":
            return day.weekday() == calendar.MONDAY
        case "month":
            return day.day == 1
        case "quarter":
            return day.day == 1 and day.month in (1, 4, 7, 10)
        case "year":
            return day.day == 1 and day.month == 1
    raise AssertionError(unit)


def back(t: datetime, n: int, unit: str, zone: ZoneInfo) -> datetime:
    if n == 0:
        return t
    if unit == "hour":
        return t - timedelta(hours=n)
    wall = t.astimezone(zone).replace(tzinfo=None, fold=0)
    return earlier(wall, n, unit).replace(tzinfo=zone, fold=0).astimezone(UTC)


def earlier(wall: datetime, n: int, unit: str) -> datetime:
    if unit in ("day", "week"):
        return wall - n * FIXED[unit]
    months = n * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = wall.year, wall.month
    for _ in range(months):
        month -= 1
        if month == 0:
            year, month = year - 1, 12
    day = wall.day
    while day > calendar.monthrange(year, month)[1]:
        day -= 1
    return wall.replace(year=year, month=month, day=day)


# --- values


def satisfies(value: float | None, comparison: dict) -> bool:
    if value is None:
        return False
    wanted = comparison["value"]
    match comparison["op"]:
        case "=":
            return value == wanted
        case "!=":
            return value != wanted
        case ">":
            return value > wanted
        case ">=":
            return value >= wanted
        case "<":
            return value < wanted
        case "<=":
            return value <= wanted
        case "between":
            return wanted[0] <= value <= wanted[1]
    raise AssertionError(comparison)


def text_holds(f: dict, value: str, wanted: str) -> bool:
    op = f["op"]
    if op == "matches":
        flags = re.IGNORECASE if f.get("ignore_case") else 0
        return re.search(wanted, value, flags) is not None
    if f.get("ignore_case"):
        value, wanted = value.lower(), wanted.lower()
    match op:
        case "=":
            return value == wanted
        case "contains":
            return wanted in value
        case "starts_with":
            return value.startswith(wanted)
        case "ends_with":
            return value.endswith(wanted)
    raise AssertionError(op)


def look_up(types: dict[str, str], properties: dict[str, Any], name: str) -> tuple[str, Any]:
    if name in types:
        return types[name], properties.get(name)
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        column = ".".join(parts[:length])
        if types.get(column) == "json":
            text = properties.get(column)
            return "json", None if text is None else walk(json.loads(text), parts[length:])
    raise AssertionError(name)


def walk(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def kind_of(op: str, wanted: Any) -> str:
    if op in ("before", "after", "last"):
        return "time"
    if op in ("contains", "starts_with", "ends_with", "matches"):
        return "string"
    first = wanted[0] if isinstance(wanted, list) else wanted
    if isinstance(first, bool):
        return "boolean"
    if isinstance(first, str):
        return "time" if op == "between" else "string"
    return "number"


def as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def as_number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def as_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def as_time(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


READERS = {"string": as_text, "number": as_number, "boolean": as_boolean, "time": as_time}


def identity(value: Any) -> tuple[str, Any]:
    """Tells JSON values apart: 1 and 1.0 are alike, 1 and true and "1" are not."""
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return "number", value
    if isinstance(value, dict | list):
        return "other", json.dumps(value)
    return "other", value
