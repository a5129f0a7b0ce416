"""Small random worlds and definitions that fit them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.cohorts.sql.naive import Row, World

ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
AS_OFS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-05-14T09:30:00",
        "2026-03-29T01:30:00",
        "2026-03-31T00:00:00",
        "2025-11-02T06:30:00",
        "2026-10-25T00:30:00.000001",
        "2024-02-29T23:59:59.999999",
    )
)
USERS = ("ann", "bob", "Zoë", "x'y\\", "dana", "10", "9")
EVENTS = ("A", "B", "C")
EVENT_TYPES = {
    "country": "string",
    "city": "string",
    "amount": "number",
    "qty": "number",
    "promo": "boolean",
    "shipped": "time",
    "due": "time",
    "cart": "json",
    "cart.note": "string",
}
USER_TYPES = {
    "plan": "string",
    "age": "number",
    "vip": "boolean",
    "joined": "time",
    "traits": "json",
}
WHOLE = ("qty", "age")
TEXTS = ("", "JP", "jp", "US", "a%b", "a_b", "it's", "50", "5\n0", "\\d", "ÄÖ")
NUMBERS = (-2, 0, 1, 2, 2.5, 3, 7.25, 100)
OFFSETS = (
    *(timedelta(hours=h) for h in (0, 1, 2, 3, 23, 24, 25, 26, 48, 72, 168, 400, 800, 2000)),
    timedelta(microseconds=1),
    timedelta(minutes=30),
    timedelta(minutes=90),
    timedelta(days=30),
    timedelta(days=31),
    timedelta(hours=-5),
)


def optional(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


@st.composite
def worlds(draw: st.DrawFn, as_of: datetime) -> World:
    times = st.sampled_from(OFFSETS).map(lambda offset: as_of - offset)
    rows = draw(
        st.lists(event_rows(times), min_size=draw(st.sampled_from((0, 6, 12))), max_size=20)
    )
    users = draw(st.dictionaries(st.sampled_from(USERS), user_properties(times), max_size=5))
    return World(draw(st.sampled_from(ZONES)), users, rows, EVENT_TYPES, USER_TYPES)


@st.composite
def event_rows(draw: st.DrawFn, times: st.SearchStrategy) -> Row:
    properties = {
        "country": draw(optional(st.sampled_from(TEXTS))),
        "city": draw(optional(st.sampled_from(TEXTS))),
        "amount": draw(optional(st.sampled_from(NUMBERS))),
        "qty": draw(optional(st.integers(-1, 4))),
        "promo": draw(optional(st.booleans())),
        "shipped": draw(optional(times)),
        "due": draw(optional(times)),
        "cart": draw(optional(jsons())),
        "cart.note": draw(optional(st.sampled_from(TEXTS))),
    }
    user = draw(st.sampled_from(USERS[:4]))
    return Row(user, draw(st.sampled_from((*EVENTS, *EVENTS, None))), draw(times), properties)


@st.composite
def user_properties(draw: st.DrawFn, times: st.SearchStrategy) -> dict[str, Any]:
    return {
        "plan": draw(optional(st.sampled_from(TEXTS))),
        "age": draw(optional(st.integers(0, 4))),
        "vip": draw(optional(st.booleans())),
        "joined": draw(optional(times)),
        "traits": draw(optional(jsons())),
    }


def jsons() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(
        (None, True, False, "", "JP", "a%b", "true", "1", 1, 1.0, 2.5, -2, "2026-05-01")
    ) | st.sampled_from(("2026-05-01T10:00:00+09:00", "2026-05-01 10:00", "2026-05-01T10:00:00Z"))
    values = leaves | st.lists(leaves, max_size=2) | st.dictionaries(KEYS, leaves, max_size=2)
    return st.dictionaries(KEYS, values, max_size=3).map(json.dumps)


KEYS = st.sampled_from(("a", "b", "0", "x/y", "~"))
PATHS = st.sampled_from(("a", "b", "a.0", "a.b", "b.1", "x/y", "~", "0", "a.x/y"))

# --- filters

TEXT_OPS = ("contains", "not_contains", "starts_with", "ends_with")
PATTERNS = ("^J", "[0-9]+", "a.b", "b$|^$", "(?i)jp", "\\\\", "^(US|JP)$", "5\\s0", "ä")
SPANS = st.fixed_dictionaries(
    {
        "n": st.integers(1, 40),
        "unit": st.sampled_from(("hour", "day", "week", "month", "quarter", "year")),
    }
)
MOMENTS = st.sampled_from(
    (
        "2026-05-01",
        "2026-03-29",
        "2025-01-01",
        "2026-05-13T09:30",
        "2026-05-14T09:30:00Z",
        "2026-03-29T02:30:00",
        "2026-05-13 18:30:00.000001+09:00",
    )
)


@st.composite
def filters(draw: st.DrawFn, scope: str, default: str | None, depth: int = 0) -> dict[str, Any]:
    if depth < 2 and draw(st.integers(0, 7)) == 0:
        inner = st.lists(filters(scope, default, depth + 1), min_size=1, max_size=3)
        return {"any": draw(inner)}
    types = EVENT_TYPES if scope == "event" else USER_TYPES
    name = draw(st.sampled_from(sorted(types)))
    kind = types[name]
    if kind == "json" and (depth or draw(st.booleans())):
        node = draw(comparisons(draw(st.sampled_from(("string", "number", "boolean", "time")))))
        name = f"{name}.{draw(PATHS)}"
    elif kind == "json":
        node = {"op": draw(st.sampled_from(("exists", "not_exists")))}
    else:
        node = draw(comparisons(kind) | with_others(scope, kind, name))
    node["property"] = name
    if scope != default or draw(st.booleans()):
        node["scope"] = scope
    return node


@st.composite
def comparisons(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    if draw(st.integers(0, 5)) == 0:
        return {"op": draw(st.sampled_from(("exists", "not_exists")))}
    node = draw(COMPARISONS[kind])
    if kind == "string" and draw(st.booleans()):
        node["ignore_case"] = draw(st.booleans())
    return node


def one(ops: tuple[str, ...], values: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({"op": st.sampled_from(ops), "value": values})


def pairs(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(values, min_size=2, max_size=2).map(sorted)


COMPARISONS = {
    "string": one(("=", "!=", *TEXT_OPS), st.sampled_from(TEXTS))
    | one(("in", "not_in"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
    | one(("matches",), st.sampled_from(PATTERNS)),
    "number": one(("=", "!=", ">", ">=", "<", "<="), st.sampled_from(NUMBERS))
    | one(("in", "not_in"), st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3))
    | one(("between",), pairs(st.sampled_from(NUMBERS))),
    "boolean": one(("=", "!="), st.booleans()),
    "time": one(("before", "after"), MOMENTS)
    | one(("last", "not_last"), SPANS)
    | one(
        ("between",),
        st.sampled_from((["2026-05-01", "2026-05-13"], ["2025-01-01", "2026-05-14T09:30:00Z"])),
    ),
}


@st.composite
def with_others(draw: st.DrawFn, scope: str, kind: str, name: str) -> dict[str, Any]:
    types = EVENT_TYPES if scope == "event" else USER_TYPES
    other = draw(st.sampled_from([n for n in sorted(types) if types[n] == kind]))
    ops = {
        "string": ("=", "!=", *TEXT_OPS),
        "number": ("=", "!=", ">", ">=", "<", "<="),
        "boolean": ("=", "!="),
        "time": ("before", "after"),
    }[kind]
    if scope == "event" and draw(st.integers(0, 3)) == 0:
        other = f"cart.{draw(PATHS)}"
    return {"op": draw(st.sampled_from(ops)), "value": {"property": other}}


# --- conditions


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    names = st.sampled_from(EVENTS)
    node: dict[str, Any] = {
        "event": draw(names | st.just("*") | st.lists(names, min_size=1, max_size=2))
    }
    if draw(st.integers(0, 3)) == 0:
        scope = draw(st.sampled_from(("event", "event", "user")))
        node["where"] = draw(st.lists(filters(scope, "event"), min_size=1, max_size=2))
    return node


@st.composite
def windows(draw: st.DrawFn, *, shared: bool = False) -> dict[str, Any]:
    unit = draw(st.sampled_from(("hour", "day", "week", "month", "quarter", "year")))
    n = draw(st.integers(1, 40))
    kinds = [
        {"overall": True},
        {"last": n, "unit": unit},
        {"ago": [n, draw(st.integers(0, n - 1))], "unit": unit},
        {"full": n, "unit": unit},
        {"this": unit},
        draw(
            st.sampled_from(
                (
                    {"from": "2026-05-01"},
                    {"to": "2026-03-29"},
                    {"from": "2026-01-01", "to": "2026-05-13"},
                    {"from": "2026-03-29T02:30", "to": "2026-05-14T09:30:00Z"},
                )
            )
        ),
    ]
    if not shared:
        anchor = draw(events())
        unit = draw(st.sampled_from(("hour", "day", "week")))
        kinds.append({"after_first": anchor, "n": draw(st.integers(1, 30)), "unit": unit})
    return draw(st.sampled_from(kinds))


def amounts() -> st.SearchStrategy:
    return one(("=", "!=", ">", ">=", "<", "<="), st.sampled_from(NUMBERS)) | one(
        ("between",), pairs(st.sampled_from(NUMBERS))
    )


def times() -> st.SearchStrategy:
    return one(("=", "!=", ">", ">=", "<", "<="), st.integers(0, 4)) | one(
        ("between",), pairs(st.integers(0, 4))
    )


@st.composite
def measurements(draw: st.DrawFn) -> dict[str, Any]:
    node = draw(events())
    numeric = ("sum", "avg", "min", "max", "median")
    plain = ("count", "active_days", "active_weeks", "active_months")
    node["function"] = draw(st.sampled_from((*numeric, *plain, "unique")))
    if node["function"] in numeric:
        node["property"] = draw(st.sampled_from(("amount", "qty", "cart.a", "cart.a.0")))
    elif node["function"] == "unique":
        node["property"] = draw(st.sampled_from((*sorted(EVENT_TYPES), "cart.a", "cart.0")))
    return node


@st.composite
def funnels(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(2, 4))
    order = draw(st.sampled_from(("sequence", "sequence", "exact", "any")))
    node: dict[str, Any] = {
        "type": "funnel",
        "steps": [draw(events()) for _ in range(count)],
        "order": order,
    }
    if draw(st.booleans()):
        unit = draw(st.sampled_from(("second", "minute", "hour", "day", "week")))
        node["within"] = {"n": draw(st.integers(1, 60)), "unit": unit}
    if order != "any":
        if draw(st.booleans()):
            first = draw(st.lists(st.integers(1, count - 1), min_size=1, max_size=2))
            node["exclude"] = [{**draw(events()), "between": [i, i + 1]} for i in first]
        node["outcome"] = draw(
            st.just("converted")
            | st.fixed_dictionaries({"converted_on": st.integers(1, count)})
            | st.fixed_dictionaries({"dropped_at": st.integers(2, count)})
        )
        if count > 2 and draw(st.integers(0, 2)) == 0:
            node["outcome"] = {"dropped_before": draw(st.integers(3, count))}
    return node


@st.composite
def retentions(draw: st.DrawFn) -> dict[str, Any]:
    n = st.integers(0, 5)
    return {
        "type": "retention",
        "start": draw(events()),
        "return": draw(events()),
        "unit": draw(st.sampled_from(("day", "week", "month"))),
        "outcome": draw(
            st.sampled_from(("returned", "not_retained"))
            | st.fixed_dictionaries({"retained_on": n})
            | st.fixed_dictionaries({"retained_since": n})
            | st.fixed_dictionaries({"not_retained_on": n})
            | st.fixed_dictionaries({"retained_between": pairs(n)})
        ),
    }


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            (
                "performed",
                "measure",
                "ratio",
                "funnel",
                "retention",
                "lifecycle",
                "first_time",
                "last_time",
                "property",
                "cohort",
                "list",
            )
        )
    )
    node: dict[str, Any] = {"type": kind}
    match kind:
        case "performed":
            node |= draw(events())
            if draw(st.booleans()):
                node["times"] = draw(times())
        case "measure":
            node |= {**draw(measurements()), **draw(amounts())}
        case "ratio":
            node |= draw(amounts())
            node |= {"numerator": draw(measurements()), "denominator": draw(measurements())}
        case "funnel":
            node |= draw(funnels())
        case "retention":
            node |= draw(retentions())
        case "lifecycle":
            node["state"] = draw(st.sampled_from(("new", "returning", "resurrected", "dormant")))
            node["period"] = draw(SPANS)
            if draw(st.booleans()):
                node |= draw(events())
        case "first_time" | "last_time":
            node |= draw(events())
        case "property":
            node |= draw(filters("user", "user"))
        case "cohort":
            node["cohort"] = draw(st.sampled_from(("saved", "built", "fixed")))
        case "list":
            node["users"] = draw(st.lists(st.sampled_from((*USERS, "nobody")), min_size=1))
    if kind not in ("lifecycle", "property", "cohort", "list") and draw(st.booleans()):
        node["window"] = draw(windows())
    if draw(st.integers(0, 3)) == 0:
        node["negate"] = draw(st.booleans())
    return node


@st.composite
def groups(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    node = leaves() if depth == 0 else leaves() | leaves() | groups(depth - 1)
    return {
        "match": draw(st.sampled_from(("all", "any"))),
        "conditions": draw(st.lists(node, min_size=1, max_size=2)),
        "negate": draw(st.booleans()),
    }


@st.composite
def definitions(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    node = {"version": 1} | draw(groups(depth))
    del node["negate"]
    if draw(st.integers(0, 2)) == 0:
        scopes = st.sampled_from(("event", "user"))
        node["global_filter"] = draw(
            st.lists(scopes.flatmap(lambda s: filters(s, None)), min_size=1, max_size=2)
        )
    if draw(st.integers(0, 2)) == 0:
        node["date_range"] = draw(windows())
    return node


COHORTS = {
    "fixed": ["ann", "10", "nobody"],
    "saved": {
        "version": 1,
        "match": "all",
        "conditions": [{"type": "performed", "event": "A", "window": {"last": 7, "unit": "day"}}],
        "global_filter": [{"property": "promo", "scope": "event", "op": "!=", "value": True}],
    },
    "built": {
        "version": 1,
        "match": "any",
        "conditions": [
            {"type": "cohort", "cohort": "saved"},
            {"type": "performed", "event": "B", "times": {"op": "<", "value": 2}},
        ],
        "date_range": {"last": 30, "unit": "day"},
    },
}
