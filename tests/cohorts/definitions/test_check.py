"""Does a definition fit its dataset? Told at the place that has to change."""

from __future__ import annotations

from typing import Any

import pytest

from cohorts.definitions.catalog import Catalog, Event, Property
from cohorts.definitions.check import Checked, Reference, check_definition, referenced_cohorts
from cohorts.definitions.parse import parse_definition

CATALOG = Catalog(
    timezone="Asia/Tokyo",
    events=(Event("Purchase", 3), Event("Sign Up", 1)),
    event_properties=(
        Property("country", "country", "string", (("JP", 5), ("US", 4)), filled=9),
        Property("city", "city", "string", (("Osaka", 5),), filled=9),
        Property("amount", "amount", "number", (("5", 3), ("7.5", 1)), filled=4),
        Property("promo", "promo", "boolean", (("true", 1),), filled=1),
        Property("shipped", "shipped", "time"),
        Property("cart", "cart", "json", json_paths=("items.0.sku", "total")),
        Property("cart.note", "cart.note", "string"),
    ),
    user_properties=(Property("plan", "plan", "string"), Property("age", "age", "number")),
)
C = "conditions[0]"
W = f"{C}.where[0]"


def whole(*conditions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"version": 1, "match": "all", "conditions": list(conditions)} | changes


def where(name: str, op: str, value: Any = None, **changes: Any) -> dict[str, Any]:
    node = {"property": name, "op": op} | ({} if value is None else {"value": value}) | changes
    return whole({"type": "performed", "event": "Purchase", "where": [node]})


def measure(function: str, name: str) -> dict[str, Any]:
    base = {"type": "measure", "event": "Purchase", "op": ">", "value": 5}
    return whole(base | {"function": function, "property": name})


def check(
    data: dict[str, Any], cohorts: dict[str, Reference] | None = None, **given: Any
) -> Checked:
    return check_definition(parse_definition(data), catalog=CATALOG, cohorts=cohorts or {}, **given)


def paths(problems: Any) -> list[str]:
    return [problem.path for problem in problems]


@pytest.mark.parametrize(
    "data",
    [
        where("country", "=", "JP"),
        where("country", "in", ["jp", "us"], ignore_case=True),
        where("country", "=", {"property": "city"}),
        where("country", "exists"),
        where("amount", "between", [1, 2]),
        where("amount", ">", {"property": "amount"}),
        where("promo", "=", True),
        where("shipped", "before", "2026-01-01"),
        where("shipped", "between", ["2026-01-01", "2026-01-01T10:00:00Z"]),
        where("shipped", "last", {"n": 3, "unit": "year"}),
        where("cart", "exists"),
        where("cart.total", ">", 5),
        where("cart.total", "=", "5"),
        where("cart.items.3.sku", "contains", "x"),
        where("cart.total", "=", True),
        where("cart.total", "between", ["2026-01-01", "2026-01-02"]),
        where("cart.total", "=", {"property": "cart.items.0.sku"}),
        where("country", "=", {"property": "cart.items.0.sku"}),
        where("cart.total", ">", {"property": "amount"}),
        where("cart.note", "starts_with", "x"),
        where("plan", "=", "pro", scope="user"),
        measure("sum", "amount"),
        measure("sum", "cart.total"),
        measure("unique", "country"),
        measure("unique", "cart"),
        whole({"type": "property", "property": "age", "op": "in", "value": [1, 2.5]}),
    ],
    ids=repr,
)
def test_it_finds_nothing_wrong(data: dict[str, Any]) -> None:
    checked = check(data)
    assert checked.errors == ()
    assert [w for w in checked.warnings if "never been" not in w.message] == []


