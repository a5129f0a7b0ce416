"""Templates: whole where the dataset has what they need, unfinished where it has not."""

from __future__ import annotations

import pytest

from cohorts.countable import find_countable
from cohorts.definitions.catalog import Catalog, Event, Property
from cohorts.definitions.check import check_definition
from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.templates_offered import offered_templates

SHOP = Catalog(
    timezone="UTC",
    events=tuple(
        Event(name, count)
        for name, count in [
            ("Page View", 900),
            ("Order Cancelled", 300),
            ("Order Placed", 200),
            ("Account Created", 50),
        ]
    ),
    event_properties=(
        Property("quantity", "quantity", "number"),
        Property("order_total", "order_total", "number"),
    ),
    user_properties=(
        Property("email", "email", "string", (("a@shop.example", 1),), filled=900),
        Property("plan", "plan", "string", (("free", 700), ("pro", 100)), filled=800),
    ),
)
TEMPLATES = {template["key"]: template["definition"] for template in offered_templates(SHOP)}
# Which cohorts are meant only the analyst can know.
UNFINISHED = {"between_cohorts"}


def test_there_is_one_for_every_usual_question() -> None:
    assert len(TEMPLATES) == len(offered_templates(SHOP)) >= 12


@pytest.mark.parametrize("key", sorted(TEMPLATES.keys() - UNFINISHED))
def test_a_dataset_that_has_everything_gets_whole_definitions(key: str) -> None:
    checked = check_definition(parse_definition(TEMPLATES[key]), catalog=SHOP, cohorts={})
    assert (checked.errors, checked.warnings) == ((), ())


def test_roles_are_found_by_the_names_of_events() -> None:
    (journey,) = TEMPLATES["converted"]["conditions"]
    assert [step["event"] for step in journey["steps"]] == ["Account Created", "Order Placed"]
    (power,) = TEMPLATES["power"]["conditions"]
    assert power["event"] == "Page View"
    (spent,) = TEMPLATES["spenders"]["conditions"]
    assert (spent["property"], spent["event"]) == ("order_total", "Order Placed")
    (trouble,) = TEMPLATES["trouble"]["conditions"]
    assert trouble["numerator"]["event"] == "Order Cancelled"


def test_the_trait_is_one_that_tells_people_apart() -> None:
    (trait,) = TEMPLATES["trait"]["conditions"]
    assert (trait["property"], trait["value"]) == ("plan", ["free"])


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_without_any_such_event_a_template_is_unfinished_not_wrong(key: str) -> None:
    bare = {t["key"]: t["definition"] for t in offered_templates(Catalog(timezone="UTC"))}[key]
    try:
        parse_definition(bare)
    except DefinitionError as error:
        paths = [problem.path for problem in error.problems]
        gaps = ("event", "property", "cohort", "value", "window")
        assert all(path.rpartition(".")[2] in gaps for path in paths)
        assert find_countable(bare, paths) is None or key == "interested"
