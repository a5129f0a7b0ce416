"""What the server prints into the builder's page: the catalog, the operator table, the words."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.builder_texts import builder_texts
from cohorts.definitions.catalog import Catalog, Property
from cohorts.definitions.operators import (
    ANCHOR_UNITS,
    FIXED_UNITS,
    FUNCTIONS,
    NUMERIC_FUNCTIONS,
    PROPERTY_FUNCTIONS,
    RETENTION_UNITS,
    UNITS,
)
from cohorts.definitions.parse_conditions import CONDITION_READERS
from cohorts.dictionary import Kind, Labels, describe_label, read_labels, visible_catalog
from cohorts.models import Cohort, DataLabel, Dataset
from cohorts.operator_words import word_comparisons, word_operators
from cohorts.sql.dialects import DIALECTS
from cohorts.templates_offered import offered_templates

ADD = "cohorts.add_cohort"
CHANGE = "cohorts.change_cohort"

# Groups in groups beyond this are hard to read on a screen; the language itself allows more.
DEEPEST_ON_SCREEN = 3
WINDOWS = ("last", "ago", "full", "this", "dates", "after_first", "overall")
USUAL_NUMBERS = (1, 3, 7, 14, 28, 30, 60, 90, 180, 365)


def page_data(*, dataset: Dataset, cohort: Cohort | None, user: Any) -> dict[str, Any]:
    """One JSON object for the editor. `cohort` is None for a new one."""
    return {
        "dataset": dataset.name,
        "datasets": list(Dataset.objects.values_list("name", flat=True)),
        "subject": _("User ID"),
        "cohort": cohort and describe_saved(cohort),
        "definition": cohort and cohort.current_version and cohort.current_version.definition,
        "may_save": user.has_perm(CHANGE if cohort else ADD),
        "may_create": user.has_perm(ADD),
        "urls": {
            name: reverse(f"cohorts:{name}")
            for name in ("preview", "sample", "save", "values", "sql", "catalog", "check_draft")
        },
        "dialects": [{"key": key, "label": each.label} for key, each in DIALECTS.items()],
        "sprite": static("sprite.svg"),
        "texts": builder_texts(),
    } | (dataset_data(dataset, without=cohort) | language_data())


def dataset_data(dataset: Dataset, *, without: Cohort | None = None) -> dict[str, Any]:
    """What can be chosen from in this dataset. `without`: a cohort cannot refer to itself."""
    catalog, labels = Catalog.from_json(dataset.catalog), read_labels(dataset)
    cohorts = Cohort.objects.live().filter(dataset=dataset)
    if without is not None:
        cohorts = cohorts.exclude(pk=without.pk)
    events = sorted(catalog.events, key=lambda event: (-event.count, event.name))
    return {
        "catalog": {
            "events": [
                {"name": event.name, "count": event.count}
                | describe_label(labels.get((Kind.EVENT, event.name)))
                for event in events
            ],
            "event_properties": _properties(catalog, Kind.EVENT_PROPERTY, labels),
            "user_properties": _properties(catalog, Kind.USER_PROPERTY, labels),
        },
        "cohorts": list(cohorts.values("slug", "name", "description")),
        "templates": offered_templates(visible_catalog(catalog, labels)),
    }


def language_data() -> dict[str, Any]:
    """The tables of the definition language, so that nothing of them is typed twice."""
    return {
        "operators": word_operators(),
        "comparisons": word_comparisons(),
        "functions": [
            {"key": name, "label": function_labels()[name], "property": _wanted_property(name)}
            for name in FUNCTIONS
        ],
        "condition_types": list(CONDITION_READERS),
        "windows": WINDOWS,
        "units": UNITS,
        "fixed_units": FIXED_UNITS,
        "anchor_units": ANCHOR_UNITS,
        "retention_units": RETENTION_UNITS,
        "usual_numbers": USUAL_NUMBERS,
        "max_depth": DEEPEST_ON_SCREEN,
    }


def describe_saved(cohort: Cohort) -> dict[str, Any]:
    version = cohort.current_version
    return {
        "slug": cohort.slug,
        "name": cohort.name,
        "description": cohort.description,
        "version": version.number if version else None,
        "url": cohort.get_absolute_url(),
        "edit_url": reverse("cohorts:edit", args=[cohort.slug]),
    }


def _properties(catalog: Catalog, kind: DataLabel.Kind, labels: Labels) -> list[dict[str, Any]]:
    """Hidden ones too: the types of what a definition names already must be known."""
    return [
        _describe_property(known) | describe_label(labels.get((kind, known.name)))
        for known in catalog.properties("event" if kind == Kind.EVENT_PROPERTY else "user")
    ]


def _describe_property(known: Property) -> dict[str, Any]:
    return {"name": known.name, "type": known.type, "json_paths": known.json_paths}


def _wanted_property(function: str) -> str | None:
    if function in NUMERIC_FUNCTIONS:
        return "number"
    return "any" if function in PROPERTY_FUNCTIONS else None


def function_labels() -> dict[str, str]:
    return {
        "count": _("Count"),
        "sum": _("Sum"),
        "avg": _("Average"),
        "min": _("Minimum"),
        "max": _("Maximum"),
        "median": _("Median"),
        "unique": _("Unique values"),
        "active_days": _("Active days"),
        "active_weeks": _("Active weeks"),
        "active_months": _("Active months"),
    }