@pytest.mark.parametrize(
    ("data", "path", "suggestion"),
    [
        (where("contry", "=", "JP"), f"{W}.property", "country"),
        (where("Country", "=", "JP"), f"{W}.property", "country"),
        (where("zzz", "=", "JP"), f"{W}.property", None),
        (where("plan", "=", "pro"), f"{W}.property", None),
        (where("country.code", "=", "JP"), f"{W}.property", "country"),
        (where("country", ">", 5), f"{W}.op", None),
        (where("country", ">", "JP"), f"{W}.op", None),
        (where("country", "last", {"n": 1, "unit": "day"}), f"{W}.op", None),
        (where("amount", "contains", "5"), f"{W}.op", None),
        (where("amount", "matches", "5"), f"{W}.op", None),
        (where("promo", ">", 5), f"{W}.op", None),
        (where("promo", "in", ["true"]), f"{W}.op", None),
        (where("promo", "in", [True]), f"{W}.op", None),
        (where("promo", "between", [True, False]), f"{W}.op", None),
        (where("country", "in", ["JP", True]), f"{W}.value[1]", None),
        (where("cart.total", "in", [True]), f"{W}.value[0]", None),
        (where("cart.total", "in", [1, True]), f"{W}.value[1]", None),
        (where("cart.total", "between", [False, True]), f"{W}.value[0]", None),
        (where("shipped", "=", "2026-01-01"), f"{W}.op", None),
        (where("cart", "=", "x"), f"{W}.op", "exists"),
        (where("country", "=", 5), f"{W}.value", None),
        (where("country", "=", True), f"{W}.value", None),
        (where("country", "in", ["JP", 5]), f"{W}.value[1]", None),
        (where("amount", "=", "5"), f"{W}.value", None),
        (where("amount", "=", True), f"{W}.value", None),
        (where("amount", "in", [1, "2"]), f"{W}.value[1]", None),
        (where("amount", "between", ["2026-01-01", "2026-01-02"]), f"{W}.value[0]", None),
        (where("promo", "=", "true"), f"{W}.value", None),
        (where("promo", "=", 1), f"{W}.value", None),
        (where("shipped", "before", "yesterday"), f"{W}.value", None),
        (where("shipped", "before", 5), f"{W}.value", None),
        (where("shipped", "between", ["2026-01-02", "2026-01-01T10:00Z"]), f"{W}.value", None),
        (where("cart.total", "in", ["a", 5]), f"{W}.value[1]", None),
        (where("cart.total", "contains", 5), f"{W}.value", None),
        (where("cart.total", ">", "5"), f"{W}.value", None),
        (where("cart.total", "between", ["a", "b"]), f"{W}.value[0]", None),
        (where("country", "=", {"property": "amount"}), f"{W}.value.property", None),
        (where("country", "=", {"property": "ctiy"}), f"{W}.value.property", "city"),
        (where("country", "=", {"property": "plan"}), f"{W}.value.property", None),
        (where("country", "=", {"property": "cart"}), f"{W}.value.property", None),
        (where("cart.total", ">", {"property": "country"}), f"{W}.value.property", None),
        (measure("sum", "country"), f"{C}.property", None),
        (measure("sum", "amout"), f"{C}.property", "amount"),
        (measure("avg", "cart"), f"{C}.property", None),
        (measure("sum", "age"), f"{C}.property", None),
        (
            whole({"type": "property", "property": "amount", "op": ">", "value": 5}),
            f"{C}.property",
            None,
        ),
        (
            whole(
                {
                    "type": "performed",
                    "event": "Purchase",
                    "window": {"from": "2026-01-02", "to": "2026-01-01T10:00"},
                }
            ),
            f"{C}.window",
            None,
        ),
        (
            whole(
                {"type": "performed", "event": "Purchase"},
                global_filter=[{"property": "pla", "scope": "user", "op": "exists"}],
            ),
            "global_filter[0].property",
            "plan",
        ),
        (whole({"type": "cohort", "cohort": "whale"}), f"{C}.cohort", "whales"),
    ],
    ids=repr,
)
def test_it_tells_one_error_at_its_path(
    data: dict[str, Any], path: str, suggestion: str | None
) -> None:
    whales = Reference(None, ("1",), "Whales")
    (error,) = [e for e in check(data, {"whales": whales}).errors if e.path.startswith(path)]
    assert (error.path, error.suggestion) == (path, suggestion)
    assert paths(check(data, {"whales": whales}).errors)[0] == path
    if suggestion:
        assert f"“{suggestion}”" in error.message


def test_it_looks_into_every_corner() -> None:
    wrong = {"property": "nope", "op": "=", "value": 1}
    events = {"event": "Purchase", "where": [wrong]}
    window = {"after_first": events, "n": 1, "unit": "day"}
    step = {"event": "Purchase"}
    data = whole(
        {"type": "ratio", "op": ">", "value": 1}
        | {part: events | {"function": "count"} for part in ("numerator", "denominator")},
        {"type": "funnel", "steps": [step, events], "exclude": [events | {"between": [1, 2]}]},
        {"type": "retention", "start": events, "return": events, "unit": "day"}
        | {"outcome": "returned", "window": window},
        {"type": "lifecycle", "state": "new", "period": {"n": 1, "unit": "day"}} | events,
        {"match": "any", "conditions": [{"type": "first_time"} | events]},
        {"type": "property", "any": [wrong]},
        date_range=window,
    )
    inside = "where[0].property"
    assert set(paths(check(data).errors)) == {
        f"conditions[0].numerator.{inside}",
        f"conditions[0].denominator.{inside}",
        f"conditions[1].steps[1].{inside}",
        f"conditions[1].exclude[0].{inside}",
        f"conditions[2].start.{inside}",
        f"conditions[2].return.{inside}",
        f"conditions[2].window.after_first.{inside}",
        f"conditions[3].{inside}",
        f"conditions[4].conditions[0].{inside}",
        "conditions[5].any[0].property",
        f"date_range.after_first.{inside}",
    }


def warned(data: dict[str, Any]) -> dict[str, str | None]:
    checked = check(data)
    assert checked.errors == ()
    return {problem.path: problem.suggestion for problem in checked.warnings}


def test_what_the_dataset_has_not_seen_is_a_warning() -> None:
    assert warned(whole({"type": "performed", "event": "Purchas"})) == {f"{C}.event": "Purchase"}
    both = {"type": "performed", "event": ["Purchase", "Nope"]}
    assert warned(whole(both)) == {f"{C}.event[1]": None}
    assert warned(where("country", "=", "jp")) == {f"{W}.value": "JP"}
    assert warned(where("country", "not_in", ["JP", "FR"])) == {f"{W}.value[1]": None}
    assert warned(where("amount", "=", 6)) == {f"{W}.value": None}
    assert warned(where("amount", "=", 7.5)) == {}
    assert warned(where("cart.totl", "=", 6)) == {f"{W}.property": "cart.total"}
    assert warned(where("cart.items.2", "exists")) == {}


def test_values_are_not_doubted_where_not_all_are_known() -> None:
    assert warned(where("city", "=", "Nara")) == {}
    assert warned(where("country", "contains", "x")) == {}


def cohort(*slugs: str) -> dict[str, Any]:
    return whole(*({"type": "cohort", "cohort": slug} for slug in slugs))


def references(**slugs: tuple[str, ...]) -> dict[str, Reference]:
    performed = {"type": "performed", "event": "Purchase"}
    return {
        slug: Reference(
            parse_definition(cohort(*needed) if needed else whole(performed)), None, slug
        )
        for slug, needed in slugs.items()
    }


def test_a_circle_is_named_in_full() -> None:
    found = check(cohort("b"), references(b=("c",), c=("a",)), slug="a").errors
    assert paths(found) == [f"{C}.cohort"]
    assert "a → b → c → a" in found[0].message or "b → c → a → b" in found[0].message


def test_circles_among_others_and_with_oneself_are_circles_too() -> None:
    assert "b → c → b" in check(cohort("b"), references(b=("c",), c=("b",))).errors[0].message
    assert "a → a" in check(cohort("a"), slug="a").errors[0].message


def test_meeting_again_is_no_circle() -> None:
    known = references(b=("d",), c=("d",), d=())
    assert check(cohort("b", "c", "d", "b"), known, slug="a").errors == ()


def test_a_cohort_missing_further_down_is_named() -> None:
    (error,) = check(cohort("b"), references(b=("gone",))).errors
    assert error.path == f"{C}.cohort"
    assert "“gone”" in error.message


def test_it_lists_the_cohorts_a_definition_names_itself() -> None:
    data = whole(
        {"match": "any", "conditions": cohort("a", "b")["conditions"]}, *cohort("a")["conditions"]
    )
    assert referenced_cohorts(parse_definition(data)) == {"a", "b"}


def test_a_catalog_survives_json() -> None:
    assert Catalog.from_json(CATALOG.to_json()) == CATALOG
